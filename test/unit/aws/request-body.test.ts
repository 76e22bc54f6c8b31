import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BodyPool } from '../../../src/aws/wire/body-pool.ts';
import type { PutRequest } from '../../../src/aws/wire/put-request.ts';
import { createBody } from '../../../src/aws/wire/request-body.ts';
import type { Wire } from '../../../src/aws/wire/request-body.ts';
import { outgoing } from '../../support/fake-aws/settings.ts';
import { decodeCbor } from '../../support/kinesis-server/cbor.ts';

const golden: PutRequest = {
  operation: 'PutRecords',
  stream: 's',
  records: [outgoing('hi', 'k'), outgoing('', 'é"', '7')],
};

const pool = new BodyPool(1);

function encode(wire: Wire, request: PutRequest): Buffer {
  const { body, scratch } = createBody(wire, request, pool);
  expect(body.buffer).toBe(scratch.buffer);
  pool.give(scratch);
  return Buffer.from(body);
}

describe('a PutRecords body', () => {
  it('is this in CBOR', () => {
    expect(encode('cbor', golden).toString('hex')).toBe(
      [
        'a2', // map of two
        '6a53747265616d4e616d65', '6173', // StreamName: s
        '675265636f726473', '82', // Records: array of two
        'a2', '6444617461', '426869', '6c506172746974696f6e4b6579', '616b',
        'a3', '6444617461', '40', '6c506172746974696f6e4b6579', '63c3a922', '6f4578706c69636974486173684b6579', '6137',
      ].join(''),
    );
  });

  it('is this in JSON', () => {
    expect(encode('json', golden).toString()).toBe(
      '{"StreamName":"s","Records":[{"Data":"aGk=","PartitionKey":"k"},{"Data":"","PartitionKey":"é\\"","ExplicitHashKey":"7"}]}',
    );
  });

  it('names a stream by its ARN where it is one', () => {
    const stream = 'arn:aws:kinesis:eu-west-1:000000000000:stream/s';
    expect(JSON.parse(encode('json', { ...golden, stream }).toString())).toHaveProperty('StreamARN', stream);
    expect(decodeCbor(encode('cbor', { ...golden, stream }))).toHaveProperty('StreamARN', stream);
  });

  it('of Firehose has neither keys nor hash keys', () => {
    expect(encode('json', { ...golden, operation: 'PutRecordBatch' }).toString()).toBe(
      '{"DeliveryStreamName":"s","Records":[{"Data":"aGk="},{"Data":""}]}',
    );
  });

  it.each([0, 1, 2, 3, 23, 24, 255, 256, 16_383, 16_384, 49_151, 49_152, 49_153, 65_535, 65_536, 100_000])(
    'carries %i bytes of data unchanged',
    (length) => {
      const data = Buffer.from(Uint8Array.from({ length }, (_, index) => index % 251));
      const request: PutRequest = { operation: 'PutRecords', stream: 's', records: [outgoing(data)] };
      const json = JSON.parse(encode('json', request).toString()) as { Records: { Data: string }[] };
      const decoded = decodeCbor(encode('cbor', request)) as { Records: { Data: Uint8Array }[] };
      expect(json.Records[0]?.Data).toBe(data.toString('base64'));
      expect(data.equals(decoded.Records[0]?.Data ?? Buffer.alloc(0))).toBe(true);
    },
  );

  it('reads back as it was, whatever the records are', () => {
    const entry = fc.record({
      data: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      partitionKey: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }),
      explicitHashKey: fc.option(fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }).map(String), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 30 }), (entries) => {
        const records = entries.map((each) => outgoing(each.data, each.partitionKey, each.explicitHashKey));
        const request: PutRequest = { operation: 'PutRecords', stream: 's', records };
        const expected = entries.map((each) => ({
          Data: each.data.toString('base64'),
          PartitionKey: each.partitionKey,
          ...(each.explicitHashKey === undefined ? {} : { ExplicitHashKey: each.explicitHashKey }),
        }));
        const decoded = decodeCbor(encode('cbor', request)) as { Records: { Data: Uint8Array }[] };
        const texts = decoded.Records.map((each) => ({ ...each, Data: Buffer.from(each.Data).toString('base64') }));
        expect(texts).toEqual(expected);
        expect(JSON.parse(encode('json', request).toString())).toEqual({ StreamName: 's', Records: expected });
      }),
      { numRuns: 200 },
    );
  });
});
