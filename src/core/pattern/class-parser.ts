/**
 * Character classes and the escapes that stand for one character or one class: `[a-z&&[^aeiou]]`, `\p{Alpha}`, `\x41`.
 * Source of the rules: Java SE 17, class java.util.regex.Pattern.
 */
import { CodePointSet } from './code-point-set.ts';
import { escapeClasses, posixClasses, unicodeProperty } from './java-classes.ts';
import type { PatternNode } from './pattern-node.ts';
import type { PatternScanner } from './pattern-scanner.ts';

type SetNode = Extract<PatternNode, { kind: 'set' }>;

/** A class of the code points of `set` alone. */
export function plainSet(set: CodePointSet): SetNode {
  return { kind: 'set', set, properties: [], negated: false };
}

function negate(node: SetNode): SetNode {
  return node.properties.length === 0 ? plainSet(node.set.complement()) : { ...node, negated: !node.negated };
}

/** Reads classes; `caseInsensitive` is flag `i` where it stands. */
export class ClassParser {
  readonly #scanner: PatternScanner;

  constructor(scanner: PatternScanner) {
    this.#scanner = scanner;
  }

  /** What follows `[`, up to and including its `]`. */
  parseClass(caseInsensitive: boolean): SetNode {
    const scanner = this.#scanner;
    const negated = scanner.take('^');
    let whole: SetNode | undefined;
    let operand: SetNode | undefined;
    const add = (node: SetNode) => {
      operand = operand === undefined ? node : this.#unite(operand, node);
    };
    const closeOperand = () => {
      if (operand === undefined) return;
      whole = whole === undefined ? operand : this.#intersect(whole, operand);
      operand = undefined;
    };
    for (;;) {
      const char = scanner.peek();
      if (char === '') throw scanner.syntax('Unclosed character class');
      if (char === ']' && (whole !== undefined || operand !== undefined)) break;
      if (char === '[') {
        scanner.next();
        add(this.parseClass(caseInsensitive));
      } else if (scanner.take('&&')) {
        if (operand === undefined && whole === undefined) throw scanner.unsupported('&& has nothing before it: write a class on both sides, as in [a-z&&[^x]]');
        closeOperand();
        while (scanner.take('&&'));
        if (scanner.peek() === '&') throw scanner.unsupported('&&& is not clear: write && for the intersection, and \\& for the character');
        if (scanner.peek() === ']') throw scanner.unsupported('&& has nothing after it: write a class on both sides, as in [a-z&&[^x]]');
      } else {
        // In Java it stands for itself, outside of the intersection, or in it, by what was before it.
        if (char === '&' && whole !== undefined) throw scanner.unsupported('& after && is not clear: write \\& for the character, before the &&');
        add(this.#member(caseInsensitive));
      }
    }
    scanner.next();
    closeOperand();
    if (whole === undefined) throw scanner.syntax('Unclosed character class');
    return negated ? negate(whole) : whole;
  }

  /** The class or the character that an escape stands for. The backslash is already taken, and so is `letter`, which follows it. */
  parseEscape(letter: string, caseInsensitive: boolean): SetNode | string {
    const classSet = escapeClasses.get(letter);
    if (classSet !== undefined) return plainSet(classSet);
    if (letter === 'p' || letter === 'P') {
      const property = this.#property(caseInsensitive);
      return letter === 'P' ? negate(property) : property;
    }
    return this.#character(letter);
  }

  #member(caseInsensitive: boolean): SetNode {
    const scanner = this.#scanner;
    const first = this.#single(caseInsensitive);
    if (typeof first !== 'string') return first;
    let last = first;
    const rest = scanner.text.slice(scanner.index);
    if (scanner.peek() === '-' && !/^-(?:[\][]|$)/.test(rest)) {
      scanner.next();
      const end = this.#single(caseInsensitive, true);
      if (typeof end !== 'string') throw scanner.syntax('Illegal character range');
      last = end;
    }
    const from = first.codePointAt(0) ?? 0;
    const to = last.codePointAt(0) ?? 0;
    if (to < from) throw scanner.syntax('Illegal character range');
    const set = CodePointSet.of([from, to]);
    return plainSet(caseInsensitive ? set.withAsciiCases() : set);
  }

  #single(caseInsensitive: boolean, endsRange = false): SetNode | string {
    const scanner = this.#scanner;
    const char = scanner.next();
    if (char !== '\\') return char;
    const letter = scanner.nextExact();
    if (letter === 'N') throw scanner.unsupported('\\N is not known: write the character itself, or its number as \\x{1F600}');
    if (/[bBAGZzRXk1-9]/.test(letter)) throw scanner.syntax('Illegal/unsupported escape sequence');
    // At either end of a range \v is one character, as it was before Java 8.
    if (letter === 'v' && (endsRange || scanner.text.charAt(scanner.index) === '-')) return '\u000b';
    return this.parseEscape(letter, caseInsensitive);
  }

  #property(caseInsensitive: boolean): SetNode {
    const scanner = this.#scanner;
    let name = scanner.nextExact();
    if (name === '{') {
      const braced = scanner.takeMatch(/[^}]*\}/);
      if (braced === undefined) throw scanner.syntax('Unclosed character family');
      name = braced.slice(0, -1);
    }
    const posix = posixClasses.get(name);
    const cased = /^(?:Is|gc=|general_category=)?(?:Lower(?:case)?|Upper(?:case)?|L[ult])$/i.test(name);
    if (cased && caseInsensitive) throw scanner.unsupported(`\\p{${name}} under (?i) takes other characters in Java: write \\p{L}, or leave (?i) out`);
    if (posix !== undefined) return plainSet(posix);
    const property = unicodeProperty(name);
    if (property === undefined) throw scanner.unsupported(`the property \\p{${name}} is not known: write the characters, as in [a-z]`);
    return { kind: 'set', set: CodePointSet.of(), properties: [property], negated: false };
  }

  #character(letter: string): string {
    const scanner = this.#scanner;
    const controls: Readonly<Record<string, string>> = {
      t: '\t',
      n: '\n',
      r: '\r',
      f: '\f',
      a: '\u0007',
      e: '\u001b',
    };
    const control = controls[letter];
    if (control !== undefined) return control;
    if (letter === '0') return this.#number(/[0-3][0-7]{0,2}|[4-7][0-7]?/, 8, 'octal');
    if (letter === 'x') {
      return scanner.take('{')
        ? this.#number(/[0-9A-Fa-f]+(?=\})/, 16, 'hexadecimal', '}')
        : this.#number(/[0-9A-Fa-f]{2}/, 16, 'hexadecimal');
    }
    if (letter === 'u') return this.#utf16();
    if (letter === 'c') {
      const char = scanner.nextExact();
      if (char === '') throw scanner.syntax('Illegal control escape sequence');
      return String.fromCodePoint((char.codePointAt(0) ?? 0) ^ 0x40);
    }
    if (letter === '') throw scanner.syntax('Unexpected end after a backslash');
    if (/[A-Za-z]/.test(letter)) throw scanner.syntax(`Illegal/unsupported escape sequence \\${letter}`);
    return letter;
  }

  #utf16(): string {
    const high = this.#number(/[0-9A-Fa-f]{4}/, 16, 'Unicode');
    const code = high.charCodeAt(0);
    if (code < 0xd800 || code > 0xdfff) return high;
    const low = this.#scanner.takeMatch(/\\u[Dd][C-Fc-f][0-9A-Fa-f]{2}/);
    if (code > 0xdbff || low === undefined) throw this.#scanner.unsupported('half of a surrogate pair: write the whole character, or its number as \\x{1F600}');
    return high + String.fromCharCode(Number.parseInt(low.slice(2), 16));
  }

  #number(digits: RegExp, base: number, what: string, closing = ''): string {
    const found = this.#scanner.takeMatch(digits);
    if (found === undefined) throw this.#scanner.syntax(`Illegal ${what} escape sequence`);
    if (closing !== '') this.#scanner.take(closing);
    const code = Number.parseInt(found, base);
    if (code > 0x10_ffff) throw this.#scanner.syntax('Hexadecimal codepoint is too big');
    return String.fromCodePoint(code);
  }

  #unite(a: SetNode, b: SetNode): SetNode {
    if (a.negated || b.negated) throw this.#scanner.unsupported('a negated Unicode property beside others in one [ ]: write alternatives, (?:[…]|\\P{L})');
    return { ...a, set: a.set.union(b.set), properties: [...a.properties, ...b.properties] };
  }

  #intersect(a: SetNode, b: SetNode): SetNode {
    if (a.properties.length + b.properties.length > 0) throw this.#scanner.unsupported('&& with a Unicode property: write a look-ahead before the class, as in (?=\\p{L})[^x]');
    return plainSet(a.set.intersection(b.set));
  }
}
