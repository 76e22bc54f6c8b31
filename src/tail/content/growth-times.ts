/**
 * When the bytes of a file were first seen, so that it is known how old the oldest one is that nobody has taken yet:
 * a file that grows every second and is not delivered for an hour is an hour behind, not a second.
 *
 * Invariant: at most `MARKS_MAX` marks; where marks are merged, bytes count as older than they are, never as younger.
 */
import type { Waiting } from '../../core/checkpoint-row.ts';
import type { Now } from '../../core/ports.ts';

export interface Mark {
  /** Everything below this had been seen, bytes. */
  readonly end: number;
  /** When the first of it was seen, monotonic. */
  readonly seenMs: number;
}

const MARKS_MAX = 64;
/** What grows within this time is one mark, as long as there is room for so many. */
const STEP_MS = 1000;
/** A row remembers so many times: how long something waited is known to about an eighth after a restart. */
const WAITS_MAX = 8;

export class GrowthTimes {
  /** In order of position and of time. */
  #marks: Mark[] = [];
  /** Time between two marks: as much as the backlog needs. */
  #stepMs = STEP_MS;
  /** Since when the file may have grown unseen, monotonic; undefined: it is being looked at. */
  unseenSinceMs: number | undefined;
  /** Nobody can look at it, as far as it is known; its row tells so. */
  isHidden = false;
  /** When it was looked at last, monotonic: what was not there then came later. Undefined: not known. */
  sightMs: number | undefined;
  /** When it was looked at last before it changed, as long as nothing proved since that it is still the same file. */
  #doubtedSinceMs: number | undefined;

  /** `marks`: `waits` of whoever watched the file before. */
  constructor(marks: readonly Mark[], unseenSinceMs: number | undefined) {
    this.#marks = [...marks];
    this.unseenSinceMs = unseenSinceMs;
  }

  get marks(): readonly Mark[] {
    return this.#marks;
  }

  /** The file was seen with `sizeBytes` at `nowMs`; below `settledBytes` nobody will ask any more. */
  grew(sizeBytes: number, nowMs: number, settledBytes: number): void {
    if (this.#marks[0] !== undefined && this.#marks[0].end <= settledBytes) {
      this.#marks = this.#marks.filter((mark) => mark.end > settledBytes);
      while (this.#stepMs > STEP_MS && this.#marks.length < MARKS_MAX / 4) this.#stepMs /= 2;
    }
    const last = this.#marks.at(-1);
    if (last !== undefined && sizeBytes <= last.end) return;
    if (last !== undefined && nowMs - last.seenMs < this.#stepMs) {
      this.#marks[this.#marks.length - 1] = { end: sizeBytes, seenMs: last.seenMs };
      return;
    }
    this.#marks.push({ end: sizeBytes, seenMs: nowMs });
    if (this.#marks.length > MARKS_MAX) this.#halve();
  }

  /** The file is looked at; `changed`: it is not as it was, and may be another one until it is `proved`. */
  looked(nowMs: number, changed = false): void {
    if (changed) this.#doubtedSinceMs ??= this.unseenSinceMs ?? this.sightMs;
    this.sightMs = nowMs;
    this.unseenSinceMs = undefined;
    this.isHidden = false;
  }

  /**
   * Since when what is new in the file may be there, monotonic, which was written last at `modifiedMs`, wall time: where no
   * hint told of it, that can be long ago. Files can be given any time: but it was not there when the file was looked at before.
   */
  newSinceMs(modifiedMs: number, { nowMs, wallMs }: Now): number {
    const writtenMs = nowMs - Math.max(0, wallMs - modifiedMs);
    return this.unseenSinceMs ?? Math.max(writtenMs, this.sightMs ?? writtenMs);
  }

  /** What was looked at is the file. */
  proved(): void {
    this.#doubtedSinceMs = undefined;
  }

  /**
   * What was seen from `position` on was another file's: since the last look at its own, at the latest since the other one came, nobody
   * saw what came to this one.
   */
  mistook(position: number): void {
    const sinceMs = this.#doubtedSinceMs ?? this.seenMs(position) ?? this.sightMs;
    if (sinceMs !== undefined) this.unseenFrom(sinceMs);
    this.proved();
    this.sightMs = undefined;
  }

  /**
   * It goes on in another file, which is looked at and ends at `endBytes`: there, what is not below `settledBytes` waits as
   * long as it did, as far as the file has it, and what else it has came since `sinceMs`.
   */
  goOn(endBytes: number, { sinceMs, nowMs, settledBytes }: { sinceMs: number; nowMs: number; settledBytes: number }): void {
    const waiting = this.#marks.filter(({ end }) => end > settledBytes);
    const last = waiting.findIndex(({ end }) => end >= endBytes);
    this.#marks = waiting.slice(0, last === -1 ? waiting.length : last + 1).map(({ end, seenMs }) => ({ end: Math.min(end, endBytes), seenMs }));
    this.grew(endBytes, sinceMs, settledBytes);
    this.looked(nowMs);
  }

  /** It cannot be looked at, when everything was at `lookedMs`, monotonic: what will be found new may be there since then. */
  hidden(lookedMs: number): void {
    this.isHidden = true;
    this.unseenFrom(Math.max(lookedMs, this.sightMs ?? lookedMs));
  }

  /** It cannot be looked at: what will be found new may be there since `sinceMs`, monotonic. */
  unseenFrom(sinceMs: number): void {
    this.unseenSinceMs ??= sinceMs;
  }

  /** What was seen until now does not wait yet: it does from the next growth on. */
  forget(): void {
    this.#marks = [];
  }

  /** Nothing of what was seen waits any more; what is there now does since `sinceMs`. */
  renew(sizeBytes: number, sinceMs: number): void {
    this.#marks = [{ end: sizeBytes, seenMs: sinceMs }];
  }

  /** When the byte at `position` was first seen, monotonic; undefined: nobody has seen it. */
  seenMs(position: number): number | undefined {
    return this.#marks.find((mark) => mark.end > position)?.seenMs;
  }

  /** Since when the bytes from `position` on wait, for the row. */
  waits(position: number, { nowMs, wallMs }: Now): readonly Waiting[] {
    const marks = this.#marks.filter((mark) => mark.end > position);
    const fewer = merged(marks, Math.ceil(marks.length / WAITS_MAX));
    return fewer.map(({ end, seenMs }) => ({ end, sinceWallMs: Math.floor(wallMs - (nowMs - seenMs)) }));
  }

  #halve(): void {
    this.#stepMs *= 2;
    this.#marks = merged(this.#marks, 2);
  }
}

/** `marks` with each `count` neighbours made one, as old as the oldest. */
function merged(marks: readonly Mark[], count: number): Mark[] {
  const fewer: Mark[] = [];
  for (let index = 0; index < marks.length; index += count) {
    const first = marks[index];
    const last = marks[Math.min(index + count, marks.length) - 1];
    if (first !== undefined && last !== undefined) fewer.push({ end: last.end, seenMs: first.seenMs });
  }
  return fewer;
}
