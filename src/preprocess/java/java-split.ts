/**
 * CSVTOJSON as the Java agent does it: the delimiter is a regular expression for Java's `String.split`, quotes mean
 * nothing. Empty columns at the end of the line are absent (null), others are empty; surplus columns vanish.
 */
import type { CompiledPattern } from '../../core/pattern/pattern.ts';
import type { FieldPositions, LineParser, TextParser } from '../fields/field-positions.ts';
import { decodeText } from '../json/json-text.ts';

/** Columns split at one byte that is a character of its own. */
export class JavaByteSplit implements LineParser {
  readonly fieldNames: readonly string[];
  readonly optionalFieldNames: readonly string[] = [];
  readonly dashIsAbsent = false;
  readonly #delimiter: number;

  constructor(fieldNames: readonly string[], delimiter: number) {
    this.fieldNames = fieldNames;
    this.#delimiter = delimiter;
  }

  parse(input: Buffer, start: number, end: number, fields: FieldPositions): number {
    const delimiter = this.#delimiter;
    const count = this.fieldNames.length;
    let last = end;
    while (last > start && input[last - 1] === delimiter) last -= 1;
    // A line of delimiters alone has no columns; a line of nothing has one, which is empty.
    if (last === start && end > start) return -1;
    let from = start;
    for (let field = 0; field < count && from <= last; field += 1) {
      let at = from;
      while (at < last && input[at] !== delimiter) at += 1;
      fields.text(field, from, at);
      from = at + 1;
    }
    return -1;
  }
}

/** Columns split at matches of a regular expression. */
export class JavaPatternSplit implements TextParser {
  readonly fieldNames: readonly string[];
  readonly optionalFieldNames: readonly string[] = [];
  readonly dashIsAbsent = false;
  readonly #pattern: CompiledPattern;

  constructor(fieldNames: readonly string[], pattern: CompiledPattern) {
    this.fieldNames = fieldNames;
    this.#pattern = pattern;
  }

  parseTexts(input: Buffer, start: number, end: number): readonly string[] {
    return javaSplit(decodeText(input, start, end), this.#pattern.regexp);
  }
}

/** Found in patterns whose empty match may depend on what stands around it. */
const looksAround = /\(\?<?[=!]|(?<!\[)\^|\$/;

/**
 * Java SE 17, `String.split(regex)`: no empty piece in front of a zero-width match at the beginning, none at the end;
 * text in which nothing matches is one piece.
 */
export function javaSplit(text: string, regexp: RegExp): readonly string[] {
  const pieces: string[] = [];
  let from = 0;
  let found = false;
  regexp.lastIndex = 0;
  for (let match = regexp.exec(text); match !== null; match = regexp.exec(text)) {
    const width = match[0].length;
    if (width > 0 || match.index > 0) {
      pieces.push(text.slice(from, match.index));
      from = match.index + width;
      found = true;
    }
    if (width > 0) continue;
    const isPair = (text.codePointAt(match.index) ?? 0) > 0xffff;
    regexp.lastIndex = match.index + (isPair ? 2 : 1);
    if (isPair && !looksAround.test(regexp.source)) {
      // Java moves on by one UTF-16 unit, and matches nothing between the halves of a character as well.
      pieces.push(text.slice(from, match.index + 1));
      from = match.index + 1;
      found = true;
    }
    if (regexp.lastIndex > text.length) break;
  }
  if (!found) return [text];
  pieces.push(text.slice(from));
  let count = pieces.length;
  while (count > 0 && pieces[count - 1] === '') count -= 1;
  return pieces.slice(0, count);
}
