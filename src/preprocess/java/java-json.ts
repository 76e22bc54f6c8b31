/**
 * JSON as it comes out of Jackson after a passage through Java objects: keys keep their order (a repeated one its first
 * place and last value), integers all their digits, other numbers the text of Java's `Double`.
 *
 * Sources: RFC 8259; Jackson 2.17 defaults (no comments, no NaN, depth ≤ 1000, numbers ≤ 1000 characters, what follows
 * the first value is not looked at); Java SE 17, `Double.toString`.
 */
import { jsonText } from '../json/json-text.ts';

const DEPTH_MAX = 1000;
const NUMBER_CHARS_MAX = 1000;

/** A number is kept as the text that Jackson writes. */
export type JavaJson = string | boolean | null | JavaNumber | readonly JavaJson[] | JavaObject;
export type JavaObject = Map<string, JavaJson>;

export class JavaNumber {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** The value at the beginning of `text`, or `undefined` where Jackson would not read one. */
export function parseJavaJson(text: string): JavaJson | undefined {
  const reader = new JavaJsonReader(text);
  const value = reader.value(0);
  return reader.failed ? undefined : value;
}

/**
 * The object at the beginning of `text`, or `undefined` where Jackson would not read one; with `asWritten` its numbers keep the
 * text that they have there.
 */
export function parseJavaObject(text: string, asWritten = false): JavaObject | undefined {
  const reader = new JavaJsonReader(text, asWritten);
  const value = reader.value(0);
  return !reader.failed && value instanceof Map ? value : undefined;
}

class JavaJsonReader {
  readonly #text: string;
  readonly #asWritten: boolean;
  #at = 0;
  failed = false;

  constructor(text: string, asWritten = false) {
    this.#text = text;
    this.#asWritten = asWritten;
  }

  value(depth: number): JavaJson {
    this.#space();
    const char = this.#text[this.#at];
    if (depth > DEPTH_MAX || char === undefined) return this.#fail();
    if (char === '{') return this.#object(depth);
    if (char === '[') return this.#array(depth);
    if (char === '"') return this.#string();
    for (const [word, value] of [
      ['true', true],
      ['false', false],
      ['null', null],
    ] as const) {
      const after = this.#text[this.#at + word.length];
      if (this.#text.startsWith(word, this.#at) && (after === undefined || !/[\w$]/.test(after))) {
        this.#at += word.length;
        return value;
      }
    }
    return this.#number();
  }

  #object(depth: number): JavaJson {
    const members: JavaObject = new Map();
    this.#at += 1;
    if (this.#takes('}')) return members;
    do {
      this.#space();
      if (this.#text[this.#at] !== '"') return this.#fail();
      const key = this.#string();
      if (!this.#takes(':')) return this.#fail();
      members.set(key, this.value(depth + 1));
    } while (!this.failed && this.#takes(','));
    return this.#takes('}') ? members : this.#fail();
  }

  #array(depth: number): JavaJson {
    const items: JavaJson[] = [];
    this.#at += 1;
    if (this.#takes(']')) return items;
    do items.push(this.value(depth + 1));
    while (!this.failed && this.#takes(','));
    return this.#takes(']') ? items : this.#fail();
  }

  #string(): string {
    const token = this.#match(/"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*"/y);
    if (token === undefined) {
      this.#fail();
      return '';
    }
    return JSON.parse(token) as string;
  }

  #number(): JavaJson {
    const token = this.#match(/-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![\w.$+-])/y);
    if (token === undefined || token.length > NUMBER_CHARS_MAX) return this.#fail();
    if (this.#asWritten) return new JavaNumber(token);
    if (/^-?[0-9]+$/.test(token)) return new JavaNumber(String(BigInt(token)));
    return new JavaNumber(javaDouble(Number(token)));
  }

  #match(expression: RegExp): string | undefined {
    expression.lastIndex = this.#at;
    const found = expression.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  #takes(char: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== char) return false;
    this.#at += 1;
    return true;
  }

  #space(): void {
    while (/[ \t\n\r]/.test(this.#text[this.#at] ?? '')) this.#at += 1;
  }

  #fail(): null {
    this.failed = true;
    return null;
  }
}

/**
 * `value` as Java's `Double.toString` writes it, at least two digits of it; infinities in quotes, as Jackson does.
 *
 * As Java 19 and later: before, some numbers (1e23 among them) had a digit more than they need (JDK-4511638).
 */
export function javaDouble(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? '"Infinity"' : '"-Infinity"';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const shortest = value.toExponential();
  const [mantissa = '', power = '0'] = (/^-?\de/.test(shortest) ? value.toExponential(1) : shortest).split('e');
  const sign = value < 0 ? '-' : '';
  const digits = mantissa.replace(/\.0$/, '').replaceAll(/[-.]/g, '');
  const exponent = Number(power);
  if (exponent >= 7 || exponent < -3) return `${sign}${digits[0]}.${digits.slice(1) || '0'}E${exponent}`;
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${sign}${whole}.${digits.slice(exponent + 1) || '0'}`;
}

/** `value` as Jackson writes it, compact or with its default pretty printer. */
export function writeJavaJson(value: JavaJson, pretty: boolean, depth = 0): string {
  if (typeof value === 'string') return jsonText(value);
  if (value === null || typeof value === 'boolean') return String(value);
  if (value instanceof JavaNumber) return value.text;
  if (value instanceof Map) return writeObject(value, pretty, depth);
  const items = value.map((item) => writeJavaJson(item, pretty, depth));
  if (!pretty) return `[${items.join(',')}]`;
  return items.length === 0 ? '[ ]' : `[ ${items.join(', ')} ]`;
}

function writeObject(members: JavaObject, pretty: boolean, depth: number): string {
  if (pretty && members.size === 0) return '{ }';
  const indent = '  '.repeat(depth + 1);
  const parts = Array.from(members, ([key, value]) => {
    const written = writeJavaJson(value, pretty, depth + 1);
    return pretty ? `${indent}${jsonText(key)} : ${written}` : `${jsonText(key)}:${written}`;
  });
  return pretty ? `{\n${parts.join(',\n')}\n${'  '.repeat(depth)}}` : `{${parts.join(',')}}`;
}
