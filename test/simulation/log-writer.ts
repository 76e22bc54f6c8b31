/**
 * A program that writes a log. Its lines say where they come from. It writes in bursts, in pieces of lines and of characters,
 * and goes on using its handle for a while after its file was rotated away.
 *
 * Every line is unique: flow, log, number. A header, where there is one, is the same in every generation.
 */
import type { SimClock } from './sim-clock.ts';
import type { DiskHandle, SimDisk } from './sim-disk.ts';
import type { SimRandom } from './sim-random.ts';
import type { LogPlan } from './scenario.ts';

interface WriterParts {
  readonly clock: SimClock;
  readonly disk: SimDisk;
  readonly random: SimRandom;
  readonly log: LogPlan;
  readonly untilMs: number;
  readonly lineBytesMax: number;
}

/** The byte order mark of UTF-16. */
const MARK_BYTES = 2;

export class LogWriter {
  readonly #parts: WriterParts;
  path: string;
  #handle: DiskHandle | undefined;
  #number = 0;
  /** Rest of a line whose first part is written. */
  #rest: Buffer | undefined;
  #reopen = false;

  constructor(parts: WriterParts) {
    this.#parts = parts;
    this.path = `${parts.log.directory}/${parts.log.name}`;
  }

  /** Opens the log and writes until the run's active time is over. */
  start(): void {
    const { clock, random, log } = this.#parts;
    const delayMs = random.between(0, 2000);
    clock.schedule(log.leaves ? log.lateMs : log.lateMs + delayMs, () => this.#step());
  }

  /** The file was rotated: after `delayMs` the writer opens its path again, once the line that it is writing is complete. */
  reopenSoon(delayMs: number): void {
    this.#parts.clock.schedule(delayMs, () => {
      this.#reopen = true;
      if (this.#rest === undefined) this.#open();
    });
  }

  /** The line that the writer is writing is its last one. */
  finish(): void {
    this.#number = this.#parts.log.lines.count;
  }

  /** Lets go of the file; `path` may be another one from now on. */
  close(): void {
    this.#handle?.close();
    this.#handle = undefined;
  }

  /** Writes at once until the file is longer than `lengthBytes`, as long as there are lines left. */
  refill(lengthBytes: number): void {
    const { log } = this.#parts;
    if (this.#rest !== undefined || this.#handle === undefined) return;
    const { inode } = this.#handle;
    const marked = log.lines.encoding?.mark === true;
    if (marked && this.#number >= log.lines.count) return;
    this.#writeHeader();
    // The byte order mark comes with the first line here, too.
    const leastBytes = marked ? Math.max(lengthBytes, MARK_BYTES) : lengthBytes;
    while (inode.content.lengthBytes <= leastBytes && this.#number < log.lines.count) this.#write(this.#line());
  }

  /** Goes on with a file of another name. */
  moveTo(path: string): void {
    this.path = path;
    this.reopenSoon(0);
  }

  #step(): void {
    const { clock, random, log, untilMs } = this.#parts;
    const { lines } = log;
    if (this.#rest !== undefined) {
      this.#write(this.#rest);
      this.#rest = undefined;
    } else {
      if (this.#reopen || this.#handle === undefined) this.#open();
      if (this.#number < lines.count && clock.nowMs < untilMs) this.#writeLines();
    }
    if (this.#rest !== undefined) {
      clock.schedule(random.between(1, 700), () => this.#step());
    } else if (this.#number < lines.count && clock.nowMs < untilMs) {
      clock.schedule(random.between(0, 2) * lines.gapMs * lines.burst, () => this.#step());
    }
  }

  #writeLines(): void {
    const { random, log } = this.#parts;
    this.#writeHeader();
    for (let index = 0; index < log.lines.burst; index += 1) {
      const line = this.#line();
      if (!random.chance(log.lines.splitShare)) {
        this.#write(line);
        continue;
      }
      const cut = this.#cutIn(line, 1 + random.below(line.length - 1));
      this.#write(line.subarray(0, cut));
      this.#rest = line.subarray(cut);
      return;
    }
  }

  /** Where to split the line: `at`, or the beginning of the character there if halves of characters could not be had back. */
  #cutIn(line: Buffer, at: number): number {
    let cut = at;
    if (this.#parts.log.lines.splitsCharacters) return cut;
    while (((line[cut] ?? 0) & 0xc0) === 0x80) cut -= 1;
    return cut;
  }

  #open(): void {
    const { disk, log } = this.#parts;
    this.#reopen = false;
    this.close();
    disk.makeDirectory(log.directory);
    this.#handle = disk.openForWriting(this.path);
    // The byte order mark comes with the first line. Alone it would be a record of nothing, and the line would begin behind it.
    if (log.lines.encoding?.mark !== true) this.#writeHeader();
  }

  /** Every file of the log begins with the same header, also after a cut. */
  #writeHeader(): void {
    const { header, encoding } = this.#parts.log.lines;
    const head = this.#encoded(Buffer.from(header), { mark: encoding?.mark === true });
    if (head.length > 0 && this.#handle?.inode.content.lengthBytes === 0) this.#write(head);
  }

  #write(bytes: Buffer): void {
    if (this.#parts.log.lines.appends) this.#handle?.append(bytes);
    else this.#handle?.write(bytes);
  }

  #line(): Buffer {
    const { random, log, lineBytesMax } = this.#parts;
    const { lines } = log;
    this.#number += 1;
    const continued = lines.continuedShare > 0 && random.chance(lines.continuedShare);
    const start = `${continued ? '  ' : ''}${log.flow}/${log.name}/${this.#number} `;
    const tooLong = random.chance(lines.overLongShare) && !this.#isAfterMark();
    const padding = tooLong ? lineBytesMax + random.below(3 * lineBytesMax) : random.below(lines.paddingMax);
    // No 64 bytes of one over-long line stand in another (the length of a tail marker): real lines differ as well.
    const filler = tooLong ? `${this.#number}.` : random.pick(['x', 'é', '日', '😀', '\t', `${this.#number}.`]);
    const text = Buffer.from(`${start}${filler.repeat(padding / Buffer.byteLength(filler))}${lines.ending}`);
    if (lines.rawBytes && random.chance(0.3)) text[start.length - 1] = random.pick([0xff, 0x80, 0xc0, 0x00]);
    return this.#encoded(text, { mark: false });
  }

  #encoded(text: Buffer, { mark }: { mark: boolean }): Buffer {
    const { encoding } = this.#parts.log.lines;
    if (encoding === undefined) return text;
    const little = Buffer.from(`${mark ? '\ufeff' : ''}${text.toString()}`, 'utf16le');
    return encoding.order === 'little' ? little : little.swap16();
  }

  /** Whether the next line follows a byte order mark. If it were cut, nobody could tell to which piece the mark belongs. */
  #isAfterMark(): boolean {
    return this.#parts.log.lines.encoding?.mark === true && (this.#handle?.inode.content.lengthBytes ?? 0) <= MARK_BYTES;
  }
}
