/**
 * Keeps one fault from filling the log: of events with the same code and subject (which file, stream, shard …), a few a
 * minute are written at once, the rest are counted and told of in one line when the minute is over.
 *
 * Invariant: every event is either written or part of a count that is written. Memory is bounded: a code with very many
 * subjects (10,000 unreadable files) is counted as one.
 */
import type { Clock, Timer } from '../core/ports.ts';

/** The fields that say what an event is about; amounts and reasons may differ among repetitions. */
const subjectFields = ['flow', 'path', 'generation', 'destination', 'stream', 'shard', 'errorCode'] as const;

const windowMs = 60_000;
const subjectBurst = 3;
const codeBurst = 100;

export type LoggedFields = Readonly<Record<string, unknown>>;

interface Tally {
  readonly name: string;
  written: number;
  held: number;
  last: LoggedFields;
}

export class RepeatLimiter<Name extends string> {
  readonly #clock: Clock;
  readonly #onHeld: (name: Name, last: LoggedFields, heldCount: number) => void;
  readonly #subjects = new Map<string, Tally & { readonly name: Name }>();
  readonly #writtenByCode = new Map<Name, number>();
  #timer: Timer | undefined;

  /** `onHeld` hears at the end of the minute of what was held back: how many, and the last one of them. */
  constructor(clock: Clock, onHeld: (name: Name, last: LoggedFields, heldCount: number) => void) {
    this.#clock = clock;
    this.#onHeld = onHeld;
  }

  /** Whether to write this event now; where not, it has been counted. */
  admit(name: Name, fields: LoggedFields): boolean {
    this.#timer ??= this.#clock.setTimer(windowMs, () => this.flush());
    const written = this.#writtenByCode.get(name) ?? 0;
    const crowded = written >= codeBurst;
    const key = crowded ? name : subjectKey(name, fields);
    const tally = this.#subjects.get(key) ?? { name, written: 0, held: 0, last: fields };
    this.#subjects.set(key, tally);
    if (!crowded && tally.written < subjectBurst) {
      tally.written += 1;
      this.#writtenByCode.set(name, written + 1);
      return true;
    }
    tally.held += 1;
    tally.last = fields;
    return false;
  }

  /** Tells what was held back, and begins anew. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const tallies = [...this.#subjects.values()];
    this.#subjects.clear();
    this.#writtenByCode.clear();
    for (const tally of tallies) {
      if (tally.held > 0) this.#onHeld(tally.name, tally.last, tally.held);
    }
  }
}

function subjectKey(name: string, fields: LoggedFields): string {
  return [name, ...subjectFields.map((field) => String(fields[field] ?? ''))].join('\0');
}
