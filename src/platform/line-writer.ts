/**
 * Writes lines to a file descriptor without ever waiting for it. What the descriptor does not take now is kept and tried again, after
 * a moment or with the next line. A line that comes when the buffer is full is dropped as a whole and counted with the reason.
 *
 * Why not pino's own destination (sonic-boom): its flushSync tries for ever on a full disk, and nothing can stop it.
 */
import { write, writeSync } from 'node:fs';

/** A reader who was too slow is asked again after this time. */
const RETRY_MS = 100;
/** The last flush is given up after so many retries, `RETRY_MS` each. */
const FLUSH_RETRIES_MAX = 10;
/** Bytes of one call of write(2), unless one line is longer. */
const WRITE_BYTES_MAX = 64 * 1024;

/** Lines that nobody will see. */
export interface DroppedLines {
  readonly count: number;
  /** What the system said (ENOSPC …); undefined: nothing, the reader was only slow. */
  readonly reason?: string | undefined;
}

export class LineWriter {
  readonly #fd: number;
  readonly #bytesMax: number;
  #kept: Buffer[] = [];
  #keptBytes = 0;
  /** Bytes in a write that the system has not answered yet. */
  #underWay = 0;
  /** Whether a slow reader will be asked again, once for all lines. */
  #waits = false;
  #dropped: DroppedLines = { count: 0 };
  #fault: string | undefined;

  /** Keeps up to `bytesMax` for `fd`. */
  constructor(fd: number, { bytesMax }: { bytesMax: number }) {
    this.#fd = fd;
    this.#bytesMax = bytesMax;
  }

  write(line: string): void {
    const bytes = Buffer.from(line);
    if (this.#keptBytes + this.#underWay + bytes.length > this.#bytesMax) {
      this.#dropped = { count: this.#dropped.count + 1, reason: this.#fault };
      return;
    }
    this.#keep(bytes, 'last');
    this.#send();
  }

  /** What was dropped since the last call. */
  takeDropped(): DroppedLines {
    const dropped = this.#dropped;
    this.#dropped = { count: 0 };
    return dropped;
  }

  /**
   * Writes what is kept, waiting for a slow reader for a second at most. What cannot be written stays. A write under way cannot be
   * waited for: should the system take only a part of it, its rest comes last.
   */
  flush(): void {
    let retriesLeft = FLUSH_RETRIES_MAX;
    while (this.#keptBytes > 0) {
      const bytes = this.#take();
      try {
        this.#keep(bytes.subarray(writeSync(this.#fd, bytes)), 'first');
        this.#fault = undefined;
      } catch (fault) {
        this.#keep(bytes, 'first');
        if (!this.#isBusy(fault as NodeJS.ErrnoException) || retriesLeft === 0) return;
        retriesLeft -= 1;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
      }
    }
  }

  #send(): void {
    if (this.#waits || this.#underWay > 0 || this.#keptBytes === 0) return;
    const bytes = this.#take();
    this.#underWay = bytes.length;
    write(this.#fd, bytes, (fault, count) => {
      this.#underWay = 0;
      this.#keep(fault === null ? bytes.subarray(count) : bytes, 'first');
      if (fault === null) {
        this.#fault = undefined;
        this.#send();
      } else if (this.#isBusy(fault)) {
        this.#waits = true;
        setTimeout(() => {
          this.#waits = false;
          this.#send();
        }, RETRY_MS).unref();
      }
    });
  }

  /** Notes the fault. True: the reader is only slow. */
  #isBusy({ code }: NodeJS.ErrnoException): boolean {
    const isBusy = code === 'EAGAIN' || code === 'EBUSY';
    this.#fault = isBusy ? undefined : code;
    return isBusy;
  }

  #keep(bytes: Buffer, place: 'first' | 'last'): void {
    if (bytes.length === 0) return;
    if (place === 'first') this.#kept.unshift(bytes);
    else this.#kept.push(bytes);
    this.#keptBytes += bytes.length;
  }

  /** Takes the first of what is kept, for one write. */
  #take(): Buffer {
    let count = 0;
    let length = 0;
    while (count < this.#kept.length && (count === 0 || length < WRITE_BYTES_MAX)) {
      length += this.#kept[count]?.length ?? 0;
      count += 1;
    }
    this.#keptBytes -= length;
    return Buffer.concat(this.#kept.splice(0, count), length);
  }
}
