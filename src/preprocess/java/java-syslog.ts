/**
 * Syslog files exactly as the Java agent reads them: `Mar 12 12:00:08 host program[pid]: message`, or with an RFC 3339
 * date in front; an optional `<digits, any character, digits>` before the host.
 */
import type { FieldPositions, LineParser } from '../fields/field-positions.ts';
import { anything, clockTime, lineEndLength, monthDay, monthName, positiveNumber, userName, white } from './java-scan.ts';
import { characterLength } from '../json/json-text.ts';
import { isDigit, isProgramByte, literal, run, run1 } from '../fields/scan.ts';

export class JavaSyslog implements LineParser {
  readonly fieldNames = ['timestamp', 'hostname', 'program', 'processid', 'message'];
  readonly optionalFieldNames: readonly string[] = [];
  readonly dashIsAbsent = false;
  readonly #date: (input: Uint8Array, start: number, end: number) => number;

  constructor(date: 'bsd' | 'rfc3339') {
    this.#date = date === 'bsd' ? bsdDate : rfc3339Date;
  }

  parse(input: Buffer, start: number, end: number, fields: FieldPositions): number {
    let at = this.#date(input, start, end);
    if (at < 0) return start;
    fields.text(0, start, at);
    let from = literal(input, at, end, ' ');
    if (from < 0) return at;
    const facility = facilityMark(input, from, end);
    if (facility >= 0) from = facility;
    at = userName(input, from, end);
    if (at < 0) return from;
    fields.text(1, from, at);
    from = literal(input, at, end, ' ');
    if (from < 0) return at;
    at = run1(input, from, end, isProgramByte);
    if (at < 0) return from;
    fields.text(2, from, at);
    const process = literal(input, at, end, '[');
    if (process >= 0) {
      at = positiveNumber(input, process, end);
      const closed = literal(input, at, end, ']');
      if (closed < 0) return process;
      fields.text(3, process, at);
      at = closed;
    }
    from = literal(input, at, end, ': ');
    if (from < 0) return at;
    if (anything(input, from, end) < 0) return from;
    fields.text(4, from, end);
    return -1;
  }
}

/** `Mar  2 12:00:08` */
function bsdDate(input: Uint8Array, start: number, end: number): number {
  let at = white(input, monthName(input, start, end), end);
  if (at < 0) return -1;
  at = white(input, monthDay(input, at, end), end);
  return clockTime(input, at, end);
}

/** `2024-03-12T12:00:08.123+01:00`; the Java agent looks at the number of digits only. */
function rfc3339Date(input: Uint8Array, start: number, end: number): number {
  let at = start;
  for (const mark of ['0000', '-', '00', '-', '00', 'T', '00', ':', '00', ':', '00']) {
    at = mark.startsWith('0') ? digits(input, at, end, mark.length) : literal(input, at, end, mark);
    if (at < 0) return -1;
  }
  const fraction = literal(input, at, end, '.');
  if (fraction >= 0) at = run1(input, fraction, end, isDigit);
  if (at < 0) return -1;
  const utc = literal(input, at, end, 'Z');
  if (utc >= 0) return utc;
  const sign = Math.max(literal(input, at, end, '+'), literal(input, at, end, '-'));
  const hours = sign < 0 ? -1 : digits(input, sign, end, 2);
  const minutes = literal(input, hours, end, ':');
  return minutes < 0 ? -1 : digits(input, minutes, end, 2);
}

function digits(input: Uint8Array, start: number, end: number, count: number): number {
  return run(input, start, Math.min(end, start + count), isDigit) === start + count ? start + count : -1;
}

/** `<5.3> `: digits, one character (a digit too), digits. */
function facilityMark(input: Uint8Array, start: number, end: number): number {
  const first = literal(input, start, end, '<');
  if (first < 0) return -1;
  const middle = run1(input, first, end, isDigit);
  if (middle < 0 || middle >= end) return -1;
  const byte = input[middle] as number;
  const length = byte < 0x80 ? 1 : Math.abs(characterLength(input, middle, end));
  if (lineEndLength(input, middle, end) === 0) {
    const last = run1(input, middle + length, end, isDigit);
    const closed = last < 0 ? -1 : literal(input, last, end, '> ');
    if (closed >= 0) return closed;
  }
  return middle - first >= 3 ? literal(input, middle, end, '> ') : -1;
}
