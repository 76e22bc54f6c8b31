/**
 * Hash keys: where in 0 … 2^128-1 a partition key belongs. A hash key is kept as 32 lower-case hex digits, so that comparing
 * two of them is comparing two short strings. It becomes a number only where the service wants to read one.
 *
 * Source: PutRecordsRequestEntry in the Kinesis API reference: MD5 of the UTF-8 bytes, read as a big-endian integer.
 */
import { hash } from 'node:crypto';

/** Hex digits that a double holds without loss. */
const FRACTION_DIGITS = 13;

/** 32 lower-case hex digits; `<` compares as the numbers do. */
export type HashKey = string & { readonly brand: 'hash key' };

export const lowestHashKey: HashKey = hashKeyOfNumber(0n);
export const highestHashKey: HashKey = hashKeyOfNumber((1n << 128n) - 1n);

/** The hash key the service computes for `partitionKey`. */
export function hashKeyOf(partitionKey: string): HashKey {
  return hash('md5', partitionKey, 'hex') as HashKey;
}

export function hashKeyOfNumber(value: bigint): HashKey {
  return value.toString(16).padStart(32, '0') as HashKey;
}

/** As `ExplicitHashKey` wants it. */
export function decimalOf(hashKey: HashKey): string {
  return BigInt(`0x${hashKey}`).toString();
}

/** Where the hash key of `partitionKey` lies among all, from 0 to 1. */
export function hashFractionOf(partitionKey: string): number {
  return Number.parseInt(hash('md5', partitionKey, 'hex').slice(0, FRACTION_DIGITS), 16) / 16 ** FRACTION_DIGITS;
}
