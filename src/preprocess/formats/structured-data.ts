/**
 * Structured data of RFC 5424 §6.3: `[id name="value" …][id …]`, where `"`, `\` and `]` in values stand behind a
 * backslash.
 */
import { decodeText, jsonText } from '../json/json-text.ts';

const OPEN = 0x5b;
const CLOSE = 0x5d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const EQUALS = 0x3d;

/** The place after the last element of the data that begins at `start`; -1 where it is not of the grammar. */
export function closingBracketOfData(input: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && input[at] === OPEN) {
    at = name(input, at + 1, end);
    while (at >= 0 && at < end && input[at] === SPACE) {
      at = name(input, at + 1, end);
      if (at < 0 || input[at] !== EQUALS || input[at + 1] !== QUOTE || at + 1 >= end) return -1;
      at = valueEnd(input, at + 2, end);
    }
    if (at < 0 || at >= end || input[at] !== CLOSE) return -1;
    at += 1;
  }
  return at === start ? -1 : at;
}

/** One or more bytes other than `=`, space, `]`, `"` (§6.3.3). */
function name(input: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end) {
    const byte = input[at] as number;
    if (byte === EQUALS || byte <= SPACE || byte === CLOSE || byte === QUOTE) break;
    at += 1;
  }
  return at === start ? -1 : at;
}

/** The place after the quote that ends a value. */
function valueEnd(input: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end; at += 1) {
    if (input[at] === QUOTE) return at + 1;
    if (input[at] === BACKSLASH) at += 1;
  }
  return -1;
}

/** input[start, end), which is of the grammar, as `{"id":{"name":"value"}}`; of a repeated name the values are a list. */
export function structuredDataJson(input: Buffer, start: number, end: number): string {
  const elements = new Map<string, Map<string, string[]>>();
  let at = start;
  while (at < end) {
    const idEnd = name(input, at + 1, end);
    const id = decodeText(input, at + 1, idEnd);
    const parameters = elements.get(id) ?? new Map<string, string[]>();
    elements.set(id, parameters);
    at = idEnd;
    while (input[at] === SPACE) {
      const nameEnd = name(input, at + 1, end);
      const key = decodeText(input, at + 1, nameEnd);
      at = valueEnd(input, nameEnd + 2, end);
      const value = decodeText(input, nameEnd + 2, at - 1).replaceAll(/\\(["\\\]])/g, '$1');
      parameters.set(key, [...(parameters.get(key) ?? []), value]);
    }
    at += 1;
  }
  return members(elements, (parameters) =>
    members(parameters, (values) => (values.length === 1 ? jsonText(values[0] ?? '') : `[${values.map(jsonText).join(',')}]`)),
  );
}

function members<Value>(map: ReadonlyMap<string, Value>, write: (value: Value) => string): string {
  return `{${Array.from(map, ([key, value]) => `${jsonText(key)}:${write(value)}`).join(',')}}`;
}
