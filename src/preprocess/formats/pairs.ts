/**
 * LOGFMT and KEYVALUE: lines of `key=value` pairs become a JSON object. Of a repeated key the last value counts; a key
 * alone is true. A line without any pair does not parse.
 *
 * Source of logfmt: brandur.org/logfmt and the packages kr/logfmt and go-logfmt: values with spaces stand in double
 * quotes, within which the escapes are those of JSON and `\'`; a backslash that begins none of them stands for itself.
 */
import type { ByteWriter } from '../stage/byte-writer.ts';
import type { JsonFormat, ValueTypes } from '../config/shared.ts';
import { decodeText, jsonText } from '../json/json-text.ts';
import { lineEnd, type RecordBytes, type RecordContext, type Stage, type Verdict, verdict } from '../stage/stage.ts';
import { isPlainJsonScalarText } from '../fields/value-types.ts';

export interface PairsOptions {
  readonly name: string;
  readonly pairDelimiter: string;
  readonly keyValueDelimiter: string;
  readonly types: ValueTypes;
  readonly jsonFormat: JsonFormat;
}

const escape = /\\(?:(["'\\/bfnrt])|u([0-9A-Fa-f]{4}))/g;
const controls: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

export class Pairs implements Stage {
  readonly usesPatterns = false;
  readonly name: string;
  readonly #options: PairsOptions;

  constructor(options: PairsOptions) {
    this.name = options.name;
    this.#options = options;
  }

  convert(record: RecordBytes, context: RecordContext, out: ByteWriter): Verdict {
    const line = decodeText(record.buffer, record.start, lineEnd(record));
    const pairs = this.#pairs(line);
    if (pairs === undefined) {
      context.failure = `the line has no pair of key and value around ${JSON.stringify(this.#options.keyValueDelimiter)}`;
      context.failedAtBytes = -1;
      return verdict.unparsable;
    }
    const pretty = this.#options.jsonFormat === 'PRETTYPRINT';
    const members = Array.from(pairs, ([key, value]) => `${jsonText(key)}${pretty ? ' : ' : ':'}${value}`);
    out.appendText(pretty ? `{\n  ${members.join(',\n  ')}\n}\n` : `{${members.join(',')}}\n`);
    return verdict.written;
  }

  /** Keys and values in JSON, in the order in which keys first stand; `undefined` where no key has a value. */
  #pairs(line: string): ReadonlyMap<string, string> | undefined {
    const { pairDelimiter, keyValueDelimiter } = this.#options;
    const pairs = new Map<string, string>();
    const pairEnds = new Places(line, pairDelimiter);
    const separators = new Places(line, keyValueDelimiter);
    let hasValue = false;
    // Behind a quote that nothing closes no other one is closed: it could only be one that a backslash escapes there.
    let quotesClose = true;
    let at = 0;
    while (at < line.length) {
      const pairEnd = pairEnds.from(at);
      const separator = separators.from(at);
      if (separator >= pairEnd) {
        const key = line.slice(at, pairEnd).trim();
        if (key !== '') pairs.set(key, 'true');
        at = pairEnd + pairDelimiter.length;
        continue;
      }
      const key = line.slice(at, separator).trim();
      let from = separator + keyValueDelimiter.length;
      if (pairDelimiter !== ' ') while (line[from] === ' ') from += 1;
      const isQuote: boolean = quotesClose && line[from] === '"';
      const quoted: number | undefined = isQuote ? quotedEnd(line, from) : undefined;
      if (isQuote) quotesClose = quoted !== undefined;
      const end = pairEnds.from(quoted ?? from);
      const value = quoted === undefined ? line.slice(from, end).trim() : unquoted(line.slice(from + 1, quoted - 1));
      if (key === '') {
        // No value without a key, but none of the line is lost either.
        const text = line.slice(at, end).trim();
        if (text !== keyValueDelimiter.trim()) pairs.set(text, 'true');
      } else {
        pairs.set(key, this.#value(value));
        hasValue = true;
      }
      // What stands between the closing quote and the end of the pair begins the next.
      const surplus = quoted !== undefined && line.slice(quoted, end).trimStart() !== '';
      at = surplus && key !== '' ? quoted : end + pairDelimiter.length;
    }
    return hasValue ? pairs : undefined;
  }

  #value(text: string): string {
    if (this.#options.types === 'auto') {
      if (text === '') return 'null';
      if (isPlainJsonScalarText(text)) return text;
    }
    return jsonText(text);
  }
}

/** Where `text` stands in a line. The last place found is kept: a far one is not sought anew for each pair before it. */
class Places {
  readonly #line: string;
  readonly #text: string;
  #next = -1;

  constructor(line: string, text: string) {
    this.#line = line;
    this.#text = text;
  }

  /** The first place at or behind `start`, which never falls; the end of the line where there is none. */
  from(start: number): number {
    if (this.#next < start) {
      const index = this.#line.indexOf(this.#text, start);
      this.#next = index < 0 ? this.#line.length : index;
    }
    return this.#next;
  }
}

/** The place after the quote that closes the one at `from`; `undefined` where none does. */
function quotedEnd(line: string, from: number): number | undefined {
  for (let at = from + 1; at < line.length; at += 1) {
    if (line[at] === '"') return at + 1;
    if (line[at] === '\\') at += 1;
  }
  return undefined;
}

function unquoted(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replaceAll(escape, (_all, letter: string | undefined, hex: string | undefined) =>
    letter === undefined ? String.fromCharCode(Number.parseInt(hex ?? '', 16)) : (controls[letter] ?? letter),
  );
}
