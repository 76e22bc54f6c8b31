/**
 * Apache access and error logs exactly as the Java agent reads them: what it drops is not parsed here either (IPv6
 * clients, empty or escaped quotes, a line that ends in CR).
 */
import type { FieldPositions, LineParser } from '../fields/field-positions.ts';
import {
  anything,
  clockTime,
  dayName,
  hostName,
  monthDay,
  monthName,
  numberOrDash,
  positiveNumber,
  signedNumber,
  unquoted,
  userName,
  white,
} from './java-scan.ts';
import { type InputView, inputView } from '../json/json-text.ts';
import { byteClass, isDigit, isWhite, isWord, literal, run1 } from '../fields/scan.ts';

const commonNames = ['host', 'ident', 'authuser', 'datetime', 'request', 'response', 'bytes'];

/** COMMONAPACHELOG, or with `combined` COMBINEDAPACHELOG; both take anything after their last field. */
export class JavaApacheAccess implements LineParser {
  readonly fieldNames: readonly string[];
  readonly optionalFieldNames: readonly string[] = [];
  readonly dashIsAbsent = true;
  readonly #combined: boolean;
  #view: InputView | undefined;

  constructor(combined: boolean) {
    this.#combined = combined;
    this.fieldNames = combined ? [...commonNames, 'referer', 'agent'] : commonNames;
  }

  parse(input: Buffer, start: number, end: number, fields: FieldPositions): number {
    const view = inputView(input, this.#view);
    this.#view = view;
    let from = start;
    let at = hostName(input, from, end);
    if (at < 0) return from;
    fields.text(0, from, at);
    for (let field = 1; field <= 2; field += 1) {
      from = literal(input, at, end, ' ');
      at = userName(input, from, end);
      if (at < 0) return Math.max(from, start);
      fields.text(field, from, at);
    }
    from = literal(input, at, end, ' [');
    if (from < 0) return at;
    at = httpDate(input, from, end);
    if (at < 0) return from;
    fields.text(3, from, at);
    from = literal(input, at, end, '] "');
    if (from < 0) return at;
    at = unquoted(view, from, end);
    if (at < 0) return from;
    fields.text(4, from, at);
    from = literal(input, at, end, '" ');
    if (from < 0) return at;
    at = numberOrDash(input, from, end);
    if (at < 0) return from;
    fields.text(5, from, at);
    from = literal(input, at, end, ' ');
    if (from < 0) return at;
    at = numberOrDash(input, from, end);
    if (at < 0) return from;
    fields.text(6, from, at);
    if (this.#combined) {
      for (let field = 7; field <= 8; field += 1) {
        from = literal(input, at, end, field === 7 ? ' "' : '" "');
        if (from < 0) return at;
        at = unquoted(view, from, end);
        if (at < 0) return from;
        fields.text(field, from, at);
      }
      at += 1;
    }
    return anything(input, at, end) === end ? -1 : at;
  }
}

/** `10/Oct/2000:13:55:36 -0700` */
function httpDate(input: Uint8Array, start: number, end: number): number {
  let at = monthDay(input, start, end);
  at = literal(input, at, end, '/');
  at = at < 0 ? -1 : monthName(input, at, end);
  at = literal(input, at, end, '/');
  at = positiveNumber(input, at, end);
  at = literal(input, at, end, ':');
  at = clockTime(input, at, end);
  if (at < 0 || at >= end || ((byteClass[input[at] as number] as number) & isWhite) === 0) return -1;
  return signedNumber(input, at + 1, end);
}

/** APACHEERRORLOG: `[date] [module:level] [pid 1:tid 2] [client host:port] message`. */
export class JavaApacheError implements LineParser {
  readonly fieldNames = ['timestamp', 'module', 'severity', 'processid', 'threadid', 'client', 'message'];
  readonly optionalFieldNames: readonly string[] = [];
  readonly dashIsAbsent = true;

  parse(input: Buffer, start: number, end: number, fields: FieldPositions): number {
    let from = literal(input, start, end, '[');
    if (from < 0) return start;
    let at = errorDate(input, from, end);
    if (at < 0) return from;
    fields.text(0, from, at);
    from = literal(input, at, end, '] [');
    if (from < 0) return at;
    at = this.#severity(input, from, end, fields);
    if (at < 0) return from;
    from = literal(input, at, end, '] [pid ');
    if (from < 0) return at;
    at = run1(input, from, end, isDigit);
    if (at < 0) return from;
    fields.text(3, from, at);
    const thread = literal(input, at, end, ':tid ');
    if (thread >= 0) {
      at = run1(input, thread, end, isDigit);
      if (at < 0) return thread;
      fields.text(4, thread, at);
    }
    from = literal(input, at, end, '] [client ');
    if (from < 0) return at;
    at = hostName(input, from, end);
    if (at < 0) return from;
    const port = literal(input, at, end, ':');
    if (port >= 0) at = positiveNumber(input, port, end);
    if (at < 0) return port;
    fields.text(5, from, at);
    from = literal(input, at, end, '] ');
    if (from < 0) return at;
    if (anything(input, from, end) < 0) return from;
    fields.text(6, from, end);
    return -1;
  }

  #severity(input: Uint8Array, start: number, end: number, fields: FieldPositions): number {
    const first = run1(input, start, end, isWord);
    if (first < 0) return -1;
    const severity = literal(input, first, end, ':');
    if (severity < 0) {
      fields.text(2, start, first);
      return first;
    }
    const at = run1(input, severity, end, isWord);
    if (at < 0) return -1;
    fields.text(1, start, first);
    fields.text(2, severity, at);
    return at;
  }
}

/** `Fri Sep 09 10:42:29.902022 2011` */
function errorDate(input: Uint8Array, start: number, end: number): number {
  let at = white(input, dayName(input, start, end), end);
  if (at < 0) return -1;
  at = white(input, monthName(input, at, end), end);
  at = white(input, monthDay(input, at, end), end);
  at = white(input, clockTime(input, at, end), end);
  return positiveNumber(input, at, end);
}
