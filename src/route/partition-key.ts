/**
 * How the partition key of a record is made, from the setting. A record that gives no usable key gets a random one: the
 * service takes 1 to 256 characters (PutRecordsRequestEntry, Kinesis API reference).
 */
import { hash } from 'node:crypto';
import { assertNever } from '../core/assert.ts';
import { limits } from '../core/limits.ts';
import type { PartitionKeyPlan } from '../core/partition-key-plan.ts';
import { BoundedLoop, patternTimeoutMsDefault } from '../core/pattern/bounded-loop.ts';
import { compilePattern } from '../core/pattern/pattern.ts';
import type { RecordBatch } from '../core/record-batch.ts';
import type { PartitionKeySetting } from './config.ts';
import { JsonField } from './json-field.ts';
import { recordText } from './record-text.ts';

/**
 * The plan that the producer needs. `patternTimeoutMs` is how long a pattern may work on one batch (bounded-loop.ts). Throws a
 * `PatternError` for a pattern that cannot be used.
 */
export function partitionKeyPlan(setting: PartitionKeySetting, patternTimeoutMs = patternTimeoutMsDefault): PartitionKeyPlan {
  switch (setting.kind) {
    case 'random':
      return { kind: 'random' };
    case 'file':
      return { kind: 'per-batch', keyOf: (source) => usable(source.path) };
    case 'constant':
      return { kind: 'per-batch', keyOf: () => usable(setting.constant) };
    case 'md5':
      return { kind: 'per-record', keyOf: (batch, index) => hash('md5', batch.record(index), 'hex') };
    case 'field': {
      const field = new JsonField(setting.field);
      return { kind: 'per-record', keyOf: (batch, index) => usable(field.textOf(batch, index)) };
    }
    case 'regex':
      return regexPlan(setting.regex, patternTimeoutMs);
    default:
      return assertNever(setting);
  }
}

/**
 * The first group of the first match; the whole match where the pattern has no group. A record on which the pattern runs
 * too long has no key. The keys of a batch are made together: a time limit costs too much to be set for each record.
 */
function regexPlan(text: string, patternTimeoutMs: number): PartitionKeyPlan {
  const { regexp, groups, groupCount } = compilePattern(text, { whole: false, captures: true, looseNames: true });
  const place = groupCount === 0 ? 0 : (groups[1] ?? 0);
  const loop = new BoundedLoop(patternTimeoutMs);
  let keys: (string | undefined)[] = [];
  const makeKeys = (batch: RecordBatch) => {
    keys = [];
    loop.run(batch.count, {
      next: () => keys.length,
      doTo: (end) => {
        while (keys.length < end) {
          regexp.lastIndex = 0;
          keys.push(usable(regexp.exec(recordText(batch, keys.length))?.[place]));
        }
      },
      giveUp: (end) => {
        while (keys.length < end) keys.push(undefined);
      },
    });
  };
  return {
    kind: 'per-record',
    keyOf: (batch, index) => {
      if (index === 0 || index >= keys.length) makeKeys(batch);
      return keys[index];
    },
  };
}

/**
 * `key` if the service takes it. Half a surrogate pair (an escape of JSON, a byte of a path that is not UTF-8) has no form in UTF-8: it is
 * replaced here, so that the key is the same in CBOR, in JSON, in the key table of an aggregate and in the hash that predicts its shard.
 */
function usable(key: string | undefined): string | undefined {
  return key === undefined || key === '' || key.length > limits.partitionKeyCharsMax ? undefined : key.toWellFormed();
}
