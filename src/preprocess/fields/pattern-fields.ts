/**
 * LOGTOJSON with a `matchPattern`: the pattern must match the whole line, its groups are the fields.
 *
 * The Java agent drops every record where the groups are not as many as the names; natively that is a config error.
 */
import { type CompiledPattern, fittingLength } from '../../core/pattern/pattern.ts';
import type { TextParser } from './field-positions.ts';
import { decodeText } from '../json/json-text.ts';

export class PatternFields implements TextParser {
  readonly fieldNames: readonly string[];
  readonly optionalFieldNames: readonly string[] = [];
  readonly dashIsAbsent: boolean;
  readonly #pattern: CompiledPattern;
  /** JavaScript's numbers of the groups that are fields. */
  readonly #groups: readonly number[];
  readonly #texts: (string | undefined)[] = [];

  constructor(options: {
    pattern: CompiledPattern;
    fieldNames: readonly string[];
    /** The user's numbers of the groups, one a field. */
    groups: readonly number[];
    dashIsAbsent: boolean;
  }) {
    this.#pattern = options.pattern;
    this.fieldNames = options.fieldNames;
    this.dashIsAbsent = options.dashIsAbsent;
    this.#groups = options.groups.map((group) => options.pattern.groups[group] ?? 0);
  }

  parseTexts(input: Buffer, start: number, end: number): readonly (string | undefined)[] | undefined {
    const match = this.#pattern.regexp.exec(decodeText(input, start, end));
    if (match === null) return undefined;
    for (let i = 0; i < this.#groups.length; i += 1) this.#texts[i] = match[this.#groups[i] as number];
    return this.#texts;
  }

  stoppedAt(line: string): number {
    return Buffer.byteLength(line.slice(0, fittingLength(this.#pattern.text, line)));
  }
}
