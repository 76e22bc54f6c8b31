/**
 * An open file, by the number that open(2) gave it. It uses Node's calls with callbacks: through a FileHandle and Node's own promises
 * each call takes a quarter more CPU time (6.2 against 5.0 µs), and a host with thousands of logs makes tens of thousands a second.
 *
 * Invariant: the number is given back only when no call is under way, since the next file to be opened gets it.
 */
import { close, constants, fstat, open, read } from 'node:fs';
import { promisify } from 'node:util';
import { FileFault } from '../core/errors.ts';
import type { FileHandle, FileStat } from '../core/ports.ts';
import { systemCodeOf, toFileFault } from './file-fault.ts';
import { toFileStat } from './node-file-stat.ts';

const openNumber = promisify(open);
const readNumber = promisify(read);
const statNumber = promisify(fstat);
const closeNumber = promisify(close);

/** Log files are opened read-only, never created, never blocked on (a FIFO opens at once). */
const readFlags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/** O_NOATIME is refused (EPERM) for files of other users without CAP_FOWNER: the file is then opened without it. Source: open(2). */
export async function openForReading(path: string | Buffer): Promise<number> {
  try {
    return await openNumber(path, readFlags | constants.O_NOATIME);
  } catch (error) {
    if (systemCodeOf(error) !== 'EPERM') throw error;
    return openNumber(path, readFlags);
  }
}

/** Owns `number`. Every method rejects with a `FileFault` about `path` and with nothing else. */
export class NodeFile implements FileHandle {
  readonly #path: string;
  readonly #onClose: () => void;
  /** Undefined: closed, or to be closed. */
  #number: number | undefined;
  #callsUnderWay = 0;
  #onIdle: (() => void) | undefined;

  constructor(path: string, number: number, onClose: () => void) {
    this.#path = path;
    this.#number = number;
    this.#onClose = onClose;
  }

  async read(buffer: Buffer, { bufferOffset, length, position }: { bufferOffset: number; length: number; position: number }): Promise<number> {
    const number = this.#begin();
    try {
      return (await readNumber(number, buffer, bufferOffset, length, position)).bytesRead;
    } catch (error) {
      throw toFileFault(error, this.#path);
    } finally {
      this.#end();
    }
  }

  async stat(): Promise<FileStat> {
    const number = this.#begin();
    try {
      return await toFileStat(await statNumber(number, { bigint: true }));
    } catch (error) {
      throw toFileFault(error, this.#path);
    } finally {
      this.#end();
    }
  }

  async close(): Promise<void> {
    const number = this.#number;
    if (number === undefined) return;
    this.#number = undefined;
    this.#onClose();
    if (this.#callsUnderWay > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
    try {
      await closeNumber(number);
    } catch (error) {
      throw toFileFault(error, this.#path);
    }
  }

  #begin(): number {
    const number = this.#number;
    if (number === undefined) throw new FileFault({ code: 'other', systemCode: 'EBADF', path: this.#path });
    this.#callsUnderWay += 1;
    return number;
  }

  #end(): void {
    this.#callsUnderWay -= 1;
    if (this.#callsUnderWay === 0) this.#onIdle?.();
  }
}
