/**
 * Footers: records that say that a file is complete and are not sent.
 *
 * As in the Java agent, the whole record must match, white space around it aside, and `^` and `$` match at every line of
 * it (Pattern.MULTILINE). Unlike there, what follows a footer is sent: the Java agent leaves out what it happens to have
 * read together with the footer, and sends what it reads later.
 */
import { BoundedLoop, patternTimeoutMsDefault } from '../../core/pattern/bounded-loop.ts';
import { compilePattern } from '../../core/pattern/pattern.ts';
import type { RecordBatch } from '../../core/record-batch.ts';

export interface FooterOptions {
  /** How long the pattern may work on one batch (bounded-loop.ts). */
  readonly timeoutMs?: number | undefined;
  /** Hears on how many records the pattern ran too long: they are sent. */
  readonly onSlow?: ((records: number) => void) | undefined;
}

const SPACE = 0x20;

/** Undefined where no footer pattern is set. Throws a `PatternError` for a pattern that the config check would have refused. */
export function footersOf(pattern: string | undefined, options: FooterOptions = {}): Footers | undefined {
  return pattern === undefined ? undefined : new Footers(pattern, options);
}

export class Footers {
  readonly #expression: RegExp;
  readonly #loop: BoundedLoop;
  readonly #onSlow: (records: number) => void;

  constructor(pattern: string, { timeoutMs, onSlow }: FooterOptions) {
    this.#expression = compilePattern(`(?m)${pattern}`, { whole: true, captures: false, looseNames: true }).regexp;
    this.#loop = new BoundedLoop(timeoutMs ?? patternTimeoutMsDefault);
    this.#onSlow = onSlow ?? (() => undefined);
  }

  /** Takes the footers out of `batch`. Returns how many there were and how many source bytes they accounted for. */
  takeOut(batch: RecordBatch): { readonly records: number; readonly bytes: number } {
    const { starts, ends, sourceBytes, sourceStarts, count } = batch;
    let next = 0;
    let kept = 0;
    let bytes = 0;
    let slow = 0;
    // Changes `next` last, and calls nothing: the work may be ended at any call (bounded-loop.ts).
    const settle = (isFooter: boolean) => {
      if (isFooter) bytes += sourceBytes[next] ?? 0;
      else {
        starts[kept] = starts[next] ?? 0;
        ends[kept] = ends[next] ?? 0;
        sourceBytes[kept] = sourceBytes[next] ?? 0;
        sourceStarts[kept] = sourceStarts[next] ?? 0;
        kept += 1;
      }
      next += 1;
    };
    this.#loop.run(count, {
      next: () => next,
      doTo: (end) => {
        for (let index = next; index < end; index += 1) settle(this.#isFooter(batch.buffer, starts[index] ?? 0, ends[index] ?? 0));
      },
      giveUp: (end) => {
        slow += end - next;
        for (let index = next; index < end; index += 1) settle(false);
      },
    });
    batch.count = kept;
    if (slow > 0) this.#onSlow(slow);
    return { records: count - kept, bytes };
  }

  #isFooter(buffer: Buffer, start: number, end: number): boolean {
    // As String.trim of Java: everything up to the space is white.
    let from = start;
    let to = end;
    while (from < to && (buffer[from] ?? 0) <= SPACE) from += 1;
    while (to > from && (buffer[to - 1] ?? 0) <= SPACE) to -= 1;
    return this.#expression.test(buffer.toString('utf8', from, to));
  }
}
