/**
 * Tells from the answers to records with random keys that the keys mean something else than before: the stream was resharded, or it
 * places records without a look at their keys now. In the latter case consumers silently drop aggregates, and nothing else shows it:
 * any shard is as good as another for a random key.
 *
 * A shard has the hash keys of one range. So a record whose hash key lies between two that a shard took belongs to that shard, and
 * another shard that takes it contradicts what was known. Bounded: a few shards are enough, since a stream that ignores keys soon puts
 * records from everywhere into each of them.
 */
const SHARDS_MAX = 16;

interface Range {
  low: number;
  high: number;
}

export class KeyPlaces {
  readonly #ranges = new Map<string, Range>();

  /** `shardId` took a record whose hash key lies at `fraction` of all. True: that contradicts what was known, which is forgotten. */
  contradicts(shardId: string, fraction: number): boolean {
    for (const [knownId, { low, high }] of this.#ranges) {
      if (knownId === shardId || fraction < low || fraction > high) continue;
      this.#ranges.clear();
      return true;
    }
    const range = this.#ranges.get(shardId);
    if (range !== undefined) {
      range.low = Math.min(range.low, fraction);
      range.high = Math.max(range.high, fraction);
    } else if (this.#ranges.size < SHARDS_MAX) this.#ranges.set(shardId, { low: fraction, high: fraction });
    return false;
  }
}
