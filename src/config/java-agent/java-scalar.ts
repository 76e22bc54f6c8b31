/**
 * Scalars as the Java agent takes them: text for numbers and booleans, numbers for text.
 * Sources: java.lang.Long.decode (0x, 0X, # and a leading 0 for octal); the agent's README for true/t/yes/y/1 and
 * false/f/no/n/0 in any case.
 */

/** The number, or undefined where Java would not read one. */
export function javaNumber(written: string): number | undefined {
  const match = /^([+-]?)(0[xX][0-9a-fA-F]+|#[0-9a-fA-F]+|0[0-7]+|0|[1-9]\d*)$/.exec(written);
  if (match === null) return undefined;
  const digits = match[2] ?? '';
  const value = digits.startsWith('#')
    ? Number(`0x${digits.slice(1)}`)
    : /^0[0-7]+$/.test(digits)
      ? Number(`0o${digits}`)
      : Number(digits);
  return match[1] === '-' ? -value : value;
}

const truths = new Map<string, boolean>([
  ...['true', 't', 'yes', 'y', '1'].map((word) => [word, true] as const),
  ...['false', 'f', 'no', 'n', '0'].map((word) => [word, false] as const),
]);

export function javaBoolean(written: string): boolean | undefined {
  return truths.get(written.toLowerCase());
}
