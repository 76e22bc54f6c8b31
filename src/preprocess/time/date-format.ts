/**
 * Reads dates as logs write them. A format is a name (`iso8601`, `apache`, `syslog`, `unix`, `unixMillis`) or a pattern
 * in the letters of Java's DateTimeFormatter (Java SE 17): y M d H h m s S a E Z X, text in single quotes.
 */
import { civilTime, monthLength, utcMs } from './calendar.ts';
import { nearest, offsetMinutesOf, type TimeZone, toUtcMs } from './time-zone.ts';

/** A moment, with the digits of its second's fraction as they were written. */
export interface ParsedDate {
  /** Whole milliseconds. */
  readonly wallMs: number;
  /** At least three digits. */
  readonly fraction: string;
}

export interface DateFormat {
  /**
   * `undefined`: `text` is no date of this format. `wallMs` is now. A date without a year, or a day without a month, is taken as the
   * latest such date, a time without a date as the nearest such time.
   */
  parse(text: string, zone: TimeZone, wallMs: number): ParsedDate | undefined;
}

type Part = 'year' | 'shortYear' | 'month' | 'monthName' | 'day' | 'hour' | 'hour12' | 'minute' | 'second' | 'fraction' | 'half' | 'zone';

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAY_MS = 86_400_000;
const MONTHS = 12;
const DATE_PARTS: readonly Part[] = ['month', 'monthName', 'day'];
/** Leap days are at most so far apart (1896, 1904). */
const LEAP_YEARS_MAX = 8;

const named: Readonly<Record<string, string>> = {
  apache: 'dd/MMM/yyyy:HH:mm:ss Z',
  syslog: 'MMM d HH:mm:ss',
};

/** The format that `text` names or spells. Throws a `RangeError` that says what it does not know. */
export function dateFormat(text: string): DateFormat {
  if (text === 'unix' || text === 'unixMillis') return epochFormat(text === 'unix' ? 1000 : 1);
  if (text === 'iso8601') {
    const source = '(\\d{4})-(\\d{2})-(\\d{2})[T ](\\d{2}):(\\d{2})(?::(\\d{2})(?:[.,](\\d{1,9}))?)?[ ]?(Z|[+-]\\d{2}(?::?\\d{2})?)?';
    return partsFormat(source, ['year', 'month', 'day', 'hour', 'minute', 'second', 'fraction', 'zone']);
  }
  return patternFormat(named[text] ?? text);
}

function epochFormat(unitMs: number): DateFormat {
  return {
    parse: (text) => {
      const match = /^(-?\d{1,16})(?:\.(\d{1,9}))?$/.exec(text);
      if (match === null) return undefined;
      const decimals = match[2] ?? '';
      if (unitMs === 1) return fromEpoch(Number(match[1]), decimals);
      const sub = decimals.padEnd(3, '0');
      const sign = text.startsWith('-') ? -1 : 1;
      return fromEpoch(Number(match[1]) * 1000 + sign * Number(sub.slice(0, 3)), sign < 0 ? '' : sub.slice(3));
    },
  };
}

function fromEpoch(wallMs: number, beyondMillis: string): ParsedDate | undefined {
  if (!Number.isSafeInteger(wallMs) || Math.abs(wallMs) > 253_402_300_799_999) return undefined;
  const millis = ((wallMs % 1000) + 1000) % 1000;
  return { wallMs, fraction: String(millis).padStart(3, '0') + beyondMillis };
}

const letterParts: Readonly<Record<string, (count: number) => readonly [source: string, part: Part | undefined]>> = {
  y: (count) => (count === 2 ? ['(\\d{2})', 'shortYear'] : ['(\\d{4})', 'year']),
  u: () => ['(\\d{4})', 'year'],
  M: (count) => (count >= 3 ? ['([A-Za-z]{3,9})', 'monthName'] : [digits(count), 'month']),
  d: (count) => [`\\s?${digits(count)}`, 'day'],
  H: (count) => [digits(count), 'hour'],
  h: (count) => [digits(count), 'hour12'],
  m: (count) => [digits(count), 'minute'],
  s: (count) => [digits(count), 'second'],
  S: () => ['(\\d{1,9})', 'fraction'],
  a: () => ['([AaPp]\\.?[Mm]\\.?)', 'half'],
  E: () => ['[A-Za-z]{3,9}', undefined],
  Z: () => ['(Z|[+-]\\d{2}:?\\d{2})', 'zone'],
  X: () => ['(Z|[+-]\\d{2}(?::?\\d{2})?)', 'zone'],
  x: () => ['([+-]\\d{2}(?::?\\d{2})?)', 'zone'],
  z: () => ['(UTC|GMT|Z|[+-]\\d{2}:?\\d{2})', 'zone'],
};

function digits(count: number): string {
  return count === 1 ? '(\\d{1,2})' : '(\\d{2})';
}

function patternFormat(pattern: string): DateFormat {
  const parts: Part[] = [];
  let source = '';
  for (const token of pattern.match(/'(?:[^']|'')*'|([A-Za-z])\1*|\s+|[^A-Za-z\s]/g) ?? []) {
    const letter = token[0] ?? '';
    if (letter === "'") source += literal(token === "''" ? "'" : token.slice(1, -1).replaceAll("''", "'"));
    else if (/\s/.test(letter)) source += '\\s+';
    else if (/[A-Za-z]/.test(letter)) {
      const known = letterParts[letter];
      if (known === undefined) throw new RangeError(`the letter ${letter} means nothing in a date format: put text in single quotes`);
      const [expression, part] = known(token.length);
      source += expression;
      if (part !== undefined) parts.push(part);
    } else source += literal(token);
  }
  if (!parts.some((part) => part === 'day' || part === 'hour' || part === 'hour12')) throw new RangeError('a date format has a day (d) or a time (H or h)');
  return partsFormat(source, parts);
}

function literal(text: string): string {
  return text.replaceAll(/[$()*+./?[\\\]^{|}]/g, '\\$&');
}

function partsFormat(source: string, parts: readonly Part[]): DateFormat {
  const expression = new RegExp(`^\\s*${source}\\s*$`);
  return {
    parse: (text, zone, wallMs) => {
      const match = expression.exec(text);
      if (match === null) return undefined;
      const values = new Map<Part, string>();
      for (let i = 0; i < parts.length; i += 1) {
        const value = match[i + 1];
        if (value !== undefined) values.set(parts[i] as Part, value);
      }
      return assemble(values, zone, wallMs);
    },
  };
}

function assemble(values: ReadonlyMap<Part, string>, zone: TimeZone, wallMs: number): ParsedDate | undefined {
  const offset = offsetOf(values.get('zone'));
  // Today where the clock that wrote the text stands, which can be another date than in UTC.
  const today = civilTime(wallMs + (offset ?? zone.offsetMinutes(wallMs)) * 60_000);
  const number = (part: Part, fallback: number) => Number(values.get(part) ?? fallback);
  const monthText = values.get('monthName')?.slice(0, 3).toLowerCase();
  const month = monthText === undefined ? number('month', today.month) : months.indexOf(monthText) + 1;
  const short = values.get('shortYear');
  const hasYear = short !== undefined || values.has('year');
  const year = short === undefined ? number('year', today.year) : 2000 + Number(short);
  const fraction = (values.get('fraction') ?? '').padEnd(3, '0');
  const hour = values.has('hour12') ? hourOfHalf(number('hour12', 0), values.get('half')) : number('hour', 0);
  const time = {
    year,
    month,
    day: number('day', today.day),
    hour,
    minute: number('minute', 0),
    second: number('second', 0),
    millisecond: Number(fraction.slice(0, 3)),
  };
  const inRange = month >= 1 && month <= 12 && time.day >= 1 && hour <= 24 && time.minute <= 59 && time.second <= 60;
  // 24:00 is the end of the day (ISO 8601), and nothing comes after it there.
  if (!inRange || (hour === 24 && time.minute + time.second + Number(fraction) > 0)) return undefined;
  const toUtc = (localMs: number) => (offset === undefined ? toUtcMs(localMs, zone, wallMs) : localMs - offset * 60_000);
  if (!hasYear && DATE_PARTS.every((part) => !values.has(part))) return { wallMs: nearestDay(utcMs(time), wallMs, toUtc), fraction };
  // A date without a year, or a day without a month, is the latest that is not in the future; zones and clocks may be a day apart.
  const latestMs = hasYear ? Infinity : wallMs + DAY_MS;
  const stepMonths = monthText === undefined && !values.has('month') ? 1 : MONTHS;
  const monthsGiven = year * MONTHS + month - 1;
  const monthsMin = hasYear ? monthsGiven : monthsGiven - LEAP_YEARS_MAX * stepMonths;
  for (let candidate = hasYear ? monthsGiven : monthsGiven + stepMonths; candidate >= monthsMin; candidate -= stepMonths) {
    const at = { ...time, year: Math.floor(candidate / MONTHS), month: (candidate % MONTHS) + 1 };
    if (time.day > monthLength(at.year, at.month)) continue;
    const utc = toUtc(utcMs(at));
    if (utc <= latestMs) return { wallMs: utc, fraction };
  }
  return undefined;
}

/** A time without a date is of the day that brings it nearest to now: a line from before midnight may be read after it. */
function nearestDay(localMs: number, wallMs: number, toUtc: (localMs: number) => number): number {
  return nearest([-DAY_MS, 0, DAY_MS].map((shiftMs) => toUtc(localMs + shiftMs)), wallMs);
}

function hourOfHalf(hour: number, half: string | undefined): number {
  if (hour < 1 || hour > 12) return Infinity;
  return (hour % 12) + (half?.toLowerCase().startsWith('p') === true ? 12 : 0);
}

function offsetOf(zone: string | undefined): number | undefined {
  if (zone === undefined) return undefined;
  return /^(?:Z|UTC|GMT)$/.test(zone) ? 0 : offsetMinutesOf(zone);
}
