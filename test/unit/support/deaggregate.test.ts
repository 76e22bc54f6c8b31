import { describe, expect, it } from 'vitest';
import { deaggregate, isAggregate } from '../../support/deaggregate.ts';

/** Three user records: (a1, "hello"), (b2 with explicit hash key 2^127, "world!"), (a1, empty); built with protobufjs. */
const golden = Buffer.from(
  'f3899ac20a0261310a02623212273137303134313138333436303436393233313733313638373330333731353838343130353732381a0908001a0568656c6c6f1a0c080110001a06776f726c64211a0408001a00d995248634afc3775e3ea1c89137ceab',
  'hex',
);
const top = (1n << 128n) - 1n;
const middle = 1n << 127n;
const of = (data: Buffer) => ({ data, partitionKey: 'outer' });

describe('deaggregate', () => {
  it('gives the user records of an aggregate in order, with their own keys', () => {
    const users = deaggregate(of(golden));
    expect(users.map((user) => [user.partitionKey, user.explicitHashKey, user.data.toString()])).toEqual([
      ['a1', undefined, 'hello'],
      ['b2', String(middle), 'world!'],
      ['a1', undefined, ''],
    ]);
    expect(users.map((user) => user.subSequenceNumber)).toEqual([0, 1, 2]);
  });

  it.each([
    { name: 'all of it to the shard that holds all of its hash keys', range: [middle, top], count: 3 },
    { name: 'none of it when one user record is below the range', range: [middle + 1n, top], count: 0 },
    { name: 'none of it when one user record is above the range', range: [0n, middle - 1n], count: 0 },
  ] as const)('gives $name', ({ range, count }) => {
    expect(deaggregate(of(golden), { startHashKey: range[0], endHashKey: range[1] })).toHaveLength(count);
  });

  it.each([
    { name: 'a plain line', data: Buffer.from('a line\n') },
    { name: 'nothing', data: Buffer.alloc(0) },
    { name: 'the magic alone', data: golden.subarray(0, 4) },
    { name: 'a wrong digest', data: Buffer.concat([golden.subarray(0, -1), Buffer.from([0])]) },
    { name: 'a damaged message', data: Buffer.concat([golden.subarray(0, 10), Buffer.from([1]), golden.subarray(11)]) },
    { name: 'a cut aggregate', data: golden.subarray(0, 60) },
  ])('delivers $name untouched, under its own key', ({ data }) => {
    expect(isAggregate(data)).toBe(false);
    expect(deaggregate(of(data))).toEqual([
      { data, partitionKey: 'outer', explicitHashKey: undefined, subSequenceNumber: 0 },
    ]);
  });
});
