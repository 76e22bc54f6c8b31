/**
 * Where a record belongs: hash keys are integers 0 … 2^128-1.
 *
 * Source: Kinesis API reference, PutRecordsRequestEntry: MD5 of the UTF-8 partition key, big-endian, unless an explicit
 * hash key is given.
 */
import { hash } from 'node:crypto';

export const hashKeyMax = (1n << 128n) - 1n;

/** The hash key of a partition key. */
export function partitionHashKey(partitionKey: string): bigint {
  return BigInt(`0x${hash('md5', partitionKey, 'hex')}`);
}

/** The value of an explicit hash key, `undefined` where it is not a decimal integer in range. */
export function parseHashKey(text: string): bigint | undefined {
  if (!/^(?:0|[1-9]\d{0,38})$/.test(text)) return undefined;
  const value = BigInt(text);
  return value <= hashKeyMax ? value : undefined;
}

/** `count` ranges of equal width that cover all hash keys, as a new stream has them. */
export function evenRanges(count: number): { readonly start: bigint; readonly end: bigint }[] {
  const width = (hashKeyMax + 1n) / BigInt(count);
  return Array.from({ length: count }, (_, index) => ({
    start: width * BigInt(index),
    end: index === count - 1 ? hashKeyMax : width * BigInt(index + 1) - 1n,
  }));
}
