import { assert, constantFrom, integer, property } from 'fast-check';
import { expect, test } from 'vitest';
import { timeZone, toUtcMs } from '../../../src/preprocess/time/time-zone.ts';
import { convert, nativeChain, texts } from './harness.ts';

const zones = ['America/New_York', 'America/St_Johns', 'Europe/Berlin', 'Australia/Lord_Howe', 'Pacific/Auckland', 'Pacific/Apia', 'Asia/Kolkata'];

test.each([
  // The clock goes from 2:00 to 3:00 at 7:00 UTC, and from 2:00 back to 1:00 at 6:00 UTC.
  ['2026-03-08T01:59:59', '2026-03-08T06:59:59.000Z'],
  ['2026-03-08T02:30:00', '2026-03-08T07:30:00.000Z'],
  ['2026-03-08T03:30:00', '2026-03-08T07:30:00.000Z'],
  ['2026-03-08T06:59:00', '2026-03-08T10:59:00.000Z'],
  ['2026-11-01T01:30:00', '2026-11-01T05:30:00.000Z'],
  ['2026-11-01T02:30:00', '2026-11-01T07:30:00.000Z'],
])('%s in New York is %s', (local, expected) => {
  const step = { optionName: 'TIMESTAMP', field: 't', timezone: 'America/New_York' };
  expect(texts(convert(nativeChain([step]), [`{"t":"${local}"}\n`]))).toEqual([`{"t":"${expected}"}\n`]);
});

test('the local time of any moment is that moment, read at once, also near a change of the clock', () => {
  const quarterHourMs = 900_000;
  const moments = integer({ min: Date.UTC(2015) / quarterHourMs, max: Date.UTC(2030) / quarterHourMs });
  assert(
    property(constantFrom(...zones), moments, integer({ min: -40, max: 40 }), (name, moment, aside) => {
      const here = Temporal.Instant.fromEpochMilliseconds(moment * quarterHourMs).toZonedDateTimeISO(name);
      const utcMs = (here.getTimeZoneTransition('next') ?? here).epochMilliseconds + aside * quarterHourMs;
      const local = Temporal.Instant.fromEpochMilliseconds(utcMs).toZonedDateTimeISO(name).toPlainDateTime();
      const zone = timeZone(name);
      if (zone === undefined) throw new Error(`${name} is a zone`);
      expect(toUtcMs(local.toZonedDateTime('UTC').epochMilliseconds, zone, utcMs)).toBe(utcMs);
    }),
    { numRuns: 300 },
  );
});

test.each([
  ['iso8601', '2026-02-28T24:00:00Z', '2026-03-01T00:00:00.000Z'],
  ['iso8601', '2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000Z'],
  ['iso8601', '2026-02-28T24:30:00Z', '2026-02-28T24:30:00Z'],
  ['iso8601', '2026-02-28T24:00:00.001Z', '2026-02-28T24:00:00.001Z'],
  ['iso8601', '2026-02-28T25:00:00Z', '2026-02-28T25:00:00Z'],
  ['hh:mm a', '11:30 PM', '2023-11-14T23:30:00.000Z'],
  ['dd/MM/yyyy hh:mm a', '01/02/2026 12:05 am', '2026-02-01T00:05:00.000Z'],
])('TIMESTAMP of %s takes %s for %s', (format, text, expected) => {
  expect(texts(convert(nativeChain([{ optionName: 'TIMESTAMP', field: 't', format }]), [`{"t":"${text}"}\n`]))).toEqual([`{"t":"${expected}"}\n`]);
});
