/**
 * Takes Kinesis records apart as a KCL consumer does, so that what was delivered is judged by what a consumer gets.
 *
 * Written from the format's description (aggregation-format.md of amazon-kinesis-producer) and the rules of the KCL's
 * AggregatorUtil; shares no code with the product. A record that is not a whole, intact aggregate is delivered as it is. An
 * aggregate with even one user record outside of the shard's range is not delivered at all.
 */
import { hash } from 'node:crypto';

export interface KinesisRecord {
  readonly data: Buffer;
  readonly partitionKey: string;
}

export interface UserRecord {
  readonly data: Buffer;
  readonly partitionKey: string;
  readonly explicitHashKey: string | undefined;
  /** Number of the user record in its Kinesis record, from 0. */
  readonly subSequenceNumber: number;
}

export interface HashKeyRange {
  readonly startHashKey: bigint;
  readonly endHashKey: bigint;
}

const MAGIC = Buffer.from([0xf3, 0x89, 0x9a, 0xc2]);
const DIGEST_BYTES = 16;

/** The user records of one Kinesis record, in order, as the consumer of a shard with `range` gets them. */
export function deaggregate(record: KinesisRecord, range?: HashKeyRange): readonly UserRecord[] {
  const aggregate = readAggregate(record.data);
  if (aggregate === undefined) {
    return [{ data: record.data, partitionKey: record.partitionKey, explicitHashKey: undefined, subSequenceNumber: 0 }];
  }
  const users: UserRecord[] = [];
  const hashKeys = new Map<string, bigint>();
  const hashKeyOf = (partitionKey: string) => hashKeys.getOrInsertComputed(partitionKey, md5Integer);
  for (const entry of aggregate.records) {
    const partitionKey = aggregate.partitionKeys[entry.partitionKeyIndex];
    const index = entry.explicitHashKeyIndex;
    const explicitHashKey = index === undefined ? undefined : aggregate.explicitHashKeys[index];
    if (partitionKey === undefined || (index !== undefined && explicitHashKey === undefined)) {
      return users; // the KCL throws here: what came before is delivered, the rest is gone
    }
    const hashKey = explicitHashKey === undefined ? hashKeyOf(partitionKey) : BigInt(explicitHashKey);
    if (range !== undefined && (hashKey < range.startHashKey || hashKey > range.endHashKey)) return [];
    users.push({ data: entry.data, partitionKey, explicitHashKey, subSequenceNumber: users.length });
  }
  return users;
}

/** Whether a record is an aggregate that consumers take apart. */
export function isAggregate(data: Buffer): boolean {
  return readAggregate(data) !== undefined;
}

interface Entry {
  readonly partitionKeyIndex: number;
  readonly explicitHashKeyIndex: number | undefined;
  readonly data: Buffer;
}

interface Aggregate {
  readonly partitionKeys: readonly string[];
  readonly explicitHashKeys: readonly string[];
  readonly records: readonly Entry[];
}

function readAggregate(data: Buffer): Aggregate | undefined {
  if (data.length <= MAGIC.length + DIGEST_BYTES || !data.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const message = data.subarray(MAGIC.length, data.length - DIGEST_BYTES);
  const digest = hash('md5', message, 'buffer');
  if (!digest.equals(data.subarray(data.length - DIGEST_BYTES))) return undefined;
  const fields = readFields(message);
  if (fields === undefined) return undefined;
  const records: Entry[] = [];
  for (const field of fields) {
    if (field.number !== 3 || field.bytes === undefined) continue;
    const entry = readEntry(field.bytes);
    if (entry === undefined) return undefined;
    records.push(entry);
  }
  return { partitionKeys: texts(fields, 1), explicitHashKeys: texts(fields, 2), records };
}

function readEntry(message: Buffer): Entry | undefined {
  const fields = readFields(message);
  const partitionKeyIndex = fields?.findLast((field) => field.number === 1)?.value;
  const explicitHashKeyIndex = fields?.findLast((field) => field.number === 2)?.value;
  const data = fields?.findLast((field) => field.number === 3)?.bytes;
  if (partitionKeyIndex === undefined || data === undefined) return undefined; // both are required
  return { partitionKeyIndex, explicitHashKeyIndex, data };
}

interface Field {
  readonly number: number;
  readonly value?: number;
  readonly bytes?: Buffer;
}

/** The fields of a protobuf message in order; `undefined` when it does not parse. Source: protobuf encoding guide. */
function readFields(message: Buffer): readonly Field[] | undefined {
  const fields: Field[] = [];
  let position = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = message[position];
      if (byte === undefined || scale > 2 ** 63) return Number.NaN;
      position += 1;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (position < message.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    const wireType = tag % 8;
    if (wireType === 0) {
      const value = varint();
      if (Number.isNaN(value)) return undefined;
      fields.push({ number, value });
      continue;
    }
    const length = wireType === 2 ? varint() : wireType === 1 ? 8 : wireType === 5 ? 4 : Number.NaN;
    if (Number.isNaN(length) || position + length > message.length) return undefined;
    fields.push({ number, bytes: message.subarray(position, position + length) });
    position += length;
  }
  return fields;
}

function texts(fields: readonly Field[], number: number): readonly string[] {
  return fields.filter((field) => field.number === number).map((field) => field.bytes?.toString('utf8') ?? '');
}

function md5Integer(text: string): bigint {
  return BigInt(`0x${hash('md5', text, 'hex')}`);
}
