/**
 * When the bytes of a file were first seen, so that it is known how old the oldest one is that nobody has taken yet:
 * a file that grows every second and is not delivered for an hour is an hour behind, not a second.
 *
 * Invariant: at most `MARKS_MAX` marks; where marks are merged, bytes count as older than they are, never as younger.
 */
interface Mark {
  /** Everything below this had been seen, bytes. */
  readonly end: number;
  /** When the first of it was seen, monotonic. */
  readonly seenMs: number;
}

const MARKS_MAX = 64;
/** What grows within this time is one mark, as long as there is room for so many. */
const STEP_MS = 1000;

export class GrowthTimes {
  /** In order of position and of time. */
  #marks: Mark[] = [];
  /** Time between two marks: as much as the backlog needs. */
  #stepMs = STEP_MS;

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

  /** When the byte at `position` was first seen, monotonic; undefined: nobody has seen it. */
  seenMs(position: number): number | undefined {
    return this.#marks.find((mark) => mark.end > position)?.seenMs;
  }

  #halve(): void {
    this.#stepMs *= 2;
    const merged: Mark[] = [];
    for (let index = 0; index < this.#marks.length; index += 2) {
      const first = this.#marks[index];
      const last = this.#marks[index + 1] ?? first;
      if (first !== undefined && last !== undefined) merged.push({ end: last.end, seenMs: first.seenMs });
    }
    this.#marks = merged;
  }
}
