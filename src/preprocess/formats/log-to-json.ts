/** Steps that turn a line into one flat JSON object: a parser finds the fields, a template writes them. */
import type { ByteWriter } from '../stage/byte-writer.ts';
import type { JsonFormat, ValueTypes } from '../config/shared.ts';
import { FieldPositions, type LineParser, type TextParser } from '../fields/field-positions.ts';
import { FieldTemplate } from '../fields/field-template.ts';
import { lineEnd, type RecordBytes, type RecordContext, type Stage, textEnd, type Verdict, verdict } from '../stage/stage.ts';

export interface LogToJsonOptions {
  /** The option's name, and `failure`: what a message says of a line that does not parse. */
  readonly name?: string;
  readonly failure?: string | undefined;
  readonly parser: LineParser | TextParser;
  /** Instead of the parser's own names. */
  readonly fieldNames: readonly string[] | undefined;
  readonly jsonFormat: JsonFormat;
  readonly types: ValueTypes;
  /** The user's pattern, where there is one. */
  readonly patternText?: string | undefined;
  /** Whether a CR before the newline belongs to the line, as for the Java agent. */
  readonly keepsCarriageReturn: boolean;
}

export class LogToJson implements Stage {
  readonly name: string;
  readonly usesPatterns: boolean;
  readonly patternText: string | undefined;
  readonly #parser: LineParser | TextParser;
  readonly #fields: FieldPositions;
  readonly #template: FieldTemplate;
  readonly #keepsCarriageReturn: boolean;
  readonly #failure: string;

  constructor(options: LogToJsonOptions) {
    const { parser } = options;
    this.name = options.name ?? 'LOGTOJSON';
    this.#failure = options.failure ?? 'the line is not of the log format';
    this.#parser = parser;
    this.patternText = options.patternText;
    this.usesPatterns = options.patternText !== undefined;
    this.#keepsCarriageReturn = options.keepsCarriageReturn;
    this.#fields = new FieldPositions(parser.fieldNames.length + parser.optionalFieldNames.length);
    this.#template = new FieldTemplate({
      fieldNames: [...(options.fieldNames ?? parser.fieldNames), ...parser.optionalFieldNames],
      optionalCount: parser.optionalFieldNames.length,
      jsonFormat: options.jsonFormat,
      dashIsAbsent: parser.dashIsAbsent,
      types: options.types,
      constants: parser.constants ?? [],
    });
  }

  convert(record: RecordBytes, context: RecordContext, out: ByteWriter): Verdict {
    const { buffer, start } = record;
    const end = this.#keepsCarriageReturn ? textEnd(record) : lineEnd(record);
    const parser = this.#parser;
    let stoppedAt: number;
    if ('parseTexts' in parser) {
      const texts = parser.parseTexts(buffer, start, end);
      stoppedAt = texts === undefined ? start : -1;
      if (texts !== undefined) this.#template.writeRow(out, texts);
    } else {
      const fields = this.#fields;
      fields.clear();
      stoppedAt = parser.parse(buffer, start, end, fields);
      if (stoppedAt < 0) this.#template.write(out, buffer, fields, end - start);
    }
    if (stoppedAt < 0) return verdict.written;
    context.failure = this.#failure;
    context.failedAtBytes = parser.stoppedAt === undefined ? stoppedAt - start : -1;
    return verdict.unparsable;
  }

  stoppedAt(line: string): number {
    return this.#parser.stoppedAt?.(line) ?? -1;
  }
}
