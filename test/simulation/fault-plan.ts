/**
 * What goes wrong in one run, and when: swarm testing (Groce et al., "Swarm Testing", ISSTA 2012). Each seed switches
 * on a random subset of the faults; each of those has a few windows of time and a rate that holds within them.
 *
 * Invariant: no window reaches beyond `healMs`. From then on the world is well.
 */
import type { SimRandom } from './sim-random.ts';

export const fileFaults = ['denied', 'too-many-open', 'stale-handle', 'io-error', 'slow-disk', 'short-read'] as const;
export const hintFaults = ['hint-lost', 'hint-late', 'hint-doubled', 'hint-overflow', 'watch-limit'] as const;
export const kinesisFaults = [
  'outage',
  'throttled-entries',
  'hot-shard',
  'failed-entries',
  'throttled-call',
  'server-error',
  'connection-error',
  'answer-lost',
  'request-lost',
  'hang',
  'accepted-late',
  'short-answer',
  'expired-credentials',
  'access-denied',
  'called-invalid',
  'body-limit',
  'reshard',
  'slow-network',
] as const;
export const processFaults = ['crash', 'terminate', 'clock-jump', 'late-start'] as const;
export const storeFaults = ['store-busy', 'store-full', 'lost-commits'] as const;
export const writerFaults = ['over-long-lines', 'late-writes', 'bursts', 'split-writes', 'equal-heads', 'big-heads'] as const;
/**
 * `rotation-burst`: the log is rotated again at once. `copy-lag`: a line is written between the copy and the cut. `empty-form`: a
 * compressed file is there, empty, for a while before anything is written to it.
 */
export const rotatorFaults = ['rotation-burst', 'copy-lag', 'empty-form'] as const;

export const faultKinds = [
  ...fileFaults,
  ...hintFaults,
  ...kinesisFaults,
  ...processFaults,
  ...storeFaults,
  ...writerFaults,
  ...rotatorFaults,
] as const;
export type FaultKind = (typeof faultKinds)[number];

interface Window {
  readonly fromMs: number;
  readonly toMs: number;
  readonly rate: number;
}

/** How likely a fault is to be part of a run, how low and how high its rate goes in a window, and how many windows it has at most. */
interface Weight {
  readonly share?: number;
  readonly rateMax?: number;
  readonly rateMin?: number;
  readonly windowsMax?: number;
}

const weights: Partial<Record<FaultKind, Weight>> = {
  outage: { share: 0.4, rateMin: 1 },
  crash: { share: 0.5 },
  terminate: { share: 0.3 },
  denied: { share: 0.1 },
  'too-many-open': { share: 0.1 },
  'access-denied': { share: 0.1 },
  'expired-credentials': { share: 0.1 },
  // Something on the way, such as a proxy, refuses large requests until somebody puts its setting right.
  'body-limit': { share: 0.1, rateMin: 1 },
  // Only one window: a service that refuses a record, takes another one and refuses the first again tells of a bad record.
  'called-invalid': { share: 0.15, rateMin: 1, windowsMax: 1 },
  'stale-handle': { share: 0.1, rateMax: 0.05 },
  'io-error': { share: 0.1, rateMax: 0.2 },
  'watch-limit': { share: 0.1 },
  'equal-heads': { share: 0.3 },
  'throttled-entries': { share: 0.4 },
  'hot-shard': { share: 0.3, rateMin: 1 },
};

export class FaultPlan {
  readonly healMs: number;
  readonly #windows = new Map<FaultKind, readonly Window[]>();
  readonly #random: SimRandom;

  /** `only` limits the choice; a fault named there is always part of the run. */
  constructor(options: { random: SimRandom; healMs: number; only?: ReadonlySet<string> | undefined }) {
    this.healMs = options.healMs;
    this.#random = options.random.fork('fault hits');
    const density = options.random.fork('density').pick([0.2, 0.6, 1]);
    for (const kind of faultKinds) {
      const random = options.random.fork(kind);
      const share = (weights[kind]?.share ?? 0.2) * density;
      if (options.only === undefined ? random.chance(share) : options.only.has(kind)) {
        this.#windows.set(kind, windowsOf(kind, random, options.healMs));
      }
    }
  }

  get enabled(): readonly FaultKind[] {
    return [...this.#windows.keys()];
  }

  has(kind: FaultKind): boolean {
    return this.#windows.has(kind);
  }

  /** Chance of the fault at `nowMs`; 0 outside its windows. */
  rate(kind: FaultKind, nowMs: number): number {
    const windows = this.#windows.get(kind);
    if (windows === undefined) return 0;
    for (const window of windows) if (nowMs >= window.fromMs && nowMs < window.toMs) return window.rate;
    return 0;
  }

  /** Whether the fault strikes now. */
  hits(kind: FaultKind, nowMs: number): boolean {
    const rate = this.rate(kind, nowMs);
    return rate > 0 && this.#random.chance(rate);
  }

  /** Beginnings and ends of the fault's windows. */
  windows(kind: FaultKind): readonly { readonly fromMs: number; readonly toMs: number }[] {
    return this.#windows.get(kind) ?? [];
  }

  /** Whether any of `kinds` could strike between the two times. */
  overlaps(kinds: readonly FaultKind[], fromMs: number, toMs: number): boolean {
    return kinds.some((kind) => this.windows(kind).some((window) => window.fromMs < toMs && fromMs < window.toMs));
  }
}

function windowsOf(kind: FaultKind, random: SimRandom, healMs: number): readonly Window[] {
  const windows: Window[] = [];
  const count = 1 + random.below(weights[kind]?.windowsMax ?? 3);
  const rateMax = weights[kind]?.rateMax ?? 1;
  for (let index = 0; index < count; index += 1) {
    const fromMs = random.between(0, healMs * 0.9);
    const lengthMs = random.pick([300, 1500, 6000, 20_000]) * random.between(0.5, 1.5);
    const rate = Math.max(weights[kind]?.rateMin ?? 0, random.pick([0.02, 0.1, 0.4, 1]) * rateMax);
    windows.push({ fromMs, toMs: Math.min(healMs, fromMs + lengthMs), rate });
  }
  return windows;
}
