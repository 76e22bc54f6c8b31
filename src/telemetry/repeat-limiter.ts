/**
 * Keeps one fault from filling the log. Of events with the same code and subject (which file, stream, shard …) a few a minute
 * are written at once. The rest are counted, and one line tells of them when the minute is over.
 *
 * Events that report a state (failing, recovered) share one count for each subject. Of the events held back the last one is written,
 * as soon as it has stood for a few seconds: a person must not read for a minute what is no longer true.
 *
 * Invariants: every event is either written or part of a count that is written. What was held back is told in the order in
 * which it last occurred. A code is crowded once it has a hundred lines a minute: subjects that come then (of 10,000 unreadable
 * files) are counted as one, those that have a count of their own keep it until the minute is over. So memory is bounded, and a
 * hundred files that flap are not told every few seconds.
 */
import type { Clock, Timer } from '../core/ports.ts';

/** The fields that say what an event is about; amounts and reasons may differ among repetitions. */
const subjectFields = ['flow', 'path', 'generation', 'destination', 'stream', 'shard'] as const;

const windowMs = 60_000;
const settledMs = 5000;
const subjectBurst = 3;
const codeBurst = 100;

export type LoggedFields = Readonly<Record<string, unknown>>;

/** One event, as the limiter sees it. */
export interface Occurrence<Name extends string> {
  readonly name: Name;
  /** The state that the event reports, if it reports one. */
  readonly stateOf: string | undefined;
  readonly fields: LoggedFields;
}

/** What was held back of one subject. */
export interface Held<Name extends string> {
  readonly last: Occurrence<Name>;
  readonly lastWallMs: number;
  readonly count: number;
  /** Whether the events report one state. Then the last one took back those before it, and need not be like them. */
  readonly isState: boolean;
}

interface Tally<Name extends string> {
  readonly isState: boolean;
  /** Whether the tally is written once no event of it came for a few seconds. */
  readonly settles: boolean;
  written: number;
  /** How many events are held. */
  count: number;
  last: Occurrence<Name>;
  lastMs: number;
  lastWallMs: number;
  /** Order among all held events: a clock is too coarse for it. */
  sequence: number;
}

export class RepeatLimiter<Name extends string> {
  readonly #clock: Clock;
  readonly #onHeld: (held: Held<Name>) => void;
  readonly #tallies = new Map<string, Tally<Name>>();
  readonly #writtenByCode = new Map<Name, number>();
  #sequence = 0;
  #windowTimer: Timer | undefined;
  #settleTimer: Timer | undefined;

  /** `onHeld` hears later of what was held back. */
  constructor(clock: Clock, onHeld: (held: Held<Name>) => void) {
    this.#clock = clock;
    this.#onHeld = onHeld;
  }

  /** Whether to write this event now; where not, it has been counted. */
  admit(event: Occurrence<Name>): boolean {
    this.#windowTimer ??= this.#clock.setTimer(windowMs, () => this.flush());
    const tally = this.#tallyOf(event);
    if (!this.#isCrowded(event.name) && tally.written < subjectBurst) {
      tally.written += 1;
      this.#countWritten(event.name);
      return true;
    }
    tally.count += 1;
    tally.last = event;
    tally.lastMs = this.#clock.monotonicMs();
    tally.lastWallMs = this.#clock.wallMs();
    tally.sequence = this.#sequence += 1;
    if (tally.settles) this.#settleTimer ??= this.#clock.setTimer(settledMs, () => this.#tellSettled());
    return false;
  }

  /** Tells what was held back, and begins anew. */
  flush(): void {
    this.#windowTimer?.cancel();
    this.#settleTimer?.cancel();
    this.#windowTimer = this.#settleTimer = undefined;
    const tallies = [...this.#tallies.values()];
    this.#tallies.clear();
    this.#writtenByCode.clear();
    this.#tell(tallies);
  }

  #isCrowded(name: Name): boolean {
    return (this.#writtenByCode.get(name) ?? 0) >= codeBurst;
  }

  #countWritten(name: Name): void {
    this.#writtenByCode.set(name, (this.#writtenByCode.get(name) ?? 0) + 1);
  }

  #tallyOf(event: Occurrence<Name>): Tally<Name> {
    const settles = event.stateOf !== undefined;
    const subject = subjectKey(event.stateOf ?? event.name, event.fields);
    const crowded = !this.#tallies.has(subject) && this.#isCrowded(event.name);
    const key = crowded ? event.name : subject;
    const known = this.#tallies.get(key);
    if (known !== undefined) return known;
    const tally = { isState: settles && !crowded, settles, written: 0, count: 0, last: event, lastMs: 0, lastWallMs: 0, sequence: 0 };
    this.#tallies.set(key, tally);
    return tally;
  }

  /** Writes the states that no longer change. The others are asked again when the oldest of them would have settled, or at the minute's end. */
  #tellSettled(): void {
    this.#settleTimer = undefined;
    const nowMs = this.#clock.monotonicMs();
    const states = [...this.#tallies.values()].filter(
      ({ settles, count, isState, last }) => settles && count > 0 && !(isState && this.#isCrowded(last.name)),
    );
    const settled = states.filter(({ lastMs }) => lastMs + settledMs <= nowMs);
    const dueMs = Math.min(...states.filter((tally) => !settled.includes(tally)).map(({ lastMs }) => lastMs + settledMs));
    if (Number.isFinite(dueMs)) this.#settleTimer = this.#clock.setTimer(dueMs - nowMs, () => this.#tellSettled());
    for (const { last } of settled) this.#countWritten(last.name);
    this.#tell(settled);
  }

  #tell(tallies: readonly Tally<Name>[]): void {
    for (const tally of tallies.toSorted((a, b) => a.sequence - b.sequence)) {
      const { last, lastWallMs, count, isState } = tally;
      tally.count = 0;
      if (count > 0) this.#onHeld({ last, lastWallMs, count, isState });
    }
  }
}

function subjectKey(name: string, fields: LoggedFields): string {
  return [name, ...subjectFields.map((field) => String(fields[field] ?? ''))].join('\0');
}
