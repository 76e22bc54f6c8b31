/** What was written against what arrived: counted line by line, never estimated. */
import { type DemoLineId, parseDemoLine } from './demo-logs.ts';

export interface DemoResult {
  readonly linesDelivered: number;
  readonly linesLost: number;
  readonly linesRepeated: number;
  readonly linesForeign: number;
  /** Lines that came after a later one of the same generation, where order is promised. */
  readonly linesOutOfOrder: number;
  readonly kinesisRecords: number;
}

export class DemoTally {
  readonly #ordered: ReadonlySet<string>;
  readonly #copies = new Map<string, number>();
  /** Highest number that arrived for the first time, by log and generation. */
  readonly #highest = new Map<string, number>();
  #foreign = 0;
  #outOfOrder = 0;
  #kinesisRecords = 0;

  /** `ordered`: logs whose flow promises order. */
  constructor(ordered: readonly string[]) {
    this.#ordered = new Set(ordered);
  }

  /** Takes one Kinesis record, in the order of its shard. */
  add(userRecords: readonly Buffer[]): void {
    this.#kinesisRecords += 1;
    for (const record of userRecords) {
      const id = parseDemoLine(record.toString('utf8').replace(/\n$/, ''));
      if (id === undefined) this.#foreign += 1;
      else this.#addLine(id);
    }
  }

  result(linesWritten: number): DemoResult {
    let repeated = 0;
    for (const copies of this.#copies.values()) repeated += copies - 1;
    return {
      linesDelivered: this.#copies.size,
      linesLost: linesWritten - this.#copies.size,
      linesRepeated: repeated,
      linesForeign: this.#foreign,
      linesOutOfOrder: this.#outOfOrder,
      kinesisRecords: this.#kinesisRecords,
    };
  }

  #addLine({ log, generation, number }: DemoLineId): void {
    const file = `${log}/${generation}`;
    const line = `${file}/${number}`;
    const copies = this.#copies.get(line) ?? 0;
    this.#copies.set(line, copies + 1);
    if (copies > 0 || !this.#ordered.has(log)) return;
    const highest = this.#highest.get(file) ?? -1;
    if (number < highest) this.#outOfOrder += 1;
    this.#highest.set(file, Math.max(highest, number));
  }
}
