/**
 * REDACT: hides text that must not leave the machine. In a JSON object or list it looks at each value on its own, so the
 * record stays JSON; elsewhere at the whole line. A record that some step could not read is redacted as a whole before it
 * is kept or wrapped, if it is JSON its values too, whatever fields are named.
 */
import { jsonString, skipSpace, skipString, skipValue } from '../../core/json-scan.ts';
import type { CompiledPattern } from '../../core/pattern/pattern.ts';
import { ByteWriter } from '../stage/byte-writer.ts';
import type { RedactKind } from '../config/records.ts';
import { jsonPlaces } from '../json/json-places.ts';
import { decodeText, jsonText } from '../json/json-text.ts';
import { type Redaction, redactions } from './redact-kinds.ts';
import { type RecordBytes, type RecordContext, type Stage, textEnd, type Verdict, verdict } from '../stage/stage.ts';

const QUOTE = 0x22;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const REPLACEMENT_DEFAULT = '[REDACTED]';
/** Bytes that stand between the values of JSON. */
const betweenValues = new Uint8Array(256);
for (const byte of Buffer.from(' \t\r\n,:{}[]')) betweenValues[byte] = 1;

export interface RedactOptions {
  readonly kinds: readonly RedactKind[];
  readonly pattern: CompiledPattern | undefined;
  readonly replacement: string | undefined;
  readonly fields: readonly string[] | undefined;
}

/** A ready-made pattern that also tells by the name of a field. */
interface NamedRule {
  readonly names: RegExp;
  readonly prefix: string;
  readonly rule: (text: string) => string;
}

export class Redact implements Stage {
  readonly name = 'REDACT';
  readonly usesPatterns: boolean;
  readonly patternText: string | undefined;
  readonly #rules: readonly ((text: string) => string)[];
  readonly #namedRules: readonly NamedRule[];
  readonly #fields: readonly string[] | undefined;

  constructor(options: RedactOptions) {
    this.patternText = options.pattern?.text;
    this.usesPatterns = options.pattern !== undefined;
    const replacement = options.replacement ?? REPLACEMENT_DEFAULT;
    const ready = options.kinds.flatMap((kind) => redactions[kind]);
    const rules = ready.map((redaction) => readyRule(redaction, replacement));
    if (options.pattern !== undefined) rules.push(userRule(options.pattern, replacement));
    this.#rules = rules;
    this.#namedRules = ready.flatMap((redaction) =>
      'named' in redaction && redaction.named !== undefined ? [{ ...redaction.named, rule: readyRule(redaction, replacement) }] : [],
    );
    this.#fields = options.fields;
  }

  redactText(text: string): string {
    const bytes = Buffer.from(text);
    const record = { buffer: bytes, start: 0, end: bytes.length };
    if (!isJson(record)) return this.#redactPart(text);
    const out = new ByteWriter();
    this.#appendRedacted(out, record, '');
    return this.#redactPart(out.bytes.toString('utf8', 0, out.length));
  }

  convert(record: RecordBytes, _context: RecordContext, out: ByteWriter): Verdict {
    const holdsValues = isJson(record);
    if (this.#fields !== undefined) return holdsValues ? this.#convertFields(record, this.#fields, out) : verdict.unchanged;
    const text = decodeText(record.buffer, record.start, record.end);
    if (holdsValues) {
      if (this.#holdsNothing(text)) return verdict.unchanged;
      this.#appendRedacted(out, record, '');
      return verdict.written;
    }
    const end = textEnd(record);
    const line = end === record.end ? text : text.slice(0, -1);
    const redacted = this.#redactPart(line);
    if (redacted === line) return verdict.unchanged;
    out.appendText(redacted);
    out.append(record.buffer, end, record.end);
    return verdict.written;
  }

  #redactPart(text: string): string {
    let redacted = text;
    for (const rule of this.#rules) redacted = rule(redacted);
    return redacted;
  }

  /**
   * Whether no value of the JSON `text` can have a match, told in one pass over all of it. The ready-made patterns see the
   * quotes and commas around a value as they see its ends. A user's pattern may not (`^`, `$`), an escape hides characters, and a
   * value under the name of a secret is looked at together with that name.
   */
  #holdsNothing(text: string): boolean {
    const hides = this.usesPatterns || text.includes('\\') || this.#namedRules.some(({ names }) => names.test(text));
    return !hides && this.#redactPart(text) === text;
  }

  #convertFields(record: RecordBytes, fields: readonly string[], out: ByteWriter): Verdict {
    const { buffer } = record;
    let from = record.start;
    for (const { path, start, end } of jsonPlaces(buffer, record, fields)) {
      out.append(buffer, from, start);
      this.#appendRedacted(out, { buffer, start, end }, path);
      from = end;
    }
    if (from === record.start) return verdict.unchanged;
    out.append(buffer, from, record.end);
    return verdict.written;
  }

  /** Appends checked JSON with its values redacted; `name` is that of the member that it is the value of, or its path. */
  #appendRedacted(out: ByteWriter, { buffer, start, end }: RecordBytes, name: string): void {
    /** The rules that the names above the value at hand call for; in `outer`, those of each object and list around it. */
    let named = this.#rulesFor(name, []);
    const outer: (readonly NamedRule[])[] = [];
    let at = start;
    while (at < end) {
      const byte = buffer[at] as number;
      if (betweenValues[byte] === 1) {
        out.appendByte(byte);
        if (byte === OPEN_BRACE || byte === OPEN_BRACKET) outer.push(named);
        else if (byte === OPEN_BRACE + 2 || byte === OPEN_BRACKET + 2) named = outer.pop() ?? [];
        at += 1;
        continue;
      }
      const isString = byte === QUOTE;
      const after = isString ? skipString(buffer, at, end) : skipValue(buffer, at, end);
      const text = isString ? jsonString(buffer, at, after) : buffer.toString('latin1', at, after);
      const isKey = isString && buffer[skipSpace(buffer, after, end)] === COLON;
      if (isKey) named = this.#rulesFor(text, outer.at(-1) ?? []);
      const redacted = isKey ? text : this.#redactValue(named, text);
      if (redacted === text) out.append(buffer, at, after);
      else out.appendText(jsonText(redacted));
      at = after;
    }
  }

  /** The rules for what stands under `name`, in something that `above` are for. */
  #rulesFor(name: string, above: readonly NamedRule[]): readonly NamedRule[] {
    return this.#namedRules.filter((rule) => above.includes(rule) || rule.names.test(name));
  }

  #redactValue(named: readonly NamedRule[], text: string): string {
    let redacted = this.#redactPart(text);
    for (const { prefix, rule } of named) redacted = rule(prefix + redacted).slice(prefix.length);
    return redacted;
  }
}

/** Whether the record is one JSON object or list, and nothing else. */
function isJson({ buffer, start, end }: RecordBytes): boolean {
  const from = skipSpace(buffer, start, end);
  if (buffer[from] !== OPEN_BRACE && buffer[from] !== OPEN_BRACKET) return false;
  const after = skipValue(buffer, from, end);
  return after >= 0 && skipSpace(buffer, after, end) === end;
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
