/** Offsets of time zones from UTC: fixed ones, and those of the tz database as the runtime carries it (ECMA-402). */
const QUARTER_HOUR_MS = 900_000;
const DAY_MS = 86_400_000;
const CACHED_MAX = 10_000;

export interface TimeZone {
  /** Minutes by which local time is ahead of UTC at the moment `utcMs`. */
  offsetMinutes(utcMs: number): number;
}

/** `UTC`, `Z`, `+02:00`, `-0330` or a name such as `Europe/Berlin`; `undefined` where it is none of them. */
export function timeZone(text: string): TimeZone | undefined {
  if (text === 'UTC' || text === 'Z' || text === 'GMT') return { offsetMinutes: () => 0 };
  const fixed = offsetMinutesOf(text);
  if (fixed !== undefined) return { offsetMinutes: () => fixed };
  try {
    return namedZone(text);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Minutes of `+02:00`, `+0200` or `+02`; `undefined` where `text` is none of them. */
export function offsetMinutesOf(text: string): number | undefined {
  const match = /^([+-])(\d{2})(?::?(\d{2}))?$/.exec(text);
  if (match === null) return undefined;
  const minutes = Number(match[2]) * 60 + Number(match[3] ?? 0);
  return match[1] === '-' ? -minutes : minutes;
}

/**
 * The moment at which clocks of `zone` show `localMs` (as if it were UTC); in an hour that occurs twice, the one nearer to `wallMs`,
 * which is now: lines are read soon after they are written.
 */
export function toUtcMs(localMs: number, zone: TimeZone, wallMs: number): number {
  const moments = [-DAY_MS, DAY_MS].map((shiftMs) => localMs - zone.offsetMinutes(localMs + shiftMs) * 60_000);
  const shown = moments.filter((moment) => moment + zone.offsetMinutes(moment) * 60_000 === localMs);
  return shown.length === 0 ? localMs - zone.offsetMinutes(localMs) * 60_000 : nearest(shown, wallMs);
}

/** Of several moments the one nearest to `wallMs`, of equally near ones the first. */
export function nearest(moments: readonly number[], wallMs: number): number {
  return moments.reduce((best, moment) => (Math.abs(moment - wallMs) < Math.abs(best - wallMs) ? moment : best));
}

function namedZone(name: string): TimeZone {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
  const known = new Map<number, number>();
  return {
    offsetMinutes: (utcMs) => {
      const quarter = Math.floor(utcMs / QUARTER_HOUR_MS);
      const cached = known.get(quarter);
      if (cached !== undefined) return cached;
      const shown = format.formatToParts(utcMs).find((part) => part.type === 'timeZoneName')?.value ?? 'GMT';
      const minutes = shown === 'GMT' ? 0 : (offsetMinutesOf(shown.slice('GMT'.length)) ?? 0);
      if (known.size >= CACHED_MAX) known.clear();
      known.set(quarter, minutes);
      return minutes;
    },
  };
}
