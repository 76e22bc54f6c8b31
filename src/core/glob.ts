/**
 * Globs of one name (the part between two slashes of a path), with the syntax of java.nio.file: `*`, `?`, `[a-z]`, `[!a]`,
 * `{a,b}`, and `\` before a character that stands for itself. Every other character stands for itself. Pure.
 *
 * Invariant: a glob that Java takes matches the same names here. A glob without a meaning is a `GlobError`, never a guess: a
 * misread glob ships the wrong files. Beyond Java, groups may nest.
 * Source: java.nio.file.FileSystem.getPathMatcher; where its documentation is silent, the behaviour of Java 17.
 */
export interface GlobOptions {
  /** Whether a wildcard matches a dot at the beginning of a name, as in Java. In the shell such a dot must be written. */
  readonly dotFiles: boolean;
  /** Whether `[^a]` means `[!a]`, as in the shell. In Java `^` is an ordinary character. */
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
  // Flag u: a character beyond U+FFFF counts as one. Flag s: `.` matches a newline too, as names may hold one.
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

  /** Reads what follows a `[`. Within a set a backslash is an ordinary character. */
  #set(): string {
    const negates = this.#skip('!') || (this.#options.caretNegates && this.#skip('^'));
    // A hyphen that comes first or last stands for itself, as no range can begin or end there. In Java the `^` of `[^` is an
    // ordinary character.
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

  /** Takes the next character; empty at the end. */
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
