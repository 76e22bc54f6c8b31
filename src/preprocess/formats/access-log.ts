/**
 * Access logs of Apache (Common and Combined Log Format) and nginx (`combined` and the packaged `main` format), read
 * leniently: any host (IPv6 too), any user (`user@host`, with spaces), empty and escaped quoted parts, any date.
 *
 * Sources: Apache HTTP Server, "Log Files" and mod_log_config; nginx, ngx_http_log_module.
 */
import type { FieldPositions, LineParser } from '../fields/field-positions.ts';
import { type InputView, inputView } from '../json/json-text.ts';
import { byteClass, closingQuote, find, isDigit, literal, run, token } from '../fields/scan.ts';

const DASH = 0x2d;
const QUOTE = 0x22;
const SPACE = 0x20;

/** How a layout's fields are numbered; -1: the layout has no such field. */
interface AccessLayout {
  readonly fieldNames: readonly string[];
  readonly optionalFieldNames: readonly string[];
  readonly ident: number;
  /** Number of the user. Date, request, status and bytes follow it, then as many quoted fields as there are names for. */
  readonly user: number;
}

const commonNames = ['host', 'ident', 'authuser', 'datetime', 'request', 'response', 'bytes'];

export const commonLayout: AccessLayout = {
  fieldNames: commonNames,
  optionalFieldNames: ['rest'],
  ident: 1,
  user: 2,
};

export const combinedLayout: AccessLayout = {
  fieldNames: [...commonNames, 'referer', 'agent'],
  optionalFieldNames: ['rest'],
  ident: 1,
  user: 2,
};

export const nginxLayout: AccessLayout = {
  fieldNames: 'remote_addr remote_user time_local request status body_bytes_sent http_referer http_user_agent'.split(' '),
  optionalFieldNames: ['http_x_forwarded_for', 'rest'],
  ident: -1,
  user: 1,
};

export class AccessLog implements LineParser {
  readonly fieldNames: readonly string[];
  readonly optionalFieldNames: readonly string[];
  readonly dashIsAbsent = true;
  readonly #ident: number;
  readonly #user: number;
  readonly #quotedAfterBytes: number;
  readonly #forwardedFor: boolean;
  #view: InputView | undefined;

  constructor(layout: AccessLayout) {
    this.fieldNames = layout.fieldNames;
    this.optionalFieldNames = layout.optionalFieldNames;
    this.#ident = layout.ident;
    this.#user = layout.user;
    this.#quotedAfterBytes = layout.fieldNames.length - layout.user - 5;
    this.#forwardedFor = layout.optionalFieldNames.length === 2;
  }

  parse(input: Buffer, start: number, end: number, fields: FieldPositions): number {
    const view = inputView(input, this.#view);
    this.#view = view;
    let at = token(input, start, end);
    if (at < 0) return start;
    fields.text(0, start, at);
    let from = at + 1;
    at = token(input, from, end);
    if (at < 0) return Math.min(from, end);
    if (this.#ident >= 0) fields.text(this.#ident, from, at);
    from = at + 1;
    // The user may hold spaces: the date's bracket ends it.
    at = find(input, from, end, 0x5b);
    while (at > from && input[at - 1] !== SPACE) at = find(input, at + 1, end, 0x5b);
    if (at <= from + 1) return Math.min(from, end);
    let field = this.#user;
    fields.text(field, from, at - 1);
    from = at + 1;
    at = find(input, from, end, 0x5d);
    if (at <= from) return Math.min(from, end);
    fields.text((field += 1), from, at);
    from = literal(input, at, end, '] "');
    if (from < 0) return at;
    at = closingQuote(view, from, end);
    if (at < 0) return from;
    fields.quoted((field += 1), from, at);
    at += 1;
    for (let i = 0; i < 2; i += 1) {
      from = at + 1;
      at = numberOrDash(input, at, end);
      if (at < 0) return Math.min(from, end);
      fields.text((field += 1), from, at);
    }
    for (let i = 0; i < this.#quotedAfterBytes; i += 1) {
      from = literal(input, at, end, ' "');
      if (from < 0) return at;
      at = closingQuote(view, from, end);
      if (at < 0) return from;
      fields.quoted((field += 1), from, at);
      at += 1;
    }
    return this.#parseRest(view, at, end, field + 1, fields);
  }

  /** Keeps what a longer format of the user's own has after the known fields, as it is. */
  #parseRest(view: InputView, start: number, end: number, field: number, fields: FieldPositions): number {
    const input = view.bytes;
    if (start === end) return -1;
    if (input[start] !== SPACE) return start;
    let from = start + 1;
    let rest = field;
    if (this.#forwardedFor) {
      rest += 1;
      if (input[from] === QUOTE) {
        const at = closingQuote(view, from + 1, end);
        if (at < 0) return from;
        fields.quoted(field, from + 1, at);
        from = at + 1;
        if (from < end && input[from] === SPACE) from += 1;
      }
    }
    if (from < end) fields.text(rest, from, end);
    return -1;
  }
}

/** ` 200` or ` -`: returns the place after it, before a space or the end. */
function numberOrDash(input: Uint8Array, start: number, end: number): number {
  if (start >= end || input[start] !== SPACE) return -1;
  const from = start + 1;
  const at = from < end && input[from] === DASH ? from + 1 : run(input, from, end, isDigit);
  return at > from && (at === end || input[at] === SPACE) ? at : -1;
}

const errorNames = ['timestamp', 'module', 'severity', 'processid', 'threadid', 'client', 'message'];

/**
 * Apache's error log, 2.2 (`[date] [error] [client a] text`) and 2.4 (`[date] [module:level] [pid 1:tid 2] [client a:1]
 * text`); each part after the level may be missing. Source: Apache HTTP Server, core, ErrorLogFormat.
 */
export class ApacheErrorLog implements LineParser {
  readonly fieldNames = errorNames;
  readonly optionalFieldNames: readonly string[] = [];
  readonly dashIsAbsent = true;

  parse(input: Buffer, start: number, end: number, fields: FieldPositions): number {
    let from = literal(input, start, end, '[');
    if (from < 0) return start;
    let at = find(input, from, end, 0x5d);
    if (at <= from) return Math.min(from, end);
    fields.text(0, from, at);
    from = literal(input, at, end, '] [');
    if (from < 0) return at;
    at = find(input, from, end, 0x5d);
    if (at <= from) return Math.min(from, end);
    const colon = find(input, from, at, 0x3a);
    if (colon > from) fields.text(1, from, colon);
    fields.text(2, colon >= 0 ? colon + 1 : from, at);
    at += 1;
    at = this.#process(input, at, end, fields);
    const client = literal(input, at, end, ' [client ');
    if (client >= 0) {
      const closed = find(input, client, end, 0x5d);
      // An IPv6 client may stand in brackets of its own.
      const last = closed >= 0 && input[client] === 0x5b ? find(input, closed + 1, end, 0x5d) : closed;
      if (last < 0) return client;
      fields.text(5, client, last);
      at = last + 1;
    }
    if (at < end && input[at] !== SPACE) return at;
    fields.text(6, Math.min(at + 1, end), end);
    return -1;
  }

  #process(input: Buffer, start: number, end: number, fields: FieldPositions): number {
    const process = literal(input, start, end, ' [pid ');
    if (process < 0) return start;
    const processEnd = run(input, process, end, isDigit);
    const thread = literal(input, processEnd, end, ':tid ');
    const threadEnd = thread < 0 ? processEnd : run(input, thread, end, isDigit);
    const closed = literal(input, threadEnd, end, ']');
    if (closed < 0 || processEnd === process) return start;
    fields.text(3, process, processEnd);
    if (thread >= 0) fields.text(4, thread, threadEnd);
    return closed;
  }
}

/** Whether the byte is a digit; for layouts that need one look. */
export function isDigitByte(byte: number | undefined): boolean {
  return byte !== undefined && ((byteClass[byte] as number) & isDigit) !== 0;
}
