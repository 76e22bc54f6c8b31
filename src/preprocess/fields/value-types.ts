/** `types: auto`: which texts may stand in JSON without quotes. */

/** A double holds every integer of so many digits, so readers of the record see the number that was logged. */
const DIGITS_MAX = 15;
const CHARS_MAX = 24;

/**
 * Whether input[start, end) is, letter for letter, a JSON number that a double can hold, or true or false. `007`, `+5`
 * and long digit strings are names of things and stay text.
 */
export function isPlainJsonScalar(input: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (length === 0 || length > CHARS_MAX) return false;
  const first = input[start] as number;
  if (first === 0x74) return equals(input, start, end, 'true');
  if (first === 0x66) return equals(input, start, end, 'false');
  let at = first === 0x2d ? start + 1 : start;
  const integerStart = at;
  at = skipDigits(input, at, end);
  let digits = at - integerStart;
  if (digits === 0 || (digits > 1 && input[integerStart] === 0x30)) return false;
  if (at < end && input[at] === 0x2e) {
    const fraction = skipDigits(input, at + 1, end);
    if (fraction === at + 1) return false;
    digits += fraction - at - 1;
    at = fraction;
  }
  if (at < end && ((input[at] as number) | 0x20) === 0x65) {
    at += 1;
    if (input[at] === 0x2b || input[at] === 0x2d) at += 1;
    const exponent = skipDigits(input, at, end);
    if (exponent === at || exponent - at > 2) return false;
    at = exponent;
  }
  return at === end && digits <= DIGITS_MAX;
}

/** The same for `text`. */
export function isPlainJsonScalarText(text: string): boolean {
  return text.length <= CHARS_MAX && isPlainJsonScalar(Buffer.from(text), 0, Buffer.byteLength(text));
}

function skipDigits(input: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && (input[at] as number) >= 0x30 && (input[at] as number) <= 0x39) at += 1;
  return at;
}

function equals(input: Uint8Array, start: number, end: number, text: string): boolean {
  if (end - start !== text.length) return false;
  for (let i = 0; i < text.length; i += 1) if (input[start + i] !== text.charCodeAt(i)) return false;
  return true;
}
