/** Finds lines that carry the time at which they were written in request bodies as they arrive: it tells how long a line took. */
const MARK = Buffer.from('@written=');
/** Milliseconds since 1970 with three decimals. */
const TIME_BYTES = 17;

/** The mark of a line that is written now. */
export function markNow(): string {
  return `${MARK.toString()}${(performance.timeOrigin + performance.now()).toFixed(3)}`;
}

export class MarkSampler {
  #waitsMs: number[] = [];

  /** Looks for marks in one body. A mark that lies across two pieces is left out: the marks are a sample anyway. */
  look(pieces: readonly Buffer[]): void {
    const nowMs = performance.timeOrigin + performance.now();
    for (const piece of pieces) {
      for (let at = piece.indexOf(MARK); at >= 0; at = piece.indexOf(MARK, at + MARK.length)) {
        const start = at + MARK.length;
        if (start + TIME_BYTES <= piece.length) this.#waitsMs.push(nowMs - Number(piece.toString('latin1', start, start + TIME_BYTES)));
      }
    }
  }

  /** Milliseconds from written to arrived, for each marked line since the last call. */
  take(): readonly number[] {
    const waitsMs = this.#waitsMs;
    this.#waitsMs = [];
    return waitsMs;
  }
}
