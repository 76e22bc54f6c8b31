/**
 * REDACT: hides text that must not leave the machine. In a JSON object it looks at each value on its own, so the record
 * stays JSON; elsewhere at the whole line. A record that some step could not read is redacted as a whole before it is
 * kept or wrapped.
 */
import { jsonString, skipString, skipValue } from '../core/json-scan.ts';
import type { CompiledPattern } from '../core/pattern/pattern.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { RedactKind } from './config-records.ts';
import { FieldPath, JsonMembers } from './json-members.ts';
import { decodeText, jsonText } from './json-text.ts';
import { type Redaction, redactions } from './redact-kinds.ts';
import { type RecordBytes, type RecordContext, type Stage, textEnd, type Verdict, verdict } from './stage.ts';

const QUOTE = 0x22;
const OPEN_BRACE = 0x7b;
const REPLACEMENT_DEFAULT = '[REDACTED]';
const SECRET = /secret/iu;

export interface RedactOptions {
  readonly kinds: readonly RedactKind[];
  readonly pattern: CompiledPattern | undefined;
  readonly replacement: string | undefined;
  readonly fields: readonly string[] | undefined;
}

export class Redact implements Stage {
  readonly name = 'REDACT';
  readonly usesPatterns: boolean;
  readonly patternText: string | undefined;
  readonly #rules: readonly ((text: string) => string)[];
  readonly #fields: readonly FieldPath[] | undefined;
  readonly #members = new JsonMembers();

  constructor(options: RedactOptions) {
    this.patternText = options.pattern?.text;
    this.usesPatterns = options.pattern !== undefined;
    const replacement = options.replacement ?? REPLACEMENT_DEFAULT;
    const rules = options.kinds.flatMap((kind) => redactions[kind]).map((redaction) => readyRule(redaction, replacement));
    if (options.pattern !== undefined) rules.push(userRule(options.pattern, replacement));
    this.#rules = rules;
    this.#fields = options.fields?.map((field) => new FieldPath(field));
  }

  redactText(text: string): string {
    let redacted = text;
    for (const rule of this.#rules) redacted = rule(redacted);
    return redacted;
  }

  convert(record: RecordBytes, _context: RecordContext, out: ByteWriter): Verdict {
    const isObject = this.#members.read(record.buffer, record.start, record.end);
    if (this.#fields !== undefined) return isObject ? this.#convertFields(record, this.#fields, out) : verdict.unchanged;
    const text = decodeText(record.buffer, record.start, record.end);
    if (isObject) {
      if (this.#holdsNothing(text)) return verdict.unchanged;
      this.#appendRedacted(out, record.buffer, record.start, record.end);
      return verdict.written;
    }
    const end = textEnd(record);
    const line = end === record.end ? text : text.slice(0, -1);
    const redacted = this.redactText(line);
    if (redacted === line) return verdict.unchanged;
    out.appendText(redacted);
    out.append(record.buffer, end, record.end);
    return verdict.written;
  }

  /**
   * Whether no value of the JSON object `text` can have a match, told in one pass over all of it. The ready-made patterns see the
   * quotes and commas around a value as they see its ends. A user's pattern may not (`^`, `$`), an escape hides characters, and a
   * value under the name of a secret is looked at together with that name.
   */
  #holdsNothing(text: string): boolean {
    return !this.usesPatterns && !text.includes('\\') && !SECRET.test(text) && this.redactText(text) === text;
  }

  #convertFields(record: RecordBytes, fields: readonly FieldPath[], out: ByteWriter): Verdict {
    const found = fields
      .filter((field) => field.find(record))
      .map(({ start, end }) => ({ start, end }))
      .toSorted((a, b) => a.start - b.start);
    let from = record.start;
    for (const { start, end } of found) {
      if (start < from) continue;
      out.append(record.buffer, from, start);
      this.#appendRedacted(out, record.buffer, start, end);
      from = end;
    }
    if (from === record.start) return verdict.unchanged;
    out.append(record.buffer, from, record.end);
    return verdict.written;
  }

  /** Appends the checked JSON text input[start, end) with its values redacted. */
  #appendRedacted(out: ByteWriter, input: Buffer, start: number, end: number): void {
    let key = '';
    let at = start;
    while (at < end) {
      const byte = input[at] as number;
      const isString = byte === QUOTE;
      const isNumber = byte === 0x2d || (byte >= 0x30 && byte <= 0x39);
      if (!isString && !isNumber) {
        out.appendByte(byte);
        if (byte === OPEN_BRACE || byte === 0x2c) key = '';
        at += 1;
        continue;
      }
      const after = isString ? skipString(input, at, end) : skipValue(input, at, end);
      const text = isString ? jsonString(input, at, after) : input.toString('latin1', at, after);
      let next = after;
      while (next < end && (input[next] as number) <= 0x20) next += 1;
      const isKey = isString && input[next] === 0x3a;
      if (isKey) key = text;
      const redacted = isKey ? text : this.#redactValue(key, text);
      if (redacted === text) out.append(input, at, after);
      else out.appendText(jsonText(redacted));
      at = after;
    }
  }

  /** A value alone, and after its key as a settings file would write it: `secret_key=…`. */
  #redactValue(key: string, text: string): string {
    const alone = this.redactText(text);
    const prefix = `${key}=`;
    if (alone !== text || !SECRET.test(key)) return alone;
    const together = this.redactText(prefix + text);
    return together.startsWith(prefix) ? together.slice(prefix.length) : together;
  }
}

function readyRule(redaction: Redaction, replacement: string): (text: string) => string {
  if ('redact' in redaction) return (input) => redaction.redact(input, replacement);
  const { pattern, confirms, needs, template } = redaction;
  const plain = replacement.replaceAll('$', '$$$$');
  const text = template === undefined ? plain : template.replace('…', () => plain);
  return (input) => {
    if (needs !== undefined && !input.includes(needs)) return input;
    if (confirms === undefined) return input.replace(pattern, text);
    return input.replace(pattern, (match) => (confirms(match) ? replacement : match));
  };
}

/** `$1` to `$9` stand for the user's groups, `$$` for a dollar sign. */
function userRule(pattern: CompiledPattern, replacement: string): (text: string) => string {
  const template = replacement.replaceAll(/\$(?:\$|([1-9]))?/g, (_all, group: string | undefined) => {
    if (group === undefined) return '$$';
    const number = pattern.groups[Number(group)];
    return number === undefined ? '' : `$${String(number).padStart(2, '0')}`;
  });
  return (input) => input.replace(pattern.regexp, template);
}
