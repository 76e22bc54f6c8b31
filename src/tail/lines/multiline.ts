/**
 * Which lines belong together, by the patterns of the flow (java.util.regex, see core/pattern). Start and continuation
 * patterns are tried at the beginning of the line (`lookingAt`, as the Java agent does), an end pattern anywhere in it.
 * The patterns see the line with its newline.
 *
 * Guarantees: the lines of a read are judged within a bound of time (core/pattern/bounded-loop.ts). A line that cannot be
 * judged in time begins no record and ends none. So lines that belong together stay together; the record is bounded in
 * lines, bytes and time anyway. Such a line is remembered, because the lines of an open record are judged with every read.
 */
import { hash } from 'node:crypto';
import { BoundedLoop, patternTimeoutMsDefault } from '../../core/pattern/bounded-loop.ts';
import { compilePattern } from '../../core/pattern/pattern.ts';
import type { LineJoiner } from '../../core/pipeline.ts';
import type { TailSettings } from '../config.ts';

type Patterns = Pick<TailSettings, 'multiLineStartPattern' | 'multiLineContinuationPattern' | 'multiLineEndPattern'>;

export interface JoinerOptions {
  /** How long the patterns may work on the lines of one read. */
  readonly timeoutMs?: number | undefined;
  /** Hears how many lines of a read could not be judged in time. Lines of which it heard before may be among them. */
  readonly onSlow?: ((lines: number) => void) | undefined;
}

/** Undefined where lines are not joined. Throws a `PatternError` for a pattern that the config check would have refused. */
export function multiLineJoiner(settings: Patterns, options: JoinerOptions = {}): LineJoiner | undefined {
  const { multiLineStartPattern: start, multiLineContinuationPattern: continuation, multiLineEndPattern: end } = settings;
  if (start === undefined && continuation === undefined && end === undefined) return undefined;
  const starts = atStart(start);
  const continues = atStart(continuation);
  const begins = starts ?? (continues === undefined ? undefined : (line: string) => !continues(line));
  return new PatternJoiner({ begins, ends: anywhere(end) }, options);
}

type LineTest = (line: string) => boolean;

/** Verdicts on a line. */
const BEGINS = 1;
const ENDS = 2;
const NEWLINE = 0x0a;
/** At most so many lines are remembered as slow. */
const SLOW_MAX = 256;

class PatternJoiner implements LineJoiner {
  readonly #begins: LineTest | undefined;
  readonly #ends: LineTest | undefined;
  readonly #loop: BoundedLoop;
  readonly #onSlow: (lines: number) => void;
  /** Digests of lines that could not be judged, the oldest first. */
  readonly #slow = new Set<string>();
  /** Where each judged line of this read begins, and where the last one ends. */
  #offsets = new Uint32Array(1024);
  #verdicts = new Uint8Array(1024);
  #count = 0;
  /** Index of the line that was asked for last. */
  #at = 0;

  constructor(tests: { begins: LineTest | undefined; ends: LineTest | undefined }, { timeoutMs, onSlow }: JoinerOptions) {
    this.#begins = tests.begins;
    this.#ends = tests.ends;
    this.#loop = new BoundedLoop(timeoutMs ?? patternTimeoutMsDefault);
    this.#onSlow = onSlow ?? (() => undefined);
  }

  prepare(buffer: Buffer, from: number, to: number): void {
    this.#offsets[0] = from;
    this.#count = 0;
    this.#at = 0;
    let slowLines = 0;
    // The loop counts bytes here: where lines begin shows only while they are judged.
    this.#loop.run(to, {
      next: () => this.#offsets[this.#count] as number,
      doTo: (end) => this.#judgeTo(buffer, { end, to }),
      giveUp: (end, { kind }) => {
        for (let start = this.#offsets[this.#count] as number; start < end; start = this.#offsets[this.#count] as number) {
          const lineEnd = endOfLine(buffer, start, to);
          if (kind === 'slow') this.#remember(buffer, start, lineEnd);
          this.#note(lineEnd, 0);
          slowLines += 1;
        }
      },
    });
    if (slowLines > 0) this.#onSlow(slowLines);
  }

  startsRecord(buffer: Buffer, start: number, end: number): boolean {
    return this.#begins !== undefined && (this.#verdictOn(buffer, start, end) & BEGINS) !== 0;
  }

  endsRecord(buffer: Buffer, start: number, end: number): boolean {
    return this.#ends !== undefined && (this.#verdictOn(buffer, start, end) & ENDS) !== 0;
  }

  /** Judges the lines that begin before `end`. The work may be ended anywhere. */
  #judgeTo(buffer: Buffer, { end, to }: { end: number; to: number }): void {
    for (let start = this.#offsets[this.#count] as number; start < end; ) {
      const lineEnd = endOfLine(buffer, start, to);
      const known = this.#slow.size > 0 && this.#slow.has(digest(buffer, start, lineEnd));
      this.#note(lineEnd, known ? 0 : this.#judge(buffer, start, lineEnd));
      start = lineEnd;
    }
  }

  /** Notes the verdict on the next line, which ends at `end`. */
  #note(end: number, verdict: number): void {
    const next = this.#count + 1;
    if (next >= this.#offsets.length) this.#offsets = enlarged(this.#offsets, new Uint32Array(next * 2));
    if (next >= this.#verdicts.length) this.#verdicts = enlarged(this.#verdicts, new Uint8Array(next * 2));
    this.#verdicts[this.#count] = verdict;
    this.#offsets[next] = end;
    // Changed last: if the work is ended before, it begins again with this line.
    this.#count = next;
  }

  #judge(buffer: Buffer, start: number, end: number): number {
    const line = buffer.toString('utf8', start, end);
    return (this.#begins?.(line) === true ? BEGINS : 0) | (this.#ends?.(line) === true ? ENDS : 0);
  }

  /** Lines are asked for in their order. The rest of a cut line is none of the judged ones: it is judged here. */
  #verdictOn(buffer: Buffer, start: number, end: number): number {
    while (this.#at < this.#count && (this.#offsets[this.#at] as number) < start) this.#at += 1;
    if (this.#at < this.#count && this.#offsets[this.#at] === start && this.#offsets[this.#at + 1] === end) return this.#verdicts[this.#at] as number;
    let verdict = 0;
    this.#loop.attempt(() => {
      verdict = this.#judge(buffer, start, end);
    });
    return verdict;
  }

  #remember(buffer: Buffer, start: number, end: number): void {
    this.#slow.add(digest(buffer, start, end));
    const [oldest] = this.#slow;
    if (this.#slow.size > SLOW_MAX && oldest !== undefined) this.#slow.delete(oldest);
  }
}

function digest(buffer: Buffer, start: number, end: number): string {
  return hash('sha256', buffer.subarray(start, end), 'base64');
}

function endOfLine(buffer: Buffer, start: number, to: number): number {
  const newline = buffer.indexOf(NEWLINE, start);
  return newline < 0 || newline >= to ? to : newline + 1;
}

function enlarged<Positions extends Uint32Array | Uint8Array>(from: Positions, to: Positions): Positions {
  to.set(from);
  return to;
}

function atStart(pattern: string | undefined): LineTest | undefined {
  if (pattern === undefined) return undefined;
  const expression = new RegExp(compile(pattern).source, 'uy');
  return (line) => {
    expression.lastIndex = 0;
    return expression.test(line);
  };
}

function anywhere(pattern: string | undefined): LineTest | undefined {
  if (pattern === undefined) return undefined;
  const expression = new RegExp(compile(pattern).source, 'u');
  return (line) => expression.test(line);
}

function compile(pattern: string): RegExp {
  return compilePattern(pattern, { whole: false, captures: false, looseNames: true }).regexp;
}
