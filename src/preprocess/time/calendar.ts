/**
 * Dates of the proleptic Gregorian calendar from and to milliseconds since 1970-01-01 UTC, without the system's clock
 * or zone. Source of the day count: ISO 8601 calendar, eras of 400 years (146,097 days).
 */
const DAY_MS = 86_400_000;

export interface CivilTime {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
}

/** Days from 1970-01-01 to the given date; months and days beyond their range count on. */
export function daysFromCivil(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** Milliseconds since 1970 of a date and time in UTC. */
export function utcMs(time: CivilTime): number {
  const seconds = time.hour * 3600 + time.minute * 60 + time.second;
  return daysFromCivil(time.year, time.month, time.day) * DAY_MS + seconds * 1000 + time.millisecond;
}

/** The date and time in UTC of `wallMs`. */
export function civilTime(wallMs: number): CivilTime {
  const whole = Math.floor(wallMs);
  const days = Math.floor(whole / DAY_MS);
  const ms = whole - days * DAY_MS;
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1,
    hour: Math.floor(ms / 3_600_000),
    minute: Math.floor(ms / 60_000) % 60,
    second: Math.floor(ms / 1000) % 60,
    millisecond: ms % 1000,
  };
}

/** How many days the month has. */
export function monthLength(year: number, month: number): number {
  return daysFromCivil(month === 12 ? year + 1 : year, month === 12 ? 1 : month + 1, 1) - daysFromCivil(year, month, 1);
}

/** `2024-03-12T12:00:08.123Z` */
export function isoUtc(wallMs: number): string {
  const time = civilTime(wallMs);
  return `${isoSeconds(time)}.${padded(time.millisecond, 3)}Z`;
}

/** `2024-03-12T12:00:08+0100`: the time at an offset from UTC, as Java's pattern letter Z writes it. */
export function isoAtOffset(wallMs: number, offsetMinutes: number): string {
  const size = Math.abs(offsetMinutes);
  const offset = padded(Math.floor(size / 60), 2) + padded(size % 60, 2);
  return `${isoSeconds(civilTime(wallMs + offsetMinutes * 60_000))}${offsetMinutes < 0 ? '-' : '+'}${offset}`;
}

function isoSeconds(time: CivilTime): string {
  const date = `${padded(time.year, 4)}-${padded(time.month, 2)}-${padded(time.day, 2)}`;
  return `${date}T${padded(time.hour, 2)}:${padded(time.minute, 2)}:${padded(time.second, 2)}`;
}

function padded(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}
