/** Another writer to the same stream: it sends a fixed share of a shard's limit to one shard, whatever is refused. */
import { assert } from '../../../src/core/assert.ts';
import { partitionHashKey } from '../../support/kinesis-server/hash-key.ts';
import type { Shard } from '../../support/kinesis-server/shard.ts';
import type { ProducerWorld } from './producer-world.ts';

const SHARD_BYTES_PER_SECOND = 1024 * 1024;
/** Its records are small, so that there is seldom room for one of the flow's between two of them. */
const RECORDS_A_TICK = 20;

export class OtherWriter {
  readonly #world: ProducerWorld;
  readonly #hashKey: bigint;
  readonly #partitionKey: string;
  readonly #data: Buffer;
  /** How much the stream took from this writer. */
  acceptedBytes = 0;

  /** Every `tickMs` writes to the range of the open shard number `shard`, `share` of what a shard takes. */
  constructor(world: ProducerWorld, load: { readonly shard: number; readonly share: number; readonly tickMs: number }) {
    const shard = world.stream.openShards[load.shard];
    assert(shard !== undefined, 'the stream has the shard');
    this.#world = world;
    this.#data = Buffer.alloc(Math.round((load.share * SHARD_BYTES_PER_SECOND * load.tickMs) / 1000 / RECORDS_A_TICK));
    let number = 0;
    while (!shard.holds(partitionHashKey(`other ${number}`))) number += 1;
    this.#partitionKey = `other ${number}`;
    this.#hashKey = partitionHashKey(this.#partitionKey);
  }

  isIn(shard: Shard): boolean {
    return shard.holds(this.#hashKey);
  }

  tick(): void {
    const record = { data: this.#data, start: 0, end: this.#data.length, partitionKey: this.#partitionKey };
    for (const entry of this.#world.stream.putRecords(Array.from({ length: RECORDS_A_TICK }, () => record))) {
      if (entry.sequenceNumber !== undefined) this.acceptedBytes += record.end + record.partitionKey.length;
    }
  }
}
