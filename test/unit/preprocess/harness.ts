/** Runs records through a chain as a flow does, and accounts for every byte of them. */
import { loadConfig } from '../../../src/config/load.ts';
import { OffsetTracker, type Resolution } from '../../../src/core/offset-tracker.ts';
import type { InstanceMetadata } from '../../../src/core/instance-metadata.ts';
import { RecordBatch } from '../../../src/core/record-batch.ts';
import {
  type ChainPreprocessor,
  createPreprocessor,
  type PreprocessorOptions,
} from '../../../src/preprocess/chain.ts';
import { preprocessIssues } from '../../../src/preprocess/check.ts';
import { preprocessFlowFields } from '../../../src/preprocess/config.ts';
import type { PreprocessEnvironment } from '../../../src/preprocess/stage/environment.ts';
import type { EventFields, EventName } from '../../../src/telemetry/events.ts';
import { FakeConfigFiles } from '../config/fake-config-files.ts';

export const wallMs = 1_700_000_000_123;

const noMetadata: InstanceMetadata = { ec2: () => undefined, ecs: () => undefined };

export const environment: PreprocessEnvironment = {
  hostName: 'web-1',
  instanceMetadata: noMetadata,
  utcOffsetMinutes: () => 60,
};

export interface SeenEvent {
  readonly name: EventName;
  readonly fields: unknown;
}

/** A chain of `steps` as a YAML config would give it; `changes` are the other options. */
export function nativeChain(
  steps: readonly unknown[],
  changes: Partial<PreprocessorOptions> = {},
  seen: SeenEvent[] = [],
): ChainPreprocessor {
  const processing = preprocessFlowFields.dataProcessingOptions.parse(steps) ?? [];
  const chain = createPreprocessor({
    processing,
    compatibility: 'native',
    environment,
    flow: 'test',
    events: { emit: (name: EventName, fields: EventFields<EventName>) => void seen.push({ name, fields }) },
    ...changes,
  });
  if (chain === undefined) throw new Error('the chain has steps');
  return chain;
}

/** A chain of `steps` under compatibility. Throws where the agent would refuse to start. */
export function javaChain(steps: readonly unknown[], changes: Partial<PreprocessorOptions> = {}): ChainPreprocessor {
  return nativeChain(steps, { compatibility: 'amazon-kinesis-agent', ...changes });
}

export interface Outcome {
  readonly records: readonly Buffer[];
  readonly resolutions: readonly Resolution[];
  readonly sourceStarts: readonly number[];
  readonly sourceBytes: readonly number[];
}

export interface SourceFacts {
  readonly path?: string;
  readonly startOffset?: number;
  readonly wallMs?: number;
  readonly firstLine?: Buffer;
}

/** Sends `records` through `chain` as one batch; throws unless each of their bytes is carried or resolved once. */
export function convert(chain: ChainPreprocessor, records: readonly (Buffer | string)[], facts: SourceFacts = {}): Outcome {
  const parts = records.map((record) => Buffer.from(record));
  // The empty record stands for a line of no bytes; a span has at least one, so one byte precedes the batch.
  const lead = Buffer.from('#');
  const buffer = Buffer.concat([lead, ...parts]);
  const resolutions: Resolution[] = [];
  const tracker = new OffsetTracker({ startOffset: facts.startOffset ?? 0, onResolve: (r) => void resolutions.push(r) });
  const total = buffer.length - lead.length;
  const span = tracker.open(Math.max(1, total), Buffer.alloc(0));
  const input = new RecordBatch();
  input.reset(buffer);
  let at = lead.length;
  for (const part of parts) {
    input.push(at, at + part.length, at - lead.length, part.length);
    at += part.length;
  }
  const before = Buffer.from(buffer);
  const output = chain.process(input, {
    path: facts.path ?? '/var/log/app.log',
    span,
    wallMs: facts.wallMs ?? wallMs,
    ...(facts.firstLine === undefined ? {} : { firstLine: facts.firstLine }),
  });
  if (!before.equals(buffer)) throw new Error('the chain changed its input');
  const carried = Array.from(output.sourceBytes.subarray(0, output.count));
  const dropped = resolutions.reduce((sum, resolution) => sum + resolution.bytes, 0);
  const accounted = carried.reduce((sum, bytes) => sum + bytes, 0) + dropped;
  if (accounted !== total) throw new Error(`${total} bytes in, ${accounted} accounted for`);
  const droppedRecords = resolutions.reduce((sum, resolution) => sum + resolution.records, 0);
  if (output.count + droppedRecords !== records.length) throw new Error('a record is missing or doubled');
  return {
    records: Array.from({ length: output.count }, (_, index) => Buffer.from(output.record(index))),
    resolutions,
    sourceStarts: Array.from(output.sourceStarts.subarray(0, output.count)),
    sourceBytes: carried,
  };
}

/** The records as text. */
export function texts(outcome: Outcome): readonly string[] {
  return outcome.records.map((record) => record.toString());
}

/** What became of one record, in the words of the vectors. */
export type VectorResult =
  | { readonly result: 'record'; readonly output: Buffer }
  | { readonly result: 'drop' }
  | { readonly result: 'config-error'; readonly cause: string };

/**
 * One row of a set of vectors: the options as they stand in an agent.json, read as a whole config is, and one record.
 * `raw` in a vector is `record` here with the input's bytes.
 */
export async function runVector(vector: { options: unknown; input: Buffer }): Promise<VectorResult> {
  const path = '/etc/aws-kinesis/agent.json';
  const flow = { filePattern: '/tmp/app.log', kinesisStream: 's', dataProcessingOptions: vector.options };
  const files = new FakeConfigFiles({ [path]: JSON.stringify({ flows: [flow] }) });
  const loaded = await loadConfig(path, { files, env: {} });
  if (loaded.kind === 'invalid') return { result: 'config-error', cause: loaded.issues.map(({ message }) => message).join('; ') };
  const processing = loaded.config.flows[0]?.preprocess.dataProcessingOptions ?? [];
  if (processing.length === 0) return { result: 'record', output: vector.input };
  const [issue] = preprocessIssues({ processing, compatibility: 'amazon-kinesis-agent' });
  if (issue !== undefined) return { result: 'config-error', cause: issue.message };
  const events = { emit: () => undefined };
  const chain = createPreprocessor({ processing, compatibility: 'amazon-kinesis-agent', environment, flow: 'test', events });
  const [record] = chain === undefined ? [] : convert(chain, [vector.input]).records;
  return record === undefined ? { result: 'drop' } : { result: 'record', output: record };
}
