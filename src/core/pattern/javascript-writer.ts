/**
 * Writes a parsed pattern as a JavaScript one (flag `u`) that matches exactly the same, with the same groups.
 *
 * The writer refuses a pattern where the two engines differ and JavaScript cannot express Java's way: a back reference to a
 * group that may not have taken part (Java fails, JavaScript matches nothing); a group within a repetition that a round may
 * leave out (Java keeps the text of the earlier round, JavaScript forgets it); repeated parts that can be empty.
 */
import type { CodePointSet } from './code-point-set.ts';
import { lengths, PatternError, walk, type PatternNode } from './pattern-node.ts';

export interface WrittenPattern {
  readonly source: string;
  /** JavaScript's number of the user's group i, at index i (index 0 is the whole match). */
  readonly groups: readonly number[];
}

const unsupported = (message: string) => new PatternError({ kind: 'unsupported', message });

/** JavaScript source of `root`. Without `captures` it may have no groups: only whether and where it matches is the same. */
export function writeJavaScript(root: PatternNode, options: { readonly captures: boolean }): WrittenPattern {
  const needed = options.captures || [...walk(root)].some((node) => node.kind === 'backreference');
  const writer = new Writer(needed);
  writer.checkRepeats(root);
  if (needed) writer.checkReferences(root, new Set());
  writer.checkLooks(root);
  return { source: writer.write(root), groups: writer.groups };
}

class Writer {
  readonly groups: number[] = [0];
  readonly #captures: boolean;
  #groupCount = 0;

  constructor(captures: boolean) {
    this.#captures = captures;
  }

  write(node: PatternNode): string {
    switch (node.kind) {
      case 'set':
        return writeSet(node);
      case 'sequence':
        return node.items.map((item) => (item.kind === 'choice' ? `(?:${this.write(item)})` : this.write(item))).join('');
      case 'choice':
        return node.options.map((option) => this.write(option)).join('|');
      case 'capture':
        if (!this.#captures) return `(?:${this.write(node.body)})`;
        this.#groupCount += 1;
        this.groups[node.group] = this.#groupCount;
        return `(${this.write(node.body)})`;
      case 'atomic': {
        // A look-ahead never gives back what it took. A back reference then takes the same text, so the whole is atomic.
        this.#groupCount += 1;
        const group = this.#groupCount;
        return `(?:(?=(${this.write(node.body)}))\\${group})`;
      }
      case 'look':
        return `(?:(?${node.ahead ? '' : '<'}${node.negative ? '!' : '='}${this.write(node.body)}))`;
      case 'repeat':
        return this.#writeRepeat(node);
      case 'test':
        return node.source;
      case 'backreference':
        return `(?:\\${this.groups[node.group]})`;
    }
  }

  #writeRepeat(node: Extract<PatternNode, { kind: 'repeat' }>): string {
    const body = this.write(node.body);
    // JavaScript treats an optional part that matched nothing as if it had not been tried.
    if (node.min === 0 && node.max === 1 && lengths(node.body)[0] === 0) return node.lazy ? `(?:|${body})` : `(?:${body}|)`;
    const atom = node.body.kind === 'set' ? body : `(?:${body})`;
    return `${atom}${quantifier(node.min, node.max)}${node.lazy ? '?' : ''}`;
  }

  /** Refuses repetitions whose groups or empty rounds the engines treat differently. */
  checkRepeats(root: PatternNode): void {
    for (const node of walk(root)) {
      if (node.kind !== 'repeat' || node.max <= 1) continue;
      if (lengths(node.body)[0] === 0 && lengths(node.body)[1] > 0) {
        throw unsupported('a repeated part that can match nothing: write it so that each round takes a character');
      }
      const captures = this.#captures ? [...walk(node.body)].filter((inner) => inner.kind === 'capture') : [];
      if (captures.length === 0) continue;
      const always = this.checkReferences(node.body, new Set(captures.map((inner) => inner.group)));
      if (captures.some((inner) => !always.has(inner.group))) {
        throw unsupported('a group within a repetition that not every round sets: write (?:…) where its text is not used');
      }
    }
  }

  /** Groups that every match of `node` sets; refuses a reference to one outside of these and `known`. */
  checkReferences(node: PatternNode, known: ReadonlySet<number>): ReadonlySet<number> {
    switch (node.kind) {
      case 'sequence': {
        let set = new Set<number>();
        for (const item of node.items) set = set.union(this.checkReferences(item, known.union(set)));
        return set;
      }
      case 'choice':
        return node.options
          .map((option) => this.checkReferences(option, known))
          .reduce((common, option) => new Set(common).intersection(option));
      case 'capture':
        return new Set([...this.checkReferences(node.body, known), node.group]);
      case 'atomic':
        return this.checkReferences(node.body, known);
      case 'look': {
        const inner = this.checkReferences(node.body, known);
        return node.negative ? new Set() : inner;
      }
      case 'repeat': {
        const inner = this.checkReferences(node.body, known);
        return node.min === 0 ? new Set() : inner;
      }
      case 'backreference':
        if (!known.has(node.group)) throw unsupported(`back reference to group ${node.group}, which may not be set there: refer to a group that every match sets before`);
        return new Set();
      case 'set':
      case 'test':
        return new Set();
    }
  }

  /** Refuses what has another meaning within a look-behind, which JavaScript matches backwards, or within a negative look. */
  checkLooks(root: PatternNode): void {
    for (const node of walk(root)) {
      if (node.kind !== 'look' || (node.ahead && !node.negative)) continue;
      for (const inner of walk(node.body)) {
        const captured = inner.kind === 'capture' && this.#captures;
        if (captured || (!node.ahead && (inner.kind === 'backreference' || inner.kind === 'atomic'))) {
          throw unsupported('groups, back references or possessive parts within a look-behind or negative look-ahead: write (?:…) and plain repetitions there');
        }
      }
    }
  }
}

function quantifier(min: number, max: number): string {
  if (max === Infinity) return min === 0 ? '*' : min === 1 ? '+' : `{${min},}`;
  if (min === 0 && max === 1) return '?';
  return min === max ? `{${min}}` : `{${min},${max}}`;
}

function writeSet(node: Extract<PatternNode, { kind: 'set' }>): string {
  const single = node.set.single;
  if (node.properties.length === 0) {
    if (single !== undefined) return writeCodePoint(single);
    const complement = node.set.complement();
    const shorter = complement.ranges.length < node.set.ranges.length;
    return shorter ? `[^${writeRanges(complement)}]` : `[${writeRanges(node.set)}]`;
  }
  const properties = node.properties.map((property) => `\\p{${property}}`).join('');
  return `[${node.negated ? '^' : ''}${properties}${writeRanges(node.set)}]`;
}

function writeRanges(set: CodePointSet): string {
  return set.ranges
    .map(([first, last]) => (first === last ? writeCodePoint(first) : `${writeCodePoint(first)}-${writeCodePoint(last)}`))
    .join('');
}

function writeCodePoint(code: number): string {
  const char = String.fromCodePoint(code);
  if (/[A-Za-z0-9_ "'#%&,:;<=>@~`!]/.test(char)) return char;
  if (/[$()*+./?[\\\]^{|}]/.test(char)) return `\\${char}`;
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${code.toString(16).padStart(4, '0')}` : `\\u{${code.toString(16)}}`;
}
