/**
 * Syslog as it stands in files and on the wire: `<PRI>` or not, a date of RFC 3164 or RFC 3339, host, program, message;
 * and RFC 5424 with structured data.
 *
 * Sources: RFC 3164 §4 and §5.4 (examples), RFC 5424 §6 (grammar) and §6.5 (examples), RFC 3339 §5.6.
 */
import { isDigitByte } from './access-log.ts';
import { fieldKind, type FieldPositions, type LineParser } from '../fields/field-positions.ts';
import { clockTime, monthDay, monthName, positiveNumber, white } from '../java/java-scan.ts';
import { jsonText } from '../json/json-text.ts';
import { closingBracketOfData, structuredDataJson } from './structured-data.ts';
import { find, isDigit, literal, run, token } from '../fields/scan.ts';

const SPACE = 0x20;
const COLON = 0x3a;
const OPEN = 0x5b;
const DIGIT = 0x30;
const LETTER_T = 0x54;
/** `0` stands for any digit. */
const rfc3339Shape = Buffer.from('0000-00-00T00:00:00');

// RFC 5424 §6.2.1, tables 1 and 2, by the keywords of syslog.conf(5).
const facilities = 'kern user mail daemon auth syslog lpr news uucp cron authpriv ftp ntp audit alert clock local0 local1 local2 local3 local4 local5 local6 local7'.split(
  ' ',
);
const severities = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'];
const priorityMax = 191;
const priorityConstants = [...facilities, ...severities].map(jsonText);

/** Reads `<PRI>` into the fields facility and severity; returns the place after it, or -1. */
function priority(input: Uint8Array, start: number, end: number, fields: FieldPositions, facilityField: number): number {
  const from = literal(input, start, end, '<');
  const at = from < 0 ? -1 : run(input, from, Math.min(end, from + 3), isDigit);
  const after = at <= from ? -1 : literal(input, at, end, '>');
  if (after < 0) return -1;
  let value = 0;
  for (let i = from; i < at; i += 1) value = value * 10 + (input[i] as number) - 0x30;
  if (value > priorityMax) return -1;
  fields.constant(facilityField, value >> 3);
  fields.constant(facilityField + 1, facilities.length + (value & 7));
  return after;
}

export class Syslog implements LineParser {
  readonly fieldNames = ['timestamp', 'hostname', 'program', 'processid', 'message'];
  readonly optionalFieldNames = ['facility', 'severity'];
  readonly dashIsAbsent = false;
  readonly constants = priorityConstants;

  parse(input: Buffer, start: number, end: number, fields: FieldPositions): number {
    const after = priority(input, start, end, fields, 5);
    let from = after < 0 ? start : after;
    let at = isDigitByte(input[from]) ? rfc3339(input, from, end) : bsdDate(input, from, end);
    if (at < 0) return from;
    fields.text(0, from, at);
    from = literal(input, at, end, ' ');
    if (from < 0) return at;
    at = token(input, from, end);
    if (at < 0) return from;
    fields.text(1, from, at);
    this.#program(input, Math.min(at + 1, end), end, fields);
    return -1;
  }

  /** `program[pid]: text`, `program: text`, or text alone: then there is no program. */
  #program(input: Buffer, start: number, end: number, fields: FieldPositions): void {
    let at = start;
    while (at < end && input[at] !== SPACE && input[at] !== COLON && input[at] !== OPEN) at += 1;
    let after = at;
    if (at > start && input[at] === OPEN) {
      const closed = find(input, at, end, 0x5d);
      const colon = literal(input, closed, end, ']:');
      if (colon > 0 && find(input, at, closed, SPACE) < 0) {
        if (closed > at + 1) fields.text(3, at + 1, closed);
        after = closed + 1;
      }
    }
    if (at > start && after < end && input[after] === COLON && (after + 1 === end || input[after + 1] === SPACE)) {
      fields.text(2, start, at);
      fields.text(4, Math.min(after + 2, end), end);
    } else {
      fields.kinds[3] = fieldKind.absent;
      fields.text(4, start, end);
    }
  }
}

/** `Oct 11 22:14:15`, `Oct  1 2:14:15`; a year may follow the day, as Cisco writes it. */
function bsdDate(input: Uint8Array, start: number, end: number): number {
  let at = white(input, monthName(input, start, end), end);
  if (at < 0) return -1;
  at = white(input, monthDay(input, at, end), end);
  if (at < 0) return -1;
  const year = literal(input, positiveNumber(input, at, Math.min(end, at + 4)), end, ' ');
  return clockTime(input, year === at + 5 ? year : at, end);
}

/** `2003-10-11T22:14:15.003Z`: returns the place after it, or -1. A space may stand for `T`; the offset may lack `:`. */
function rfc3339(input: Uint8Array, start: number, end: number): number {
  if (start + rfc3339Shape.length > end) return -1;
  for (let i = 0; i < rfc3339Shape.length; i += 1) {
    const mark = rfc3339Shape[i] as number;
    const byte = input[start + i] as number;
    if (mark === DIGIT ? byte < 0x30 || byte > 0x39 : byte !== mark && (mark !== LETTER_T || (byte !== SPACE && byte !== 0x74))) {
      return -1;
    }
  }
  let at = start + rfc3339Shape.length;
  if (at < end && (input[at] === 0x2e || input[at] === 0x2c)) {
    const fraction = run(input, at + 1, end, isDigit);
    if (fraction === at + 1) return -1;
    at = fraction;
  }
  if (at < end && ((input[at] as number) | 0x20) === 0x7a) return at + 1;
  if (at >= end || (input[at] !== 0x2b && input[at] !== 0x2d)) return at;
  const hours = run(input, at + 1, Math.min(end, at + 3), isDigit);
  const colon = hours < end && input[hours] === COLON ? hours + 1 : hours;
  const minutes = run(input, colon, Math.min(end, colon + 2), isDigit);
  return hours === at + 3 && minutes === colon + 2 ? minutes : -1;
}

export class Rfc5424 implements LineParser {
  readonly fieldNames = 'facility severity version timestamp hostname program processid messageid structureddata message'.split(' ');
  readonly optionalFieldNames: readonly string[] = [];
  readonly dashIsAbsent = false;
  readonly constants = priorityConstants;

  parse(input: Buffer, start: number, end: number, fields: FieldPositions): number {
    let at = priority(input, start, end, fields, 0);
    if (at < 0) return start;
    let from = at;
    at = positiveNumber(input, from, end);
    if (at < 0) return from;
    fields.text(2, from, at);
    for (let field = 3; field <= 7; field += 1) {
      if (at >= end || input[at] !== SPACE) return at;
      from = at + 1;
      at = field === 3 ? timestampOrNil(input, from, end) : token(input, from, end);
      if (at < 0) return Math.min(from, end);
      if (at - from > 1 || input[from] !== 0x2d) fields.text(field, from, at);
    }
    if (at >= end || input[at] !== SPACE) return at;
    from = at + 1;
    if (input[from] === 0x2d && from < end) at = from + 1;
    else {
      at = closingBracketOfData(input, from, end);
      if (at < 0) return Math.min(from, end);
      fields.json(8, structuredDataJson(input, from, at));
    }
    if (at === end) return -1;
    if (input[at] !== SPACE) return at;
    from = at + 1;
    // A byte order mark says that the message is UTF-8 (§6.4); it is no part of it.
    if (input[from] === 0xef && input[from + 1] === 0xbb && input[from + 2] === 0xbf && from + 3 <= end) from += 3;
    fields.text(9, from, end);
    return -1;
  }
}

function timestampOrNil(input: Uint8Array, start: number, end: number): number {
  const nil = literal(input, start, end, '-');
  return nil >= 0 ? nil : rfc3339(input, start, end);
}
