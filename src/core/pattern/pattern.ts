/**
 * The one dialect of regular expressions in settings: java.util.regex, as in the Java agent, run by JavaScript's engine.
 *
 * Invariant: a compiled pattern matches exactly what Java 17 would match, with the same groups; where that cannot be
 * promised, compiling throws a `PatternError` and nothing is matched in its place.
 */
import { parseJavaPattern } from './java-parser.ts';
import { writeJavaScript } from './javascript-writer.ts';
import { PatternError } from './pattern-node.ts';

export { PatternError } from './pattern-node.ts';

export interface CompiledPattern {
  /** As the user wrote it. */
  readonly text: string;
  /** Flags `u` and, unless `whole`, `g` (set `lastIndex` before each use). */
  readonly regexp: RegExp;
  /** How many capturing groups the user wrote. */
  readonly groupCount: number;
  /** At index i: the number of the user's group i in JavaScript's match. */
  readonly groups: readonly number[];
  /** Names of groups, with their numbers as the user counts them. */
  readonly groupNames: ReadonlyMap<string, number>;
}

export interface PatternOptions {
  /** Must match the whole text (Java's `matches`) instead of being found in it. */
  readonly whole: boolean;
  /** Whether the text of groups is used. Without it more patterns can be taken. */
  readonly captures: boolean;
  /** Group names as other engines take them too: with `_`, and as `(?P<name>`. */
  readonly looseNames: boolean;
}

/** Compiles `text`. Throws a `PatternError` that says why it cannot be used. */
export function compilePattern(text: string, options: PatternOptions): CompiledPattern {
  const parsed = parseJavaPattern(text, options);
  const written = writeJavaScript(parsed.root, options);
  const source = options.whole ? `^(?:${written.source})$` : written.source;
  return {
    text,
    regexp: new RegExp(source === '' ? '(?:)' : source, options.whole ? 'u' : 'gu'),
    groupCount: parsed.groupCount,
    groups: written.groups,
    groupNames: parsed.groupNames,
  };
}

/**
 * How many UTF-16 units of `subject` the longest beginning of the pattern `text` that matches takes. It shows where a line
 * stops fitting a pattern that should match it whole. Only for messages: it compiles one beginning after another.
 */
export function fittingLength(text: string, subject: string): number {
  const { root } = parseJavaPattern(text, { looseNames: true });
  const items = root.kind === 'sequence' ? root.items : [root];
  for (let count = items.length - 1; count > 0; count -= 1) {
    try {
      const { source } = writeJavaScript({ kind: 'sequence', items: items.slice(0, count) }, { captures: false });
      const match = new RegExp(`^(?:${source})`, 'u').exec(subject);
      if (match !== null) return match[0].length;
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
    }
  }
  return 0;
}
