/**
 * Where the fields of a JSON object stand that a list of paths names, every time that they stand there.
 *
 * Wider than `FieldPath`, which finds the value that a reader of the record would take: of a name that stands twice this gives both,
 * of a list on the way each object, and a name may hold the dots of its path itself.
 */
import { skipSpace, skipValue } from '../core/json-scan.ts';
import { JsonMembers } from './json-members.ts';

const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** The value input[start, end) of a member called `name`. */
export interface JsonPlace {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** Those of the checked JSON value input[start, end), in order, none within another. */
export function jsonPlaces(input: Buffer, range: { readonly start: number; readonly end: number }, paths: readonly string[]): readonly JsonPlace[] {
  const start = skipSpace(input, range.start, range.end);
  if (input[start] === OPEN_BRACE) return placesInObject(input, { start, end: range.end }, paths);
  return input[start] === OPEN_BRACKET ? placesInList(input, { start, end: range.end }, paths) : [];
}

function placesInObject(input: Buffer, { start, end }: { start: number; end: number }, paths: readonly string[]): readonly JsonPlace[] {
  const members = new JsonMembers();
  members.read(input, start, end);
  return Array.from({ length: members.count }, (_, index) => index).flatMap((index) => {
    const name = members.key(input, index);
    const place = { name, start: members.valueStarts[index] as number, end: members.valueEnds[index] as number };
    if (paths.includes(name)) return [place];
    const prefix = `${name}.`;
    const rest = paths.filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length));
    return rest.length === 0 ? [] : jsonPlaces(input, place, rest);
  });
}

function placesInList(input: Buffer, { start, end }: { start: number; end: number }, paths: readonly string[]): readonly JsonPlace[] {
  const places: JsonPlace[] = [];
  for (let at = skipSpace(input, start + 1, end); at < end && input[at] !== CLOSE_BRACKET; ) {
    const after = skipValue(input, at, end);
    places.push(...jsonPlaces(input, { start: at, end: after }, paths));
    const next = skipSpace(input, after, end);
    at = input[next] === CLOSE_BRACKET ? next : skipSpace(input, next + 1, end);
  }
  return places;
}
