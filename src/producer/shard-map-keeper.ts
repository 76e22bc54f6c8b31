/**
 * Keeps the shard map of one stream: asked for at the start, now and then (agents at different moments), and at once when
 * a record landed somewhere else than predicted, then ever more rarely while the listing still shows nothing new (it can
 * lag behind a reshard).
 */
import type { ServiceFault } from '../core/errors.ts';
import type { Clock, KinesisPort, Random, Timer } from '../core/ports.ts';
import { shardMapOf } from './shard-map.ts';
import type { ShardMap } from './shard-map.ts';

export interface ShardMapKeeperOptions {
  readonly port: KinesisPort;
  readonly stream: string;
  readonly clock: Clock;
  readonly random: Random;
  /** A listing came; it may say what is known already. */
  readonly onMap: (map: ShardMap) => void;
  readonly onFault: (fault: ServiceFault) => void;
}

const REFRESH_MS = 60_000;
const RETRY_FIRST_MS = 1000;
const RETRY_FACTOR = 1.5;
const RETRY_MAX_MS = 30_000;
/** Listings asked for on suspicion keep this distance. */
const SUSPICION_MS = 1000;
/** Listings that may show nothing new after a misprediction before the normal pace is taken up again. */
const SUSPICIONS_MAX = 8;

export class ShardMapKeeper {
  readonly #options: ShardMapKeeperOptions;
  readonly #abort = new AbortController();
  #map: ShardMap | undefined;
  #timer: Timer | undefined;
  #call: Promise<void> | undefined;
  #askAgain = false;
  #askedMs = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #suspicions = 0;

  constructor(options: ShardMapKeeperOptions) {
    this.#options = options;
  }

  start(): void {
    this.#ask();
  }

  /** A record landed elsewhere: the listing is asked for at once, or once more after the one under way. */
  suspect(): void {
    this.#suspicions = 1;
    if (this.#call !== undefined) {
      this.#askAgain = true;
      return;
    }
    const delayMs = this.#askedMs + SUSPICION_MS - this.#options.clock.monotonicMs();
    if (delayMs <= 0) this.#ask();
    else this.#askIn(delayMs);
  }

  async close(): Promise<void> {
    this.#abort.abort();
    this.#timer?.cancel();
    await this.#call;
  }

  #ask(): void {
    if (this.#abort.signal.aborted) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#askAgain = false;
    this.#askedMs = this.#options.clock.monotonicMs();
    this.#call = this.#load();
  }

  #askIn(delayMs: number): void {
    this.#timer?.cancel();
    this.#timer = this.#options.clock.setTimer(delayMs, () => this.#ask());
  }

  async #load(): Promise<void> {
    const { port, stream, onMap, onFault } = this.#options;
    const reply = await port.listShards(stream, this.#abort.signal);
    this.#call = undefined;
    if (this.#abort.signal.aborted) return;
    const map = reply.kind === 'answered' ? shardMapOf(reply.shards) : undefined;
    const delayMs = this.#nextDelayMs(map);
    this.#askIn(this.#askAgain ? Math.min(delayMs, SUSPICION_MS) : delayMs);
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
