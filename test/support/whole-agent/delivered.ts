/**
 * What a consumer of a stream got, as text, each record with how often it came. It is read from what the server accepted,
 * taken apart by the rules of the KCL. Nothing that the agent says of itself is believed.
 */
import { deaggregate } from '../deaggregate.ts';
import type { Stream } from '../kinesis-server/stream-model.ts';

export class Delivered {
  readonly #stream: Stream;
  readonly #taken = new Map<string, number>();
  readonly #counts = new Map<string, number>();
  readonly #records: Buffer[] = [];

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  /** Record → how often it came, up to now. */
  get counts(): ReadonlyMap<string, number> {
    this.#read();
    return this.#counts;
  }

  /** Every user record in the order of shards and acceptance, repeats included. */
  get records(): readonly Buffer[] {
    this.#read();
    return this.#records;
  }

  get texts(): readonly string[] {
    return this.records.map((record) => record.toString());
  }

  /** The records of `expected` that did not come. */
  missing(expected: Iterable<string>): readonly string[] {
    const { counts } = this;
    return [...expected].filter((record) => !counts.has(record));
  }

  #read(): void {
    for (const shard of this.#stream.shards) {
      const from = this.#taken.get(shard.shardId) ?? 0;
      for (const record of shard.records.slice(from)) {
        for (const { data } of deaggregate(record, shard)) {
          const text = data.toString();
          this.#records.push(data);
          this.#counts.set(text, (this.#counts.get(text) ?? 0) + 1);
        }
      }
      this.#taken.set(shard.shardId, shard.records.length);
    }
  }
}
