/**
 * The partition keys of an aggregate: each once, in the order in which they came, and which user record has which.
 *
 * Invariant: `bytes` is what the table takes in the aggregated record. As long as there is one key, nothing is kept per
 * user record.
 */
import { assert } from '../../core/assert.ts';
import { partitionKeyTag, tableEntryBytes, writeTableEntry } from './aggregated-record.ts';
import type { HashKey } from '../shards/hash-key.ts';

export interface PartitionKey {
  readonly text: string;
  /** Bytes of the text in UTF-8. */
  readonly textBytes: number;
  /** `undefined` for random keys: nobody predicts their shard. */
  readonly hashKey: HashKey | undefined;
}

export class KeyTable {
  readonly #keys: PartitionKey[] = [];
  #bytes = 0;
  /** Key of each user record, and place of each key but the first; only once there is a second key. */
  #indexes: Uint32Array<ArrayBuffer> | undefined;
  #places: Map<string, number> | undefined;

  get keys(): readonly PartitionKey[] {
    return this.#keys;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The key of user record `index`. */
  keyOf(index: number): PartitionKey {
    const key = this.#keys[this.#indexes?.[index] ?? 0];
    assert(key !== undefined, 'every user record has a key');
    return key;
  }

  /** Where `key` stands; -1: it is not in the table. */
  indexOf(key: PartitionKey): number {
    if (this.#keys[0]?.text === key.text) return 0;
    return this.#places?.get(key.text) ?? -1;
  }

  /** Puts `key`, which is not in the table, at its end. */
  add(key: PartitionKey): void {
    if (this.#keys.length > 0) {
      this.#places ??= new Map();
      this.#places.set(key.text, this.#keys.length);
    }
    this.#keys.push(key);
    this.#bytes += tableEntryBytes(key.textBytes);
  }

  /** User records [from, to), which come next, have key `keyIndex`. */
  assign(from: number, to: number, keyIndex: number): void {
    if (this.#indexes === undefined) {
      if (keyIndex === 0) return;
      this.#indexes = new Uint32Array(Math.max(to, 64));
    }
    while (to > this.#indexes.length) this.#indexes = widen(this.#indexes);
    // Often this is one record, and a call of `fill` costs as much as twenty of them here.
    for (let index = from; index < to; index += 1) this.#indexes[index] = keyIndex;
  }

  /** Puts a key of the same length in the place of the only one. */
  replace(key: PartitionKey): void {
    assert(this.#keys.length === 1 && this.#keys[0]?.textBytes === key.textBytes, 'a key takes the place of its like');
    this.#keys[0] = key;
  }

  /** Writes the table at `at`, where there is room. */
  write(target: Buffer, at: number): void {
    let position = at;
    for (const { text, textBytes } of this.#keys) {
      position = writeTableEntry(target, position, { tag: partitionKeyTag, text, textBytes });
    }
  }
}

function widen(old: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const wider = new Uint32Array(old.length * 2);
  wider.set(old);
  return wider;
}
