/**
 * The parts of log lines as the Java agent's layouts define them: host names, dates, numbers, "anything". Each step
 * takes the place where it begins and returns the place after it, or -1. A layout that is ambiguous as a regular expression is
 * not so here: every part ends before a byte that it cannot hold.
 */
import type { InputView } from '../json/json-text.ts';
import { byteClass, findFar, isDigit, isUserByte, isWhite, isWord, literal, run1 } from '../fields/scan.ts';

const COLON = 0x3a;
const COMMA = 0x2c;
const DASH = 0x2d;
const DOT = 0x2e;
const PLUS = 0x2b;
const ZERO = 0x30;
const NINE = 0x39;

const monthNames = ['January', 'February', 'March', 'April', 'May', 'June'].concat(
  'July,August,September,October,November,December'.split(','),
);
const dayNames = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

/** A month's English name, short or long; the longer of two that fit. */
export function monthName(input: Uint8Array, start: number, end: number): number {
  return calendarName(input, start, end, monthNames);
}

/** A day's English name, short or long. */
export function dayName(input: Uint8Array, start: number, end: number): number {
  return calendarName(input, start, end, dayNames);
}

function calendarName(input: Uint8Array, start: number, end: number, names: readonly string[]): number {
  if (start < 0 || start + 3 > end) return -1;
  for (let i = 0; i < names.length; i += 1) {
    const name = names[i] as string;
    if (input[start] !== name.charCodeAt(0) || input[start + 1] !== name.charCodeAt(1) || input[start + 2] !== name.charCodeAt(2)) continue;
    return Math.max(start + 3, literal(input, start, end, name));
  }
  return -1;
}

/** Day of a month: 1 to 31, or 01 to 31. */
export function monthDay(input: Uint8Array, start: number, end: number): number {
  return smallNumber(input, start, end, { min: 1, max: 31 });
}

/** `3:04:05`, `03:04:05.678`: the hour has one or two digits, the fraction follows `.`, `,` or `:`. */
export function clockTime(input: Uint8Array, start: number, end: number): number {
  const hour = smallNumber(input, start, end, { min: 0, max: 23 });
  const minute = literal(input, hour, end, ':');
  if (minute < 0 || smallNumber(input, minute, end, { min: 0, max: 59 }) !== minute + 2) return -1;
  const second = literal(input, minute + 2, end, ':');
  if (second < 0) return -1;
  const at = second + 1 < end && input[second] === 0x36 && input[second + 1] === ZERO ? second + 2 : smallNumber(input, second, end, { min: 0, max: 59 });
  if (at < 0) return -1;
  const mark = input[at];
  if (at < end && (mark === DOT || mark === COMMA || mark === COLON)) {
    const fraction = run1(input, at + 1, end, isDigit);
    if (fraction >= 0) return fraction;
  }
  return at;
}

/** One or two digits whose value lies in a range; two digits where both fit. */
function smallNumber(input: Uint8Array, start: number, end: number, bounds: { min: number; max: number }): number {
  if (start < 0 || start >= end || !digitAt(input, start)) return -1;
  const first = (input[start] as number) - ZERO;
  if (start + 1 < end && digitAt(input, start + 1)) {
    const value = first * 10 + (input[start + 1] as number) - ZERO;
    if (value >= bounds.min && value <= bounds.max) return start + 2;
  }
  return first >= bounds.min ? start + 1 : -1;
}

function digitAt(input: Uint8Array, at: number): boolean {
  const byte = input[at] as number;
  return byte >= ZERO && byte <= NINE;
}

/** Digits of which the first is not 0. */
export function positiveNumber(input: Uint8Array, start: number, end: number): number {
  if (start < 0 || start >= end || input[start] === ZERO) return -1;
  return run1(input, start, end, isDigit);
}

/** Digits, with a sign before them or not. */
export function signedNumber(input: Uint8Array, start: number, end: number): number {
  if (start < 0 || start >= end) return -1;
  const sign = input[start] === PLUS || input[start] === DASH ? 1 : 0;
  return run1(input, start + sign, end, isDigit);
}

/** A number, or a dash alone. */
export function numberOrDash(input: Uint8Array, start: number, end: number): number {
  const number = signedNumber(input, start, end);
  if (number >= 0) return number;
  return start >= 0 && start < end && input[start] === DASH ? start + 1 : -1;
}

/** White space, one byte or more. */
export function white(input: Uint8Array, start: number, end: number): number {
  return start < 0 ? -1 : run1(input, start, end, isWhite);
}

/** Labels of word characters and dashes with single dots between them and one after them or not; or digits and dots. */
export function hostName(input: Uint8Array, start: number, end: number): number {
  let numeric = true;
  let labels = true;
  let at = start;
  for (; at < end; at += 1) {
    const byte = input[at] as number;
    if (byte === DOT) {
      if (at === start || input[at - 1] === DOT) labels = false;
    } else if (byte === DASH || ((byteClass[byte] as number) & isWord) !== 0) {
      if (!digitAt(input, at)) numeric = false;
    } else break;
  }
  return at > start && (labels || numeric) ? at : -1;
}

/** One or more of `[a-zA-Z0-9._-]`. */
export function userName(input: Uint8Array, start: number, end: number): number {
  return start < 0 ? -1 : run1(input, start, end, isUserByte);
}

/** `"`, one or more bytes other than `"`, `"`: returns the place of the closing quote; `start` is after the opening one. */
export function unquoted(view: InputView, start: number, end: number): number {
  if (start < 0) return -1;
  const quote = findFar(view, start, end, 0x22);
  return quote > start ? quote : -1;
}

/** Length in bytes of the line end at `at` that Java's `.` does not match (LF, CR, NEL, LS, PS), or 0. */
export function lineEndLength(input: Uint8Array, at: number, end: number): number {
  const byte = input[at] as number;
  if (byte === 0x0a || byte === 0x0d) return 1;
  if (byte === 0xc2 && at + 1 < end && input[at + 1] === 0x85) return 2;
  const separator = byte === 0xe2 && at + 2 < end && input[at + 1] === 0x80;
  return separator && (input[at + 2] === 0xa8 || input[at + 2] === 0xa9) ? 3 : 0;
}

/** `end`, unless a line end stands before it. */
export function anything(input: Uint8Array, start: number, end: number): number {
  if (start < 0) return -1;
  for (let at = start; at < end; at += 1) {
    const byte = input[at] as number;
    if (byte <= 0x0d || byte >= 0xc2) if (lineEndLength(input, at, end) > 0) return -1;
  }
  return end;
}
