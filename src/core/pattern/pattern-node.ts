/** The syntax tree of a regular expression, between the Java parser and the JavaScript writer. */
import type { CodePointSet } from './code-point-set.ts';

export type PatternNode =
  /** One code point of `set`, or with one of the Unicode `properties` (`L`, `Script=Latin`); or, negated, any other. */
  | { readonly kind: 'set'; readonly set: CodePointSet; readonly properties: readonly string[]; readonly negated: boolean }
  | { readonly kind: 'sequence'; readonly items: readonly PatternNode[] }
  | { readonly kind: 'choice'; readonly options: readonly PatternNode[] }
  /** Capturing group, numbered from 1 as the user counts. */
  | { readonly kind: 'capture'; readonly group: number; readonly body: PatternNode }
  | { readonly kind: 'atomic'; readonly body: PatternNode }
  | { readonly kind: 'look'; readonly ahead: boolean; readonly negative: boolean; readonly body: PatternNode }
  | {
      readonly kind: 'repeat';
      readonly body: PatternNode;
      readonly min: number;
      /** `Infinity`: without end. */
      readonly max: number;
      readonly lazy: boolean;
    }
  /** A zero-width test, as JavaScript writes it under the `u` flag. */
  | { readonly kind: 'test'; readonly source: string }
  | { readonly kind: 'backreference'; readonly group: number };

/**
 * Why a pattern cannot be used. `syntax`: java.util.regex would refuse it as well. `unsupported`: Java would take it, but
 * there is no JavaScript pattern that matches exactly the same.
 */
export class PatternError extends Error {
  override name = 'PatternError';
  readonly kind: 'syntax' | 'unsupported';
  /** Index into the pattern, UTF-16 units, where it is known. */
  readonly index: number | undefined;

  constructor(problem: { kind: 'syntax' | 'unsupported'; message: string; index?: number }) {
    super(problem.index === undefined ? problem.message : `${problem.message} (at character ${problem.index + 1})`);
    this.kind = problem.kind;
    this.index = problem.index;
  }
}

/** Fewest and most code points that `node` can take; `Infinity` where there is no end. */
export function lengths(node: PatternNode): readonly [min: number, max: number] {
  switch (node.kind) {
    case 'set':
      return [1, 1];
    case 'sequence':
      return node.items.map(lengths).reduce<[number, number]>((sum, [min, max]) => [sum[0] + min, sum[1] + max], [0, 0]);
    case 'choice': {
      const all = node.options.map(lengths);
      return [Math.min(...all.map(([min]) => min)), Math.max(...all.map(([, max]) => max))];
    }
    case 'capture':
    case 'atomic':
      return lengths(node.body);
    case 'look':
    case 'test':
      return [0, 0];
    case 'repeat': {
      const [min, max] = lengths(node.body);
      return [min * node.min, max === 0 || node.max === 0 ? 0 : max * node.max];
    }
    case 'backreference':
      return [0, Infinity];
  }
}

/** Every node below and including `node`, outermost first. */
export function* walk(node: PatternNode): Generator<PatternNode> {
  yield node;
  if (node.kind === 'sequence') for (const item of node.items) yield* walk(item);
  else if (node.kind === 'choice') for (const option of node.options) yield* walk(option);
  else if ('body' in node) yield* walk(node.body);
}
