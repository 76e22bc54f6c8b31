/**
 * As much of CBOR as Kinesis speaks: maps, arrays, text, byte strings, integers, floats, booleans, null; definite and
 * indefinite lengths. Byte strings are views of the input. Written from RFC 8949, apart from the product's own encoder.
 */
export type CborValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | Uint8Array
  | readonly CborValue[]
  | { readonly [key: string]: CborValue | undefined };

/** The value that `bytes` hold. Throws a `RangeError` or `SyntaxError` when they do not hold exactly one. */
export function decodeCbor(bytes: Buffer): CborValue {
  const reader = new Reader(bytes);
  const value = reader.value();
  if (value === BREAK || reader.position !== bytes.length) throw new SyntaxError('CBOR: trailing bytes');
  return value;
}

const BREAK = Symbol('break');
const INDEFINITE = -1;

class Reader {
  readonly #bytes: Buffer;
  position = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  value(): CborValue | typeof BREAK {
    const initial = this.#bytes.readUInt8(this.position);
    this.position += 1;
    const major = initial >> 5;
    const detail = initial & 31;
    if (major === 7) return this.#simple(detail);
    const argument = this.#argument(detail);
    switch (major) {
      case 0:
        return argument;
      case 1:
        return -1 - argument;
      case 2:
        return argument === INDEFINITE ? Buffer.concat(this.#until<Buffer>()) : this.#take(argument);
      case 3:
        return argument === INDEFINITE ? this.#until<string>().join('') : this.#take(argument).toString('utf8');
      case 4:
        return this.#items(argument);
      case 5:
        return Object.fromEntries(this.#pairs(argument));
      default:
        return this.#inner(); // a tag: the value it tags
    }
  }

  #inner(): CborValue {
    const value = this.value();
    if (value === BREAK) throw new SyntaxError('CBOR: break outside of a sequence');
    return value;
  }

  #argument(detail: number): number {
    const start = this.position;
    if (detail < 24) return detail;
    if (detail === 31) return INDEFINITE;
    const width = 1 << (detail - 24);
    this.position += width;
    if (width === 8) return Number(this.#bytes.readBigUInt64BE(start));
    if (width > 8) throw new SyntaxError(`CBOR: reserved length ${detail}`);
    return this.#bytes.readUIntBE(start, width);
  }

  #simple(detail: number): CborValue | typeof BREAK {
    const start = this.position;
    if (detail === 20 || detail === 21) return detail === 21;
    if (detail === 22 || detail === 23) return null;
    if (detail === 31) return BREAK;
    if (detail === 26) {
      this.position += 4;
      return this.#bytes.readFloatBE(start);
    }
    if (detail === 27) {
      this.position += 8;
      return this.#bytes.readDoubleBE(start);
    }
    throw new SyntaxError(`CBOR: simple value ${detail} is not used here`);
  }

  #take(length: number): Buffer {
    const start = this.position;
    if (start + length > this.#bytes.length) throw new RangeError('CBOR: ends inside a string');
    this.position += length;
    return this.#bytes.subarray(start, this.position);
  }

  #until<Item extends CborValue>(): Item[] {
    const items: Item[] = [];
    for (let value = this.value(); value !== BREAK; value = this.value()) items.push(value as Item);
    return items;
  }

  #items(count: number): CborValue[] {
    return count === INDEFINITE ? this.#until() : Array.from({ length: count }, () => this.#inner());
  }

  #pairs(count: number): [string, CborValue][] {
    const flat = this.#items(count === INDEFINITE ? INDEFINITE : count * 2);
    return Array.from({ length: flat.length / 2 }, (_, index) => [String(flat[index * 2]), flat[index * 2 + 1] ?? null]);
  }
}

/** `value` in CBOR; members that are `undefined` are left out. */
export function encodeCbor(value: CborValue): Buffer {
  const parts: Uint8Array[] = [];
  encode(value, parts);
  return Buffer.concat(parts);
}

function encode(value: CborValue, parts: Uint8Array[]): void {
  if (typeof value === 'string') {
    const text = Buffer.from(value, 'utf8');
    parts.push(head(3, text.length), text);
  } else if (value instanceof Uint8Array) {
    parts.push(head(2, value.length), value);
  } else if (typeof value === 'bigint' || Number.isSafeInteger(value)) {
    const integer = Number(value);
    parts.push(integer < 0 ? head(1, -1 - integer) : head(0, integer));
  } else if (typeof value === 'number') {
    const bytes = Buffer.alloc(9, 0xfb);
    bytes.writeDoubleBE(value, 1);
    parts.push(bytes);
  } else if (typeof value === 'boolean' || value === null) {
    parts.push(Buffer.from([value === null ? 0xf6 : value ? 0xf5 : 0xf4]));
  } else if (Array.isArray(value)) {
    parts.push(head(4, value.length));
    for (const item of value as readonly CborValue[]) encode(item, parts);
  } else {
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    parts.push(head(5, members.length));
    for (const [key, member] of members) {
      encode(key, parts);
      encode(member as CborValue, parts);
    }
  }
}

function head(major: number, argument: number): Buffer {
  if (argument < 24) return Buffer.from([(major << 5) | argument]);
  const width = argument < 0x100 ? 0 : argument < 0x1_0000 ? 1 : argument < 0x1_0000_0000 ? 2 : 3;
  const bytes = Buffer.alloc(1 + 2 ** width);
  bytes[0] = (major << 5) | (24 + width);
  if (width === 3) bytes.writeBigUInt64BE(BigInt(argument), 1);
  else bytes.writeUIntBE(argument, 1, 2 ** width);
  return bytes;
}
