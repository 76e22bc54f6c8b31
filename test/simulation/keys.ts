/**
 * Partition keys that promise order (a part of check 2). Every line comes under its own key, also as one of several lines
 * in a Kinesis record. A record lands in the shard of its key, whatever the sender believed about the shards.
 *
 * In the newline format a consumer sees no key but the record's, so all lines of a record must have that key. Only then does
 * the whole record lie in the right child of a shard that was split.
 */
import { isAggregate } from '../support/deaggregate.ts';
import { partitionHashKey } from '../support/kinesis-server/hash-key.ts';
import type { Holding, Ledger } from './ledger.ts';
import type { FlowPlan } from './scenario.ts';
import { CONSTANT_KEY } from './sim-config.ts';
import type { Acceptance } from './sim-kinesis.ts';

export class Keys {
  readonly #ledger: Ledger;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** What is wrong with the shard of the record; undefined: nothing. An aggregate in a wrong shard counts as not accepted (`usersIn`). */
  recordAccepted(flow: FlowPlan, { data, partitionKey, range }: Acceptance): string | undefined {
    if (isKeyless(flow) || isAggregate(data)) return undefined;
    const hashKey = partitionHashKey(partitionKey);
    if (hashKey >= range.startHashKey && hashKey <= range.endHashKey) return undefined;
    return `a record with the key ${partitionKey} outside of its shard`;
  }

  /** What is wrong with the key of a line. */
  lineAccepted(flow: FlowPlan, text: string, partitionKey: string): string | undefined {
    if (flow.key === 'random' || isKeyless(flow)) return undefined;
    if (flow.key === 'constant') return partitionKey === CONSTANT_KEY ? undefined : `a line under the key ${partitionKey}`;
    const line = this.#ledger.lineOf(flow.id, text);
    // A piece of a line, or the header, which many files have.
    if (line === undefined || text.startsWith('#')) return undefined;
    if (this.#isNameOf(line.holding, partitionKey) || this.#standsUnder(flow, text, partitionKey)) return undefined;
    return `a line under the key ${partitionKey}, of a file that never had that name`;
  }

  /**
   * Whether a file that ever had that name has such a line. Every line is unique, except the rest of a line that was being written when
   * its file was cut in place. Such a rest, often only a newline, can begin the next content of several logs.
   */
  #standsUnder(flow: FlowPlan, text: string, path: string): boolean {
    return this.#ledger.originals(flow.id).some((holding) => this.#isNameOf(holding, path) && holding.content.lines.some((line) => line.text === text));
  }

  /** Whether the file, or a copy of it in which it is read on, ever had that name. */
  #isNameOf({ places, copies }: Holding, path: string): boolean {
    return [...places, ...copies].some((place) => place.path === path);
  }
}

function isKeyless({ features }: FlowPlan): boolean {
  return features.names.includes('firehose');
}
