/**
 * When the bytes of a file were first seen. It tells how old the oldest byte is that nobody has taken yet:
 * a file that grows every second and is not delivered for an hour is an hour behind, not a second.
 *
 * Invariant: at most `MARKS_MAX` marks; where marks are merged, bytes count as older than they are, never as younger.
 */
import type { Waiting } from '../../core/checkpoint-row.ts';
import type { Now } from '../../core/ports.ts';

export interface Mark {
  /** Every byte below this offset had been seen. */
  readonly end: number;
  /** When the first byte since the mark before was seen, monotonic. */
  readonly seenMs: number;
}

const MARKS_MAX = 64;
/** Growth within this time makes one mark, as long as there is room for so many marks. */
const STEP_MS = 1000;
/** A row stores at most so many marks: after a restart, it is known to about an eighth how long bytes have waited. */
const WAITS_MAX = 8;

export class GrowthTimes {
  /** In order of position and of time. */
  #marks: Mark[] = [];
  /** Least time between two marks: it grows with the backlog. */
  #stepMs = STEP_MS;
  /** Since when the file may have grown unseen, monotonic; undefined: it is being looked at. */
  unseenSinceMs: number | undefined;
  /** Nobody can look at the file, as far as known; its row tells so. */
  isHidden = false;
  /** When the file was looked at last, monotonic: bytes that were not there then came later. Undefined: not known. */
  sightMs: number | undefined;
  /** When the file was last looked at before it changed, until it is proved that it is still the same file. */
  #doubtedSinceMs: number | undefined;

  /** `marks`: what whoever watched the file before knew. */
  constructor(marks: readonly Mark[], unseenSinceMs: number | undefined) {
    this.#marks = [...marks];
    this.unseenSinceMs = unseenSinceMs;
  }

  get marks(): readonly Mark[] {
    return this.#marks;
  }

  /** The file was seen with `sizeBytes` at `nowMs`. Nobody will ask for bytes below `settledBytes` any more. */
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

  /** The file is looked at. `changed`: it is not as it was, and may be another file until it is `proved`. */
  looked(nowMs: number, changed = false): void {
    if (changed) this.#doubtedSinceMs ??= this.unseenSinceMs ?? this.sightMs;
    this.sightMs = nowMs;
    this.unseenSinceMs = undefined;
    this.isHidden = false;
  }

  /**
   * Since when new bytes of the file may be there, monotonic. The file was written last at `modifiedMs`, wall time; where no hint told of
   * that, it can be long ago. A file can be given any modification time, but the bytes were not there when it was looked at before.
   */
  newSinceMs(modifiedMs: number, { nowMs, wallMs }: Now): number {
    const writtenMs = nowMs - Math.max(0, wallMs - modifiedMs);
    return this.unseenSinceMs ?? Math.max(writtenMs, this.sightMs ?? writtenMs);
  }

  /** The file that was looked at is still the same. */
  proved(): void {
    this.#doubtedSinceMs = undefined;
  }

  /**
   * The bytes seen from `position` on were another file's. Nobody saw what came to this one since the last look at it, or, where that
   * is not known, since the other one's bytes were seen.
   */
  mistook(position: number): void {
    const sinceMs = this.#doubtedSinceMs ?? this.seenMs(position) ?? this.sightMs;
    if (sinceMs !== undefined) this.unseenFrom(sinceMs);
    this.proved();
    this.sightMs = undefined;
  }

  /**
   * The generation goes on in another file, which is looked at and ends at `endBytes`. Bytes from `settledBytes` on have waited there as
   * long as before, as far as they were seen; all other bytes of the file came after `sinceMs`.
   */
  goOn(endBytes: number, { sinceMs, nowMs, settledBytes }: { sinceMs: number; nowMs: number; settledBytes: number }): void {
    const waiting = this.#marks.filter(({ end }) => end > settledBytes);
    const last = waiting.findIndex(({ end }) => end >= endBytes);
    this.#marks = waiting.slice(0, last === -1 ? waiting.length : last + 1).map(({ end, seenMs }) => ({ end: Math.min(end, endBytes), seenMs }));
    this.grew(endBytes, sinceMs, settledBytes);
    this.looked(nowMs);
  }

  /** The file cannot be looked at; all others were at `lookedMs`, monotonic. New bytes may be there since then, or its own later look. */
  hidden(lookedMs: number): void {
    this.isHidden = true;
    this.unseenFrom(Math.max(lookedMs, this.sightMs ?? lookedMs));
  }

  /** The file cannot be looked at: what will be found new in it may be there since `sinceMs`, monotonic. */
  unseenFrom(sinceMs: number): void {
    this.unseenSinceMs ??= sinceMs;
  }

  /** The bytes seen until now do not wait yet: they do from the next growth on. */
  forget(): void {
    this.#marks = [];
  }

  /** No byte that was seen waits any more. The bytes that are there now wait since `sinceMs`. */
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

/** `marks` with every `count` neighbours made one mark, as old as the oldest of them. */
function merged(marks: readonly Mark[], count: number): Mark[] {
  const fewer: Mark[] = [];
  for (let index = 0; index < marks.length; index += count) {
    const first = marks[index];
    const last = marks[Math.min(index + count, marks.length) - 1];
    if (first !== undefined && last !== undefined) fewer.push({ end: last.end, seenMs: first.seenMs });
  }
  return fewer;
}
