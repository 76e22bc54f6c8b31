/** Reads a pattern code point by code point, passing over white space and comments where flag `x` is on. */
import { PatternError } from './pattern-node.ts';

export class PatternScanner {
  readonly text: string;
  index = 0;
  /** Flag `x`: white space and `#` comments are passed over. */
  comments = false;
  /** Flag `d`: only LF ends a line, and with it a comment. */
  unixLines = false;

  constructor(text: string) {
    this.text = text;
  }

  /** The next character that counts, without taking it; empty at the end. */
  peek(): string {
    if (this.comments) this.#passOver();
    const code = this.text.codePointAt(this.index);
    return code === undefined ? '' : String.fromCodePoint(code);
  }

  /** Takes the next character that counts. */
  next(): string {
    const char = this.peek();
    this.index += char.length;
    return char;
  }

  /** The next character even if it is white space: after a backslash every character counts. */
  nextExact(): string {
    const code = this.text.codePointAt(this.index);
    if (code === undefined) return '';
    const char = String.fromCodePoint(code);
    this.index += char.length;
    return char;
  }

  /** Takes `expected` if it comes next. */
  take(expected: string): boolean {
    if (this.comments) this.#passOver();
    if (!this.text.startsWith(expected, this.index)) return false;
    this.index += expected.length;
    return true;
  }

  /** Takes and returns what matches `expression` at the position; `undefined` where nothing does. */
  takeMatch(expression: RegExp): string | undefined {
    const sticky = new RegExp(expression.source, 'y');
    sticky.lastIndex = this.index;
    const found = sticky.exec(this.text)?.[0];
    if (found !== undefined) this.index += found.length;
    return found;
  }

  syntax(message: string): PatternError {
    return new PatternError({ kind: 'syntax', message, index: Math.min(this.index, this.text.length) });
  }

  /** `message`: what cannot be taken, and after a colon what to write instead. */
  unsupported(message: string): PatternError {
    return new PatternError({ kind: 'unsupported', message, index: Math.min(this.index, this.text.length) });
  }

  #passOver(): void {
    while (this.index < this.text.length) {
      const char = this.text.charAt(this.index);
      if (/[ \t\n\u000b\f\r]/.test(char)) this.index += 1;
      else if (char === '#') {
        const lineEnd = this.unixLines ? /\n/ : /[\n\r\u0085\u2028\u2029]/;
        while (this.index < this.text.length && !lineEnd.test(this.text.charAt(this.index))) this.index += 1;
      } else return;
    }
  }
}
