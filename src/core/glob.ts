/**
 * Globs of one name (what stands between two slashes of a path), as java.nio.file has them: `*`, `?`, `[a-z]`, `[!a]`,
 * `{a,b}`, and `\` before a character that is itself. Everything else is itself. Pure.
 *
 * Invariant: what Java takes matches the same names here, and what has no meaning is a `GlobError`, never a guess: a glob
 * that is read differently ships the wrong files. Beyond Java, groups nest.
 * Source: java.nio.file.FileSystem.getPathMatcher; where that is silent, what Java 17 answers.
 */
export interface GlobOptions {
  /** Whether wildcards take a dot at the beginning of a name, as in Java; the shell wants it written. */
  readonly dotFiles: boolean;
  /** Whether `[^a]` is `[!a]`, as in the shell; in Java `^` is a character like others. */
  readonly caretNegates: boolean;
}

export type Glob =
  | { readonly kind: 'literal'; readonly name: string }
  | { readonly kind: 'glob'; readonly matches: (name: string) => boolean };

/** Says what is wrong with a glob and what to write, as a clause. */
export class GlobError extends Error {
  override readonly name = 'GlobError';
}

const LITERAL = /^(?:[^\\*?[{]|\\.)*$/su;

/** Throws a `GlobError`. */
export function compileGlob(text: string, options: GlobOptions): Glob {
  if (LITERAL.test(text)) return { kind: 'literal', name: text.replaceAll(/\\(.)/gsu, '$1') };
  // Flag u: a character beyond U+FFFF is one. Flag s: a newline is a character of a name like others.
  const regexp = new RegExp(`^(?:${new GlobReader(text, options).source()})$`, 'su');
  return { kind: 'glob', matches: (name) => regexp.test(name) };
}

class GlobReader {
  readonly #characters: readonly string[];
  readonly #options: GlobOptions;
  readonly #wildcard: string;
  #at = 0;
  #depth = 0;

  constructor(text: string, options: GlobOptions) {
    this.#characters = [...text];
    this.#options = options;
    this.#wildcard = options.dotFiles ? '' : String.raw`(?!^\.)`;
  }

  /** The glob as the source of a regular expression. */
  source(): string {
    let source = '';
    while (this.#at < this.#characters.length) source += this.#next();
    if (this.#depth > 0) throw new GlobError('the { is not closed: add }, or write \\{ for the character; a group cannot hold a /');
    return source;
  }

  #next(): string {
    const character = this.#take();
    switch (character) {
      case '\\':
        return this.#escaped();
      case '*':
        while (this.#characters[this.#at] === '*') this.#at += 1;
        return `${this.#wildcard}.*`;
      case '?':
        return `${this.#wildcard}.`;
      case '[':
        return `${this.#wildcard}${this.#set()}`;
      case '{':
        this.#depth += 1;
        return '(?:';
      case '}':
      case ',':
        if (this.#depth === 0) return RegExp.escape(character);
        if (character === '}') this.#depth -= 1;
        return character === '}' ? ')' : '|';
      default:
        return RegExp.escape(character);
    }
  }

  #escaped(): string {
    if (this.#at < this.#characters.length) return RegExp.escape(this.#take());
    throw new GlobError('the \\ at its end has nothing to escape: write \\\\ for the character');
  }

  /** What follows a `[`. Within a set a backslash is a character like others. */
  #set(): string {
    const negates = this.#skip('!') || (this.#options.caretNegates && this.#skip('^'));
    // A hyphen is a character where no range can begin or end: first, and last. In Java `[^` begins like `[a`.
    let members = negates || this.#characters[this.#at] !== '^' ? this.#taken('-') : `\\${this.#take()}`;
    let rangeStart: string | undefined;
    for (;;) {
      const character = this.#take();
      if (character === '') throw new GlobError('the [ is not closed: add ], or write \\[ for the character; a set cannot hold a /');
      if (character === ']') break;
      if (character !== '-') {
        members += RegExp.escape(character);
        rangeStart = character;
        continue;
      }
      if (rangeStart === undefined) throw new GlobError('a - within [ ] has nothing before it: put it first for the character');
      const end = this.#take();
      if (end === '' || end === ']') {
        members += '\\-';
        this.#at -= 1;
      } else if ((end.codePointAt(0) ?? 0) < (rangeStart.codePointAt(0) ?? 0)) {
        throw new GlobError(`the range ${rangeStart}-${end} goes backwards: write ${end}-${rangeStart}`);
      } else {
        members += `-${RegExp.escape(end)}`;
        rangeStart = undefined;
      }
    }
    if (members === '') throw new GlobError('[ ] holds no character: write \\[ for the character [ itself');
    return `[${negates ? '^' : ''}${members}]`;
  }

  /** Empty at the end. */
  #take(): string {
    const character = this.#characters[this.#at] ?? '';
    this.#at += 1;
    return character;
  }

  #skip(character: string): boolean {
    const isNext = this.#characters[this.#at] === character;
    if (isNext) this.#at += 1;
    return isNext;
  }

  #taken(character: string): string {
    return this.#skip(character) ? RegExp.escape(character) : '';
  }
}
