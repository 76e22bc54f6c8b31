/** The config of a scenario, as the product itself makes it from what a user would write. */
import type { AgentConfig } from '../../src/config/model.ts';
import { resolveConfig } from '../../src/config/resolve.ts';
import { configSchema } from '../../src/config/schema.ts';
import type { FlowPlan, Scenario } from './scenario.ts';

/** `bufferBytesMax` may be far smaller than users are allowed to set it, so that it runs out in small runs. */
export function configOf(scenario: Scenario): AgentConfig {
  const root = configSchema.parse({ flows: scenario.flows.map((flow) => flowSettings(flow, scenario)) });
  const config = resolveConfig('/etc/kinship/kinship.yaml', root, root.flows);
  return { ...config, tail: { ...config.tail, bufferBytesMax: scenario.budgetBytes } };
}

function flowSettings(flow: FlowPlan, scenario: Scenario): object {
  return {
    id: flow.id,
    filePattern: flow.patterns,
    initialPosition: flow.initialPosition,
    kinesisStream: flow.stream,
    partitionKey: flow.key === 'constant' ? { constant: 'one key' } : flow.key,
    recordMaxBufferedTimeMillis: flow.bufferedMs,
    aggregation: { format: flow.format, recordBytesMax: flow.aggregateBytesMax },
    lineBytesMax: scenario.lineBytesMax,
    oversizeRecords: flow.oversize,
    retryMaxBackoffMillis: 3000,
  };
}
