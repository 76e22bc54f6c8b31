/**
 * Where the fields of one line stand: filled by a parser, read by `FieldTemplate`. One object for all lines.
 */
import { ByteWriter } from '../stage/byte-writer.ts';

/** What to do with the bytes of a field. */
export const fieldKind = {
  /** Not there: JSON null. */
  absent: 0,
  /** Text as it stands. */
  text: 1,
  /** Text from within quotes, where `\"`, `\\`, `\xHH` may be escapes of a web server's log. */
  quoted: 2,
  /** Finished JSON in `scratch`. */
  json: 3,
  /** Text in `scratch`. */
  scratchText: 4,
  /** One of the parser's `constants`. */
  constant: 5,
} as const;

export class FieldPositions {
  readonly kinds: Uint8Array;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  /** Where finished JSON and unescaped text stands. */
  readonly scratch = new ByteWriter();

  constructor(fieldCount: number) {
    this.kinds = new Uint8Array(fieldCount);
    this.starts = new Uint32Array(fieldCount);
    this.ends = new Uint32Array(fieldCount);
  }

  /** All fields absent. */
  clear(): void {
    this.kinds.fill(fieldKind.absent);
    this.scratch.length = 0;
  }

  text(field: number, start: number, end: number): void {
    this.kinds[field] = fieldKind.text;
    this.starts[field] = start;
    this.ends[field] = end;
  }

  quoted(field: number, start: number, end: number): void {
    this.kinds[field] = fieldKind.quoted;
    this.starts[field] = start;
    this.ends[field] = end;
  }

  /** The parser's constant number `index`. */
  constant(field: number, index: number): void {
    this.kinds[field] = fieldKind.constant;
    this.starts[field] = index;
  }

  /** The JSON value `json`, such as `"auth"` or `{"a":"b"}`. */
  json(field: number, json: string): void {
    this.kinds[field] = fieldKind.json;
    this.starts[field] = this.scratch.length;
    this.scratch.appendText(json);
    this.ends[field] = this.scratch.length;
  }
}

/** What is the same for all lines of a layout. */
export interface LineLayout {
  /** The layout's own names of the fields. */
  readonly fieldNames: readonly string[];
  /** Names of fields that follow where a line has them, and are left out where it has not. */
  readonly optionalFieldNames: readonly string[];
  /** Whether a value `-` means that there is none. */
  readonly dashIsAbsent: boolean;
  /** JSON values that fields can have without their text being in the line. */
  readonly constants?: readonly string[];
  /** For parsers that cannot tell it while they parse: after how many bytes `line` stops being of the layout. Slow. */
  stoppedAt?(line: string): number;
}

/** Finds the fields of lines of one layout by their bytes. */
export interface LineParser extends LineLayout {
  /**
   * Fills `fields` (cleared before) from the line input[start, end), newline excluded. Returns -1, or the offset where
   * the line stops being of this layout.
   */
  parse(input: Buffer, start: number, end: number, fields: FieldPositions): number;
}

/** Finds the fields with a regular expression, which needs the line as text and gives texts. */
export interface TextParser extends LineLayout {
  /** The fields' texts, valid until the next call; `undefined` where the line is not of this layout. */
  parseTexts(input: Buffer, start: number, end: number): readonly (string | undefined)[] | undefined;
}
