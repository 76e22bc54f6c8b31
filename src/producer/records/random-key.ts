/**
 * Keys for records whose order nobody asked for: random ones for streams, none for delivery streams.
 *
 * A random key is eight URL-safe characters, 48 bits of chance, drawn in blocks. One key for each aggregated record is
 * enough to spread records evenly over any number of shards, since the service hashes the key. Short keys cost little.
 */
import type { Random } from '../../core/ports.ts';
import type { PartitionKey } from './key-table.ts';

export interface KeySource {
  /** Bytes of every key. */
  readonly keyBytes: number;
  next(): PartitionKey;
}

const CHANCE_BYTES = 6;
const KEYS_IN_BLOCK = 128;
const KEY_CHARACTERS = 8;

export class RandomKeys implements KeySource {
  readonly keyBytes: number = KEY_CHARACTERS;
  readonly #random: Random;
  #block = '';
  #position = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  next(): PartitionKey {
    if (this.#position === this.#block.length) {
      this.#block = this.#random.bytes(CHANCE_BYTES * KEYS_IN_BLOCK).toString('base64url');
      this.#position = 0;
    }
    const start = this.#position;
    this.#position = start + KEY_CHARACTERS;
    return { text: this.#block.slice(start, this.#position), textBytes: KEY_CHARACTERS, hashKey: undefined };
  }
}

const noKey: PartitionKey = { text: '', textBytes: 0, hashKey: undefined };
/** Firehose knows no keys. */
export const noKeys: KeySource = { keyBytes: 0, next: () => noKey };
