/**
 * The aggregated record of the Kinesis Producer Library: how user records lie in one Kinesis record. Pure.
 *
 *     F3 89 9A C2 | protobuf(AggregatedRecord) | MD5(protobuf)
 *     AggregatedRecord: 1 partition key table, 2 explicit hash key table, 3 records
 *     Record: 1 index of its partition key, 2 index of its explicit hash key (optional), 3 data
 *
 * Guarantees exact sizes in bytes before anything is written, and the same bytes as the library: both tables before the
 * records, fields in the order of their numbers, a zero index written out. Source: "KPL Aggregated Record Format" in
 * awslabs/amazon-kinesis-producer (aggregation-format.md, messages.proto); varints as in the Protocol Buffers encoding.
 */
import { hash } from 'node:crypto';

/** Tells an aggregated record from any other. */
export const magic: Buffer = Buffer.from([0xf3, 0x89, 0x9a, 0xc2]);
export const magicBytes = 4;
export const digestBytes = 16;
/** Bytes of an aggregated record around its tables and user records. */
export const envelopeBytes: number = magicBytes + digestBytes;

/** Tags of AggregatedRecord: field number and wire type 2 (length-delimited). */
export const partitionKeyTag = 0x0a;
export const explicitHashKeyTag = 0x12;
const recordTag = 0x1a;
/** Tags of Record. */
const keyIndexTag = 0x08;
const hashKeyIndexTag = 0x10;
const dataTag = 0x1a;

/** Bytes that the whole number `value` (0 ≤ value < 2^32) takes as a varint. */
export function varintBytes(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  return value < 0x1000_0000 ? 4 : 5;
}

/** Bytes of a table entry whose text takes `textBytes` bytes in UTF-8. */
export function tableEntryBytes(textBytes: number): number {
  return 1 + varintBytes(textBytes) + textBytes;
}

/** Bytes of a user record with `dataBytes` of data; `hashKeyIndex` < 0: it has no explicit hash key. */
export function userRecordBytes(dataBytes: number, keyIndex: number, hashKeyIndex: number): number {
  const innerBytes = recordInnerBytes(dataBytes, keyIndex, hashKeyIndex);
  return 1 + varintBytes(innerBytes) + innerBytes;
}

function recordInnerBytes(dataBytes: number, keyIndex: number, hashKeyIndex: number): number {
  const hashKeyBytes = hashKeyIndex < 0 ? 0 : 1 + varintBytes(hashKeyIndex);
  return 1 + varintBytes(keyIndex) + hashKeyBytes + 1 + varintBytes(dataBytes) + dataBytes;
}

/** Writes `value` as a varint at `at`; returns where it ends. */
export function writeVarint(target: Buffer, at: number, value: number): number {
  let rest = value;
  let position = at;
  while (rest >= 0x80) {
    target[position] = (rest & 0x7f) | 0x80;
    position += 1;
    rest >>>= 7;
  }
  target[position] = rest;
  return position + 1;
}

/** Writes a table entry at `at`; returns where it ends. `text` in UTF-8 takes `textBytes`. */
export function writeTableEntry(target: Buffer, at: number, entry: TableEntry): number {
  target[at] = entry.tag;
  const textStart = writeVarint(target, at + 1, entry.textBytes);
  target.write(entry.text, textStart, entry.textBytes, 'utf8');
  return textStart + entry.textBytes;
}

export interface TableEntry {
  readonly tag: typeof partitionKeyTag | typeof explicitHashKeyTag;
  readonly text: string;
  readonly textBytes: number;
}

/**
 * Writes all of a user record but its data at `at`; returns where the data belongs. Plain parameters, since it runs
 * once for each record. `hashKeyIndex` < 0: none.
 */
export function writeUserRecordHead(
  target: Buffer,
  at: number,
  dataBytes: number,
  keyIndex: number,
  hashKeyIndex: number,
): number {
  target[at] = recordTag;
  let position = writeVarint(target, at + 1, recordInnerBytes(dataBytes, keyIndex, hashKeyIndex));
  target[position] = keyIndexTag;
  position = writeVarint(target, position + 1, keyIndex);
  if (hashKeyIndex >= 0) {
    target[position] = hashKeyIndexTag;
    position = writeVarint(target, position + 1, hashKeyIndex);
  }
  target[position] = dataTag;
  return writeVarint(target, position + 1, dataBytes);
}

/** Writes the magic before the protobuf bytes that begin at `start`, where room must be. The MD5 of these belongs behind them. */
export function writeMagic(target: Buffer, start: number): void {
  magic.copy(target, start - magicBytes);
}

export interface UserRecord {
  readonly partitionKey: string;
  /** Decimal. */
  readonly explicitHashKey?: string;
  /** A view of the input. */
  readonly data: Buffer;
}

/**
 * The user records of an aggregated record, in their order; `undefined` when `data` is not one: no magic, 16 bytes or
 * fewer after it, wrong digest, or not the message above. Unknown fields (tags) are passed over.
 */
export function decodeAggregatedRecord(data: Buffer): readonly UserRecord[] | undefined {
  if (data.length <= envelopeBytes || !data.subarray(0, magicBytes).equals(magic)) return undefined;
  const message = data.subarray(magicBytes, data.length - digestBytes);
  if (!hash('md5', message, 'buffer').equals(data.subarray(data.length - digestBytes))) return undefined;
  const keys: string[] = [];
  const hashKeys: string[] = [];
  const records: Buffer[] = [];
  const whole = readFields(message, (field, value) => {
    if (typeof value === 'number') return;
    if (field === 1) keys.push(value.toString('utf8'));
    if (field === 2) hashKeys.push(value.toString('latin1'));
    if (field === 3) records.push(value);
  });
  if (!whole) return undefined;
  const userRecords: UserRecord[] = [];
  for (const record of records) {
    const userRecord = decodeUserRecord(record, keys, hashKeys);
    if (userRecord === undefined) return undefined;
    userRecords.push(userRecord);
  }
  return userRecords;
}

function decodeUserRecord(
  record: Buffer,
  keys: readonly string[],
  hashKeys: readonly string[],
): UserRecord | undefined {
  let keyIndex: number | undefined;
  let hashKeyIndex: number | undefined;
  let data: Buffer | undefined;
  const whole = readFields(record, (field, value) => {
    if (field === 1 && typeof value === 'number') keyIndex = value;
    if (field === 2 && typeof value === 'number') hashKeyIndex = value;
    if (field === 3 && typeof value !== 'number') data = value;
  });
  const partitionKey = keyIndex === undefined ? undefined : keys[keyIndex];
  if (!whole || partitionKey === undefined || data === undefined) return undefined;
  if (hashKeyIndex === undefined) return { partitionKey, data };
  const explicitHashKey = hashKeys[hashKeyIndex];
  return explicitHashKey === undefined ? undefined : { partitionKey, explicitHashKey, data };
}

/** Calls `onField` for each field of `message`; false when it does not parse. */
function readFields(message: Buffer, onField: (field: number, value: number | Buffer) => void): boolean {
  const reader = new VarintReader(message);
  while (reader.position < message.length) {
    const tag = reader.next();
    const value = tag === undefined ? undefined : reader.next();
    if (tag === undefined || value === undefined) return false;
    const field = Math.floor(tag / 8);
    const wireType = tag % 8;
    if (wireType === 0) onField(field, value);
    else if (wireType === 2 && reader.position + value <= message.length) {
      onField(field, message.subarray(reader.position, reader.position + value));
      reader.position += value;
    } else return false;
  }
  return true;
}

class VarintReader {
  position = 0;
  readonly #message: Buffer;

  constructor(message: Buffer) {
    this.#message = message;
  }

  /** The next varint, `undefined` when it is cut off or no safe integer. */
  next(): number | undefined {
    let value = 0;
    for (let factor = 1; factor <= 2 ** 49; factor *= 128) {
      const byte = this.#message[this.position];
      if (byte === undefined) return undefined;
      this.position += 1;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return Number.isSafeInteger(value) ? value : undefined;
    }
    return undefined;
  }
}
