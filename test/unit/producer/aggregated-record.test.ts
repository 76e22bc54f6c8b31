import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decodeAggregatedRecord,
  envelopeBytes,
  explicitHashKeyTag,
  magicBytes,
  partitionKeyTag,
  tableEntryBytes,
  userRecordBytes,
  varintBytes,
  writeMagic,
  writeTableEntry,
  writeUserRecordHead,
  writeVarint,
} from '../../../src/producer/records/aggregated-record.ts';
import { writeMd5Digests } from '../../../src/producer/records/md5-lanes.ts';
import type { UserRecord } from '../../../src/producer/records/aggregated-record.ts';
import { deaggregate } from '../../support/deaggregate.ts';

interface Given {
  readonly partitionKey: string;
  readonly explicitHashKey?: string | undefined;
  readonly data: Buffer;
}

/** An aggregated record made of the codec's pieces, tables without repetitions; asserts every size beforehand. */
function encode(records: readonly Given[]): Buffer {
  const keys = [...new Set(records.map((record) => record.partitionKey))];
  const hashKeys = [...new Set(records.flatMap((record) => record.explicitHashKey ?? []))];
  const heads = records.map((record) => ({
    data: record.data,
    keyIndex: keys.indexOf(record.partitionKey),
    hashKeyIndex: record.explicitHashKey === undefined ? -1 : hashKeys.indexOf(record.explicitHashKey),
  }));
  let bytes = envelopeBytes;
  for (const text of [...keys, ...hashKeys]) bytes += tableEntryBytes(Buffer.byteLength(text));
  for (const { data, keyIndex, hashKeyIndex } of heads) bytes += userRecordBytes(data.length, keyIndex, hashKeyIndex);
  const target = Buffer.alloc(bytes);
  let position = magicBytes;
  const table = (tag: typeof partitionKeyTag | typeof explicitHashKeyTag, texts: readonly string[]) => {
    for (const text of texts) position = writeTableEntry(target, position, { tag, text, textBytes: Buffer.byteLength(text) });
  };
  table(partitionKeyTag, keys);
  table(explicitHashKeyTag, hashKeys);
  for (const { data, keyIndex, hashKeyIndex } of heads) {
    position = writeUserRecordHead(target, position, data.length, keyIndex, hashKeyIndex);
    position += data.copy(target, position);
  }
  expect(position).toBe(bytes - 16);
  seal(target, position);
  return target;
}

const golden: readonly Given[] = [
  { partitionKey: 'a1', data: Buffer.from('hello') },
  { partitionKey: 'b2', explicitHashKey: String(2n ** 127n), data: Buffer.from('world!') },
  { partitionKey: 'a1', data: Buffer.alloc(0) },
];
const goldenHex =
  'f3899ac20a0261310a02623212273137303134313138333436303436393233313733313638373330333731353838343130353732381a0908001a0568656c6c6f1a0c080110001a06776f726c64211a0408001a00d995248634afc3775e3ea1c89137ceab';

test('three user records have the bytes that protobuf gives them', () => {
  expect(encode(golden).toString('hex')).toBe(goldenHex);
});

test('the golden record is taken apart again', () => {
  expect(decodeAggregatedRecord(Buffer.from(goldenHex, 'hex'))).toEqual(golden);
});

test.each([
  [0, '00'],
  [127, '7f'],
  [128, '8001'],
  [16_383, 'ff7f'],
  [16_384, '808001'],
  [2_097_151, 'ffff7f'],
  [2_097_152, '80808001'],
  [268_435_455, 'ffffff7f'],
  [268_435_456, '8080808001'],
  [4_294_967_295, 'ffffffff0f'],
])('%i as a varint', (value, hex) => {
  const target = Buffer.alloc(8);
  const end = writeVarint(target, 1, value);
  expect(target.subarray(1, end).toString('hex')).toBe(hex);
  expect(varintBytes(value)).toBe(hex.length / 2);
});

const text = (units: 'grapheme' | 'binary') => fc.string({ minLength: 1, maxLength: 40, unit: units });
const record = fc.record(
  {
    partitionKey: fc.oneof(text('grapheme'), text('binary'), fc.constantFrom('7', '55', 'p')).filter((key) => key.isWellFormed()),
    explicitHashKey: fc.option(fc.bigInt(0n, 2n ** 128n - 1n).map(String), { nil: undefined }),
    data: fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
  },
  { requiredKeys: ['partitionKey', 'data'] },
);

test('whatever goes in comes out, for this decoder and for an independent one', () => {
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 200 }), (records) => {
      const encoded = encode(records);
      const expected = records.map(({ partitionKey, explicitHashKey, data }) => ({ partitionKey, explicitHashKey, data }));
      expect(decodeAggregatedRecord(encoded)?.map(plain)).toEqual(expected);
      expect(deaggregate({ data: encoded, partitionKey: 'outer' }).map(plain)).toEqual(expected);
    }),
  );
});

function plain({ partitionKey, explicitHashKey, data }: UserRecord | ReturnType<typeof deaggregate>[number]): Given {
  return { partitionKey, explicitHashKey, data };
}

interface PeerRecord {
  readonly partitionKey: string;
  readonly data: string;
}
type PeerCallback = (error: Error | null | undefined, records: readonly PeerRecord[]) => void;
const peer = createRequire(import.meta.url)('aws-kinesis-agg') as {
  deaggregateSync(record: { readonly data: string }, checksum: boolean, after: PeerCallback): void;
};

test('aws-kinesis-agg reads the same user records', () => {
  // Its known faults are kept out: no explicit hash keys (an absent index is read as 0).
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 50 }), (records) => {
      const encoded = encode(records.map(({ partitionKey, data }) => ({ partitionKey, data })));
      let seen: readonly PeerRecord[] = [];
      peer.deaggregateSync({ data: encoded.toString('base64') }, true, (error, found) => {
        if (error !== undefined && error !== null) throw error;
        seen = found;
      });
      expect(seen.map((entry) => [entry.partitionKey, entry.data])).toEqual(
        records.map((given) => [given.partitionKey, given.data.toString('base64')]),
      );
    }),
    { numRuns: 50 },
  );
});

/** Magic before and digest behind the message target[4, end). */
function seal(target: Buffer, end: number): void {
  writeMagic(target, magicBytes);
  writeMd5Digests([{ data: target, start: magicBytes, end }]);
}

function resealed(message: Buffer): Buffer {
  const target = Buffer.alloc(message.length + 20);
  message.copy(target, 4);
  seal(target, message.length + 4);
  return target;
}

test.each([
  ['nothing', Buffer.alloc(0)],
  ['a line', Buffer.from('a line of a log, longer than twenty bytes\n')],
  ['the magic alone', Buffer.from('f3899ac2', 'hex')],
  ['no message between magic and digest', resealed(Buffer.alloc(0))],
  ['a wrong digest', Buffer.from(goldenHex.replace(/ab$/, 'ac'), 'hex')],
  ['a length past the end', resealed(Buffer.from('1a05080', 'hex'))],
  ['a varint without end', resealed(Buffer.from('0a80808080808080808080', 'hex'))],
  ['a key index past the table', resealed(Buffer.from('0a01611a0408011a00', 'hex'))],
  ['a hash key index past the table', resealed(Buffer.from('0a01611a06080010001a00', 'hex'))],
  ['a record without data', resealed(Buffer.from('0a01611a020800', 'hex'))],
  ['groups, which nobody writes', resealed(Buffer.from('0b0c', 'hex'))],
])('%s is no aggregated record', (_title, data) => {
  expect(decodeAggregatedRecord(data)).toBeUndefined();
});

test('tags, which nobody reads, are passed over', () => {
  const tagged = resealed(Buffer.from('0a01611a0b08001a0178220408011201', 'hex'));
  expect(decodeAggregatedRecord(tagged)).toEqual([{ partitionKey: 'a', data: Buffer.from('x') }]);
});

test('any bytes are read without an exception', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const digest = createHash('md5').update(bytes).digest();
      decodeAggregatedRecord(Buffer.concat([Buffer.from('f3899ac2', 'hex'), bytes, digest]));
      decodeAggregatedRecord(Buffer.from(bytes));
    }),
    { numRuns: 500 },
  );
});
