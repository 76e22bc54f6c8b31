/**
 * Where the fields of a JSON object stand that a list of paths names, every time that they stand there.
 *
 * Wider than `FieldPath`, which finds the value that a reader of the record would take: of a name that stands twice this gives both,
 * of a list on the way each object, and a name may hold the dots of its path itself.
 */
import { jsonString, skipSpace, skipString, skipValue } from '../../core/json-scan.ts';

const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** The value input[start, end) that stands under `path`, one of those asked for. */
export interface JsonPlace {
  readonly path: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Those of the JSON value input[start, end), in order, none within another. The value must be one that `skipValue` takes, which
 * bounds its depth, too. One pass.
 */
export function jsonPlaces(input: Buffer, { start, end }: { readonly start: number; readonly end: number }, paths: readonly string[]): readonly JsonPlace[] {
  const places: JsonPlace[] = [];
  collect(input, skipSpace(input, start, end), end, { paths, places }, '');
  return places;
}

interface Search {
  readonly paths: readonly string[];
  readonly places: JsonPlace[];
}

/** Adds the places within the value at `start`, which stands under `prefix` (with its dot); returns the place after the value. */
function collect(input: Buffer, start: number, end: number, search: Search, prefix: string): number {
  if (input[start] === OPEN_BRACE) return collectFromObject(input, start, end, search, prefix);
  return input[start] === OPEN_BRACKET ? collectFromList(input, start, end, search, prefix) : skipValue(input, start, end);
}

function collectFromObject(input: Buffer, start: number, end: number, search: Search, prefix: string): number {
  let at = skipSpace(input, start + 1, end);
  while (input[at] !== CLOSE_BRACE) {
    const nameEnd = skipString(input, at, end);
    const path = prefix + jsonString(input, at, nameEnd);
    const valueStart = skipSpace(input, skipSpace(input, nameEnd, end) + 1, end);
    const valueEnd = collectFromMember(input, valueStart, end, search, path);
    at = nextItem(input, valueEnd, end, CLOSE_BRACE);
  }
  return at + 1;
}

function collectFromMember(input: Buffer, start: number, end: number, search: Search, path: string): number {
  if (!search.paths.includes(path)) {
    const prefix = `${path}.`;
    const leadsOn = search.paths.some((sought) => sought.startsWith(prefix));
    return leadsOn ? collect(input, start, end, search, prefix) : skipValue(input, start, end);
  }
  const after = skipValue(input, start, end);
  search.places.push({ path, start, end: after });
  return after;
}

function collectFromList(input: Buffer, start: number, end: number, search: Search, prefix: string): number {
  let at = skipSpace(input, start + 1, end);
  while (input[at] !== CLOSE_BRACKET) at = nextItem(input, collect(input, at, end, search, prefix), end, CLOSE_BRACKET);
  return at + 1;
}

/** From the end of an item, the place of the next, or that of `close`. */
function nextItem(input: Buffer, itemEnd: number, end: number, close: number): number {
  const at = skipSpace(input, itemEnd, end);
  return input[at] === close ? at : skipSpace(input, at + 1, end);
}
