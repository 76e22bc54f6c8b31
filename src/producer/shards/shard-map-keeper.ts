/**
 * Keeps the shard map of one stream. The shards are listed at the start, now and then (by each agent at another moment), and
 * at once when a record landed somewhere else than predicted. While the listing still shows nothing new after that (it can
 * lag behind a reshard), the shards are listed again, ever more rarely.
 */
import type { ServiceFault } from '../../core/errors.ts';
import type { Clock, KinesisPort, Random, ShardsReply } from '../../core/ports.ts';
import { Inquiry } from './inquiry.ts';
import { shardMapOf } from './shard-map.ts';
import type { ShardMap } from './shard-map.ts';

export interface ShardMapKeeperOptions {
  readonly port: KinesisPort;
  readonly stream: string;
  readonly clock: Clock;
  readonly random: Random;
  /** A listing came. It may show nothing new. */
  readonly onMap: (map: ShardMap) => void;
  readonly onFault: (fault: ServiceFault) => void;
}

const REFRESH_MS = 60_000;
const RETRY_FIRST_MS = 1000;
const RETRY_FACTOR = 1.5;
const RETRY_MAX_MS = 30_000;
/** Least time between listings that are asked for on suspicion. */
const SUSPICION_MS = 1000;
/** After a misprediction, so many listings may show nothing new before the normal interval is taken up again. */
const SUSPICIONS_MAX = 8;

export class ShardMapKeeper {
  readonly #options: ShardMapKeeperOptions;
  readonly #inquiry: Inquiry<ShardsReply>;
  #map: ShardMap | undefined;
  #askAgain = false;
  #failures = 0;
  #suspicions = 0;

  constructor(options: ShardMapKeeperOptions) {
    this.#options = options;
    const { clock, port, stream } = options;
    this.#inquiry = new Inquiry({
      clock,
      call: (signal) => port.listShards(stream, signal),
      onReply: (reply) => this.#hear(reply),
    });
  }

  start(): void {
    this.#inquiry.ask();
  }

  /** A record landed elsewhere: the listing is asked for at once, or once more after the one under way. */
  suspect(): void {
    this.#suspicions = 1;
    if (this.#inquiry.asking) {
      this.#askAgain = true;
      return;
    }
    const delayMs = this.#inquiry.remainingMs(SUSPICION_MS);
    if (delayMs === 0) this.#inquiry.ask();
    else this.#inquiry.askIn(delayMs);
  }

  close(): Promise<void> {
    return this.#inquiry.close();
  }

  #hear(reply: ShardsReply): void {
    const { onMap, onFault } = this.#options;
    const map = reply.kind === 'answered' ? shardMapOf(reply.shards) : undefined;
    const delayMs = this.#nextDelayMs(map);
    this.#inquiry.askIn(this.#askAgain ? Math.min(delayMs, SUSPICION_MS) : delayMs);
    this.#askAgain = false;
    if (map !== undefined) onMap(map);
    else onFault(reply.kind === 'failed' ? reply.fault : unevenListing);
  }

  #nextDelayMs(map: ShardMap | undefined): number {
    const { random } = this.#options;
    const jitter = 0.75 + random.next() / 2;
    if (map === undefined) {
      this.#failures += 1;
      return Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * RETRY_FACTOR ** Math.min(this.#failures - 1, 20)) * jitter;
    }
    this.#failures = 0;
    if (this.#map === undefined || !map.equals(this.#map)) this.#suspicions = 0;
    this.#map = map;
    if (this.#suspicions === 0) return REFRESH_MS * jitter;
    const delayMs = RETRY_FIRST_MS * RETRY_FACTOR ** (this.#suspicions - 1) * jitter;
    this.#suspicions = this.#suspicions >= SUSPICIONS_MAX ? 0 : this.#suspicions + 1;
    return delayMs;
  }
}

const unevenListing: ServiceFault = {
  kind: 'transient',
  code: 'UnevenShards',
  message: 'the open shards listed do not cover every hash key exactly once',
  hint: 'the stream is being resharded; the shards are listed again',
};
