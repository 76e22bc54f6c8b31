/**
 * When a flow last looked at all its files: bytes that are found new afterwards were written afterwards.
 *
 * The time is stored with whatever else is stored, when the flow ends, and once a minute where nothing else happens. So after a crash,
 * bytes that were written while no agent ran count as at most a minute older than they are, and never as younger.
 */
import { dirname } from '../../core/paths.ts';
import type { Now } from '../../core/ports.ts';
import type { GrowthTimes } from '../content/growth-times.ts';

const STORE_EVERY_MS = 60_000;
/** A look that comes this many periods late was held up: by a file system that did not answer, or by a busy machine. */
const LATE_PERIODS = 4;

export class Looks {
  readonly #periodMs: number;
  /** Files and directories that cannot be read, by path: since when, and when the last look before that was. */
  readonly #failing = new Map<string, { readonly sinceMs: number; readonly sightMs: number | undefined }>();
  #lastMs: number | undefined;
  #storedMs = -Infinity;

  /** `lastMs`: the last look of a predecessor, monotonic; undefined: not known. A look is due every `periodMs`. */
  constructor(lastMs: number | undefined, periodMs: number) {
    this.#lastMs = lastMs;
    this.#periodMs = periodMs;
  }

  /** When the last look that came to its end began, monotonic. */
  get lastMs(): number | undefined {
    return this.#lastMs;
  }

  /** A look that began at `startMs` has come to its end. */
  ended(startMs: number): void {
    this.#lastMs = startMs;
  }

  /** A look came at `nowMs`. Where it was held up, what it finds new in `watched` may be there since the look before. */
  came(watched: Iterable<{ readonly growth: GrowthTimes }>, nowMs: number): void {
    if (this.#lastMs === undefined || nowMs - this.#lastMs <= LATE_PERIODS * this.#periodMs) return;
    for (const { growth } of watched) growth.unseenFrom(this.#lastMs);
  }

  /** What is at `path` cannot be read. */
  failed(path: string, nowMs: number): void {
    if (!this.#failing.has(path)) this.#failing.set(path, { sinceMs: nowMs, sightMs: this.#lastMs });
  }

  /** What is at `path` can be read again, or is not wanted any more. */
  readable(path: string): void {
    this.#failing.delete(path);
  }

  /** Since when what is at `path` cannot be read, monotonic; undefined: it can. */
  failingSinceMs(path: string): number | undefined {
    return this.#failing.get(path)?.sinceMs;
  }

  /** What cannot be read, by path, and since when, monotonic. */
  *failing(): Iterable<readonly [path: string, sinceMs: number]> {
    for (const [path, { sinceMs }] of this.#failing) yield [path, sinceMs];
  }

  /** When it was last known what `path` held; undefined: never. */
  sightMs(path: string): number | undefined {
    let lastMs = this.#lastMs;
    // Asks for the path and each directory above it: thousands of other paths can fail.
    for (let one = path; ; one = dirname(one)) {
      const failing = this.#failing.get(one);
      if (failing !== undefined) {
        if (failing.sightMs === undefined) return undefined;
        lastMs = Math.min(failing.sightMs, lastMs ?? failing.sightMs);
      }
      if (one === dirname(one)) return lastMs;
    }
  }

  /**
   * Wall time of the last look, to be stored; undefined: the stored one is good enough. `anyway`: something else is stored, so a newer
   * one is, too.
   */
  take({ nowMs, wallMs }: Now, anyway: boolean): number | undefined {
    const lastMs = this.#lastMs;
    if (lastMs === undefined || lastMs <= this.#storedMs || (!anyway && lastMs - this.#storedMs < STORE_EVERY_MS)) return undefined;
    this.#storedMs = lastMs;
    return wallMs - (nowMs - lastMs);
  }

  /** What `take` gave was not stored. */
  restore(): void {
    this.#storedMs = -Infinity;
  }
}
