/**
 * Tells a stream that is at its limit from a stream with a single shard at its limit: by how many of the shards that
 * answered of late refused something.
 *
 * Lanes whose shard is not predicted share one pace. If every refusal cut that pace, one shard that another writer fills up
 * would bring the flow to all other shards down to nothing. Yet a record with a random key, refused there, is taken elsewhere
 * under its next key. Shards known to refuse random keys have paces of their own (hot-shards.ts), and are not counted here.
 */

/**
 * How long an answer counts. Under a load a few per cent over the limit, most shards refuse something within this time: no
 * more than those few per cent are refused before the pace is cut.
 */
const WINDOW_MS = 2000;

export class RefusalSpread {
  #windowMs = Number.NEGATIVE_INFINITY;
  /** Shards that answered, in this window and in the last one in which any did. */
  #heard = new Set<string>();
  #heardBefore = new Set<string>();
  #refusing = new Set<string>();

  /** `shardId` took a record. */
  accepted(shardId: string, nowMs: number): void {
    this.#begin(nowMs);
    this.#heard.add(shardId);
  }

  /** `shardId` refused a record; true when most of the shards do. */
  refused(shardId: string, nowMs: number): boolean {
    this.#begin(nowMs);
    this.#heard.add(shardId);
    this.#refusing.add(shardId);
    return this.#refusing.size * 2 > Math.max(this.#heard.size, this.#heardBefore.size);
  }

  #begin(nowMs: number): void {
    if (nowMs - this.#windowMs < WINDOW_MS) return;
    this.#windowMs = nowMs;
    this.#heardBefore = this.#heard;
    this.#heard = new Set();
    this.#refusing = new Set();
  }
}
