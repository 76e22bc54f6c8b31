/** The config of a scenario, made by the product itself from what a user would write. */
import type { AgentConfig } from '../../src/config/model.ts';
import { resolveConfig } from '../../src/config/resolve.ts';
import { configSchema } from '../../src/config/schema/schema.ts';
import { FILTERED, STARTS } from './record-form.ts';
import type { FlowPlan, Scenario } from './scenario.ts';

/** Where delivered files are moved to. */
export const MOVED = '/moved';
/** The partition key of every record of a flow with a constant key. */
export const CONSTANT_KEY = 'one key';

/**
 * `bufferBytesMax` may be far smaller than users are allowed to set it, so that the budget runs out in small runs. Patterns have
 * no time limit: it would count the real machine's time, and runs of one seed would differ.
 */
export function configOf(scenario: Scenario): AgentConfig {
  const root = configSchema.parse({ flows: scenario.flows.map((flow) => flowSettings(flow, scenario)) });
  const config = resolveConfig('/etc/kinship/kinship.yaml', root, root.flows);
  const flows = config.flows.map((flow) => ({ ...flow, preprocess: { ...flow.preprocess, patternTimeoutMillis: Infinity } }));
  return { ...config, flows, tail: { ...config.tail, bufferBytesMax: scenario.budgetBytes, openFilesMax: scenario.openFilesMax ?? config.tail.openFilesMax } };
}

function flowSettings(flow: FlowPlan, scenario: Scenario): object {
  return {
    id: flow.id,
    filePattern: flow.patterns,
    initialPosition: flow.initialPosition,
    ...destinationOf(flow),
    recordMaxBufferedTimeMillis: flow.bufferedMs,
    aggregation: { format: flow.format, recordBytesMax: flow.aggregateBytesMax },
    lineBytesMax: scenario.lineBytesMax,
    oversizeRecords: flow.oversize,
    retryMaxBackoffMillis: 3000,
    ...featureSettings(flow),
  };
}

function destinationOf({ features, stream, key }: FlowPlan): object {
  if (features.names.includes('firehose')) return { deliveryStream: stream };
  return { kinesisStream: stream, partitionKey: key === 'constant' ? { constant: CONSTANT_KEY } : key };
}

function featureSettings({ id, features }: FlowPlan): object {
  const { names, framing, encoding, afterDelivery, deletedFiles } = features;
  const steps = [
    ...(names.includes('filter') ? [{ optionName: 'FILTER', exclude: FILTERED.source }] : []),
    ...(names.includes('json') ? [{ optionName: 'ADDFIELDS', fields: { flow: id }, offset: 'offset' }] : []),
  ];
  return {
    deletedFiles,
    dataProcessingOptions: steps,
    skipHeaderLines: names.includes('header') ? 1 : 0,
    ...(encoding === undefined ? {} : { encoding }),
    ...(framing && { multiLineStartPattern: STARTS.source, multiLineTimeoutMillis: framing.timeoutMs, multiLineLinesMax: framing.linesMax }),
    ...(afterDelivery && { afterDelivery, afterDeliverySeconds: 5 }),
    ...(afterDelivery === 'move' && { moveTo: MOVED }),
  };
}
