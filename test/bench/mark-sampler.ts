/** Lines that carry the time they were written at, found in request bodies as they arrive: how long a line took. */
const MARK = Buffer.from('@written=');
/** Milliseconds since 1970 with three decimals. */
const TIME_BYTES = 17;

/** What stands in a line written now. */
export function markNow(): string {
  return `${MARK.toString()}${(performance.timeOrigin + performance.now()).toFixed(3)}`;
}

export class MarkSampler {
  #waitsMs: number[] = [];

  /** Looks for marks in one body; one that lies across two pieces is left out, it is a sample anyway. */
  look(pieces: readonly Buffer[]): void {
    const nowMs = performance.timeOrigin + performance.now();
    for (const piece of pieces) {
      for (let at = piece.indexOf(MARK); at >= 0; at = piece.indexOf(MARK, at + MARK.length)) {
        const start = at + MARK.length;
        if (start + TIME_BYTES <= piece.length) this.#waitsMs.push(nowMs - Number(piece.toString('latin1', start, start + TIME_BYTES)));
      }
    }
  }

  /** Milliseconds from written to arrived, of the lines since it was asked last. */
  take(): readonly number[] {
    const waitsMs = this.#waitsMs;
    this.#waitsMs = [];
    return waitsMs;
  }
}
