/**
 * Stores the positions of all flows together, in one transaction a second at most.
 *
 * A commit that fails loses nothing: its changes go with the next commit. Rule R3 holds by construction:
 * a row's offset is the tracker's watermark at the moment when the row is taken.
 */
import type { CheckpointChange } from '../core/checkpoint-row.ts';
import { StoreFault } from '../core/errors.ts';
import type { CheckpointStore, Clock, Now, Timer } from '../core/ports.ts';
import type { EventSink } from '../telemetry/events.ts';
import type { LoopBeat } from '../telemetry/loop-watch.ts';

/** Something that has positions to store. Each flow has one. */
export interface CheckpointSource {
  /** What changed since the last call. */
  takeChange(now: Now): CheckpointChange;
  /** The change was not stored: the source adds it to the next one. */
  restoreChange(change: CheckpointChange): void;
}

const INTERVAL_MS = 1000;

export class Committer {
  readonly #clock: Clock;
  readonly #store: CheckpointStore;
  readonly #events: EventSink;
  readonly #sources = new Set<CheckpointSource>();
  readonly #beat: LoopBeat;
  #timer: Timer | undefined;
  #fault: StoreFault | undefined;
  #committedMs: number;

  constructor(options: { clock: Clock; store: CheckpointStore; events: EventSink; beat: LoopBeat }) {
    this.#beat = options.beat;
    this.#clock = options.clock;
    this.#store = options.store;
    this.#events = options.events;
    this.#committedMs = options.clock.monotonicMs();
  }

  add(source: CheckpointSource): void {
    this.#sources.add(source);
  }

  /** The source's last change must be committed before it is removed. */
  remove(source: CheckpointSource): void {
    this.#sources.delete(source);
  }

  /** Commits once a second from now on. */
  start(): void {
    this.#timer = this.#clock.setTimer(INTERVAL_MS, () => {
      this.commit();
      this.#beat.beat();
      this.start();
    });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#beat.end();
  }

  /** Why positions cannot be stored; undefined: they can. */
  get fault(): StoreFault | undefined {
    return this.#fault;
  }

  /** Seconds since everything resolved was last safe in the store. */
  get ageSeconds(): number {
    return (this.#clock.monotonicMs() - this.#committedMs) / 1000;
  }

  /** Stores what changed, now. True when it is stored; a failure is reported once and tried again. */
  commit(): boolean {
    const now = { nowMs: this.#clock.monotonicMs(), wallMs: this.#clock.wallMs() };
    const taken = [...this.#sources].map((source) => ({ source, change: source.takeChange(now) }));
    const change: CheckpointChange = {
      upserts: taken.flatMap((part) => part.change.upserts),
      removals: taken.flatMap((part) => part.change.removals),
      directoriesSeen: taken.flatMap((part) => part.change.directoriesSeen),
      looks: taken.flatMap((part) => part.change.looks),
    };
    try {
      const restored = this.#store.secure();
      if (restored !== undefined) this.#events.emit('checkpointRestored', restored);
      if (Object.values(change).some((part) => part.length > 0)) this.#store.commit(change);
    } catch (fault) {
      if (!(fault instanceof StoreFault)) throw fault;
      for (const part of taken) part.source.restoreChange(part.change);
      if (this.#fault === undefined) this.#events.emit('checkpointFailed', { reason: fault.message, hint: fault.hint });
      this.#fault = fault;
      return false;
    }
    if (this.#fault !== undefined) this.#events.emit('checkpointRecovered', { seconds: Math.round(this.ageSeconds) });
    this.#fault = undefined;
    this.#committedMs = this.#clock.monotonicMs();
    return true;
  }
}
