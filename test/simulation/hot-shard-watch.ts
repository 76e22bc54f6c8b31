/**
 * Check 10: records with random keys keep away from a shard that is known to refuse everything, as long as there are
 * others.
 *
 * Only what the process could know counts: requests that began after it was told of a refusal, by the same shard, in the
 * same life, in the same window of the fault.
 */
import type { PutEntry } from '../../src/core/ports.ts';
import type { FaultPlan } from './fault-plan.ts';
import type { SimClock } from './sim-clock.ts';

/** A time in which one shard of several refuses everything, as one process meets it. */
interface Episode {
  readonly name: string;
  /** The process heard of a refusal. */
  told: boolean;
  refused: number;
  accepted: number;
}

/** Refusals that it may take to find out where the shard lies: the lines of a burst leave together. */
const LEARNING_REFUSALS = 30;
/** More refusals than this share of the accepted records: the process does not keep away from the shard. */
const REFUSED_SHARE = 1 / 20;

export class HotShardWatch {
  readonly #faults: FaultPlan;
  readonly #clock: SimClock;
  readonly #violated: (what: string) => void;
  #episode: Episode | undefined;

  constructor(parts: { readonly faults: FaultPlan; readonly clock: SimClock; readonly violated: (what: string) => void }) {
    this.#faults = parts.faults;
    this.#clock = parts.clock;
    this.#violated = parts.violated;
  }

  /** A request begins. Returns what to call when the request is answered. Of `openShards`, the first one gets hot. */
  began(openShards: readonly { readonly shardId: string }[]): (entries: readonly PutEntry[]) => void {
    const name = this.#name(openShards);
    if (name === undefined) this.#episode = undefined;
    else if (name !== this.#episode?.name) this.#episode = { name, told: false, refused: 0, accepted: 0 };
    const episode = this.#episode;
    const informed = episode?.told === true;
    return (entries) => {
      if (episode === undefined || episode !== this.#episode) return;
      for (const { errorCode, shardId } of entries) {
        const isRefused = errorCode === 'ProvisionedThroughputExceededException';
        if (isRefused) episode.told = true;
        if (!informed) continue;
        if (isRefused) episode.refused += 1;
        if (shardId !== undefined) episode.accepted += 1;
      }
      const { refused, accepted } = episode;
      if (refused <= LEARNING_REFUSALS + REFUSED_SHARE * accepted) return;
      this.#violated(`check 10: a shard known to refuse everything refused ${refused} records while others took ${accepted}`);
    };
  }

  /** The process is gone, and so is all that it knew. */
  forget(): void {
    this.#episode = undefined;
  }

  /** Names the present episode. Undefined: there is no shard to keep away from, or other refusals hide which shard it is. */
  #name(openShards: readonly { readonly shardId: string }[]): string | undefined {
    const { nowMs } = this.#clock;
    // When a request is too large and is cut into parts, its records keep the keys that they had before the shard was known.
    if (this.#faults.has('body-limit')) return undefined;
    if (openShards.length < 2 || this.#faults.has('throttled-entries') || this.#faults.has('throttled-call')) return undefined;
    const index = this.#faults.windows('hot-shard').findIndex(({ fromMs, toMs }) => nowMs >= fromMs && nowMs < toMs);
    return index < 0 ? undefined : `${index} ${openShards.map(({ shardId }) => shardId).join(' ')}`;
  }
}
