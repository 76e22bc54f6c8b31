/**
 * Parses a java.util.regex pattern (Java SE 17, class Pattern). Throws a `PatternError`: `syntax` where Java refuses the
 * pattern too, `unsupported` where Java takes it and this parser cannot.
 */
import { ClassParser, plainSet } from './class-parser.ts';
import { CodePointSet } from './code-point-set.ts';
import { lineTerminators } from './java-classes.ts';
import { lengths, type PatternNode } from './pattern-node.ts';
import { PatternScanner } from './pattern-scanner.ts';

export interface ParsedPattern {
  readonly root: PatternNode;
  readonly groupCount: number;
  readonly groupNames: ReadonlyMap<string, number>;
}

interface Flags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
  readonly d: boolean;
  readonly x: boolean;
  /** Alone this flag changes nothing. Together with `i` it concerns letters beyond ASCII. */
  readonly u: boolean;
}

const noFlags: Flags = { i: false, m: false, s: false, d: false, x: false, u: false };
const empty: PatternNode = { kind: 'sequence', items: [] };
const word = '[_\\p{L}\\p{Nd}]';
const afterWord = `(?:(?<=${word})|(?<=[\\p{L}\\p{Nd}]\\p{Mn}+))`;
const beforeWord = `(?:(?=${word})|(?<=[\\p{L}\\p{Nd}]\\p{Mn}*)(?=\\p{Mn}))`;
/** Java 17 counts letters and digits of every script, and marks upon them, as parts of words. */
const wordBoundary = `(?:${afterWord}(?!${beforeWord})|(?!${afterWord})${beforeWord})`;
const lastLineEnd = '(?=(?:\\r\\n|(?<!\\r)\\n|[\\r\\u0085\\u2028\\u2029])?$)';

const test = (source: string): PatternNode => ({ kind: 'test', source });

/** The tree of `text`. With `looseNames`, group names may hold `_` and be written `(?P<name>`. */
export function parseJavaPattern(text: string, options: { readonly looseNames: boolean }): ParsedPattern {
  return new JavaParser(text, options.looseNames).parse();
}

/**
 * `text` with each quotation, from `\Q` to `\E` or to the end, as single escaped characters. As in Java this comes before all
 * other parsing. So a quotation may stand within a class, and an empty one is nothing at all: a quantifier skips it, too.
 */
function withoutQuotations(text: string): string {
  const escaped = (char: string, at: number) => {
    if (/\d/.test(char)) return at === 0 ? `\\x3${char}` : char;
    return /[A-Za-z]/.test(char) ? char : `\\${char}`;
  };
  return text.replaceAll(/\\Q([\s\S]*?)(?:\\E|$)|\\[\s\S]/g, (escape: string, quoted: string | undefined) =>
    quoted === undefined ? escape : quoted.replaceAll(/[\0-\x7f]/g, escaped),
  );
}

class JavaParser {
  readonly #scanner: PatternScanner;
  readonly #classes: ClassParser;
  readonly #looseNames: boolean;
  readonly #groupNames = new Map<string, number>();
  #groupCount = 0;
  #flags = noFlags;
  #lastLineBreak: PatternNode | undefined;

  constructor(text: string, looseNames: boolean) {
    this.#scanner = new PatternScanner(withoutQuotations(text));
    this.#classes = new ClassParser(this.#scanner);
    this.#looseNames = looseNames;
  }

  parse(): ParsedPattern {
    const root = this.#alternatives();
    if (this.#scanner.peek() === ')') throw this.#scanner.syntax("Unmatched closing ')'");
    return { root, groupCount: this.#groupCount, groupNames: this.#groupNames };
  }

  #alternatives(): PatternNode {
    const options = [this.#sequence()];
    while (this.#scanner.take('|')) options.push(this.#sequence());
    return options.length === 1 ? (options[0] ?? empty) : { kind: 'choice', options };
  }

  #sequence(): PatternNode {
    const items: PatternNode[] = [];
    for (;;) {
      const char = this.#scanner.peek();
      if (char === '' || char === '|' || char === ')') break;
      if (char === '*' || char === '+' || char === '?') {
        throw this.#scanner.syntax(`Dangling meta character '${char}'`);
      }
      const atom = this.#atom();
      // A change of flags is no atom: a quantifier after it has nothing to repeat.
      if (atom !== undefined) items.push(this.#quantified(atom));
    }
    return { kind: 'sequence', items };
  }

  /** `undefined` for a change of flags, which is no atom. */
  #atom(): PatternNode | undefined {
    const scanner = this.#scanner;
    const char = scanner.peek();
    if (char === '{') return empty;
    scanner.next();
    if (char === '(') return this.#group();
    if (char === '[') return this.#classes.parseClass(this.#flags.i);
    if (char === '.') return plainSet(this.#anyCharacter());
    if (char === '^') return this.#lineStart();
    if (char === '$') return this.#lineEnd();
    return char === '\\' ? this.#escape(scanner.nextExact()) : this.#literal(char);
  }

  #literal(char: string): PatternNode {
    const code = char.codePointAt(0) ?? 0;
    if (code >= 0xd800 && code <= 0xdfff) throw this.#scanner.unsupported('half of a surrogate pair: write the whole character, or its number as \\x{1F600}');
    const set = CodePointSet.of([code, code]);
    return plainSet(this.#flags.i ? set.withAsciiCases() : set);
  }

  #anyCharacter(): CodePointSet {
    if (this.#flags.s) return CodePointSet.of().complement();
    return (this.#flags.d ? CodePointSet.ofText('\n') : lineTerminators).complement();
  }

  #lineStart(): PatternNode {
    if (!this.#flags.m) return test('^');
    return test(
      this.#flags.d ? '(?:(?:^|(?<=\\n))(?!$))' : '(?:(?:^|(?<=[\\n\\u0085\\u2028\\u2029])|(?<=\\r)(?!\\n))(?!$))',
    );
  }

  #lineEnd(): PatternNode {
    if (this.#flags.m) return test(this.#flags.d ? '(?=\\n|$)' : '(?=$|(?<!\\r)\\n|[\\r\\u0085\\u2028\\u2029])');
    return test(this.#flags.d ? '(?=\\n?$)' : lastLineEnd);
  }

  #escape(letter: string): PatternNode {
    const scanner = this.#scanner;
    switch (letter) {
      case 'b':
        if (scanner.text.startsWith('{', scanner.index)) throw scanner.unsupported('\\b{g} is not known: write \\b');
        return test(wordBoundary);
      case 'B':
        return test(`(?!${wordBoundary})`);
      case 'A':
        return test('^');
      case 'z':
        return test('$');
      case 'Z':
        return test(this.#flags.d ? '(?=\\n?$)' : lastLineEnd);
      case 'G':
      case 'X':
      case 'N':
        throw scanner.unsupported(`\\${letter} is not known: leave it out, or write what it stands for`);
      case 'R':
        return this.#lineBreak();
      case 'k':
        return this.#namedBackreference();
      case 'E':
        throw scanner.syntax('Illegal/unsupported escape sequence \\E');
      default:
        if (/[1-9]/.test(letter)) return this.#backreference(letter);
    }
    const escaped = this.#classes.parseEscape(letter, this.#flags.i);
    return typeof escaped === 'string' ? this.#literal(escaped) : escaped;
  }

  #lineBreak(): PatternNode {
    const crlf = [...'\r\n'].map((char) => plainSet(CodePointSet.ofText(char)));
    const single = CodePointSet.ofText('\n\u000b\f\r\u0085\u2028\u2029');
    this.#lastLineBreak = { kind: 'choice', options: [{ kind: 'sequence', items: crlf }, plainSet(single)] };
    return this.#lastLineBreak;
  }

  #backreference(firstDigit: string): PatternNode {
    let group = Number(firstDigit);
    for (;;) {
      const digit = /^\d/.exec(this.#scanner.text.slice(this.#scanner.index))?.[0];
      if (digit === undefined || group * 10 + Number(digit) > this.#groupCount) break;
      group = group * 10 + Number(digit);
      this.#scanner.index += 1;
    }
    return this.#referTo(group);
  }

  #namedBackreference(): PatternNode {
    const name = this.#scanner.takeMatch(/<[A-Za-z][A-Za-z0-9_]*>/)?.slice(1, -1);
    if (name === undefined) throw this.#scanner.syntax("\\k is not followed by '<' for named capturing group");
    const group = this.#groupNames.get(name);
    if (group === undefined) throw this.#scanner.syntax(`named capturing group <${name}> does not exist`);
    return this.#referTo(group);
  }

  #referTo(group: number): PatternNode {
    if (this.#flags.i) throw this.#scanner.unsupported('a back reference under (?i): end (?i) before it with (?-i)');
    return { kind: 'backreference', group };
  }

  /** `undefined` for `(?i)` and the like. */
  #group(): PatternNode | undefined {
    const scanner = this.#scanner;
    const outer = this.#flags;
    if (!scanner.take('?')) return this.#capture(outer);
    const opening = scanner.takeMatch(/<(?:=|!)|[:>=!]|P?<[A-Za-z][A-Za-z0-9_]*>/);
    if (opening === undefined) return this.#flagGroup(outer);
    if (opening === ':') return this.#closed(outer);
    if (opening === '>') return { kind: 'atomic', body: this.#closed(outer) };
    if (opening.endsWith('=') || opening.endsWith('!')) {
      const ahead = opening.length === 1;
      const body = this.#closed(outer);
      if (!ahead && lengths(body)[1] === Infinity) {
        // Java refuses some of these and takes others, with a length of its own choosing.
        throw scanner.unsupported('a look-behind without a largest length: bound its repetitions, as in {0,100}');
      }
      return { kind: 'look', ahead, negative: opening.endsWith('!'), body };
    }
    const loose = opening.startsWith('P') || opening.includes('_');
    if (loose && !this.#looseNames) throw scanner.syntax('Illegal name of a capturing group');
    return this.#capture(outer, opening.slice(opening.indexOf('<') + 1, -1));
  }

  #capture(outer: Flags, name?: string): PatternNode {
    this.#groupCount += 1;
    const group = this.#groupCount;
    if (name !== undefined) {
      if (this.#groupNames.has(name)) throw this.#scanner.syntax(`Named capturing group <${name}> is already defined`);
      this.#groupNames.set(name, group);
    }
    return { kind: 'capture', group, body: this.#closed(outer) };
  }

  /** `(?i)` up to the end of the group it stands in, or `(?i:…)`. */
  #flagGroup(outer: Flags): PatternNode | undefined {
    const scanner = this.#scanner;
    const letters = scanner.takeMatch(/[a-zA-Z]*(?:-[a-zA-Z]*)?/) ?? '';
    const end = scanner.nextExact();
    if (end !== ')' && end !== ':') throw scanner.syntax('Unknown inline modifier or group');
    const [on = '', off = ''] = letters.split('-');
    const flags: Record<string, boolean> = { ...outer };
    for (const letter of on + off) {
      if (letter === 'U') throw scanner.unsupported('flag U is not known: leave it out, and write \\p{L} for letters and \\p{N} for digits');
      if (!Object.hasOwn(noFlags, letter)) throw scanner.syntax(`Unknown inline modifier ${letter}`);
      flags[letter] = on.includes(letter) && !off.includes(letter);
    }
    if (flags['i'] === true && flags['u'] === true) throw scanner.unsupported('flags i and u together: leave u out, and write both cases of letters beyond ASCII, as in [äÄ]');
    this.#setFlags({ ...noFlags, ...flags });
    return end === ')' ? undefined : this.#closed(outer);
  }

  #closed(outer: Flags): PatternNode {
    const body = this.#alternatives();
    if (!this.#scanner.take(')')) throw this.#scanner.syntax('Unclosed group');
    this.#setFlags(outer);
    return body;
  }

  #setFlags(flags: Flags): void {
    this.#flags = flags;
    this.#scanner.comments = flags.x;
    this.#scanner.unixLines = flags.d;
  }

  #quantified(body: PatternNode): PatternNode {
    const scanner = this.#scanner;
    const char = scanner.peek();
    let min = 0;
    let max = Infinity;
    if (char === '?') max = 1;
    else if (char === '+') min = 1;
    else if (char === '{') [min, max] = this.#bounds();
    else if (char !== '*') return body;
    if (char !== '{') scanner.next();
    const possessive = scanner.take('+');
    const lazy = !possessive && scanner.take('?');
    if (possessive && body.kind === 'capture') {
      // Java keeps the group's text even where the rest of the pattern around it fails.
      throw scanner.unsupported('a possessive quantifier on a capturing group: write (?:(…)…)');
    }
    // Under a quantifier, and only there, Java takes CR LF as one line break and never gives half of it back.
    const whole: PatternNode = body === this.#lastLineBreak ? { kind: 'atomic', body } : body;
    const repeat: PatternNode = { kind: 'repeat', body: whole, min, max, lazy };
    return possessive ? { kind: 'atomic', body: repeat } : repeat;
  }

  #bounds(): [number, number] {
    const scanner = this.#scanner;
    const found = scanner.takeMatch(/\{\d+(?:,\d*)?\}/);
    if (found === undefined) throw scanner.syntax('Illegal repetition');
    const [low = '', high] = found.slice(1, -1).split(',');
    const min = Number(low);
    const max = high === undefined ? min : high === '' ? Infinity : Number(high);
    if (max < min || min > 2 ** 31 - 1) throw scanner.syntax('Illegal repetition range');
    return [min, max];
  }
}
