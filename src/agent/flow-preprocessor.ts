/** Flow → its chain of converters and how its lines are joined, or undefined where they go as they are. */
import type { FlowConfig } from '../config/model.ts';
import type { LineJoiner } from '../core/pipeline.ts';
import { type ChainPreprocessor, createPreprocessor } from '../preprocess/chain.ts';
import { containerLineJoiner } from '../preprocess/container-lines.ts';
import type { PreprocessEnvironment } from '../preprocess/environment.ts';
import { multiLineJoiner } from '../tail/multiline.ts';
import type { EventSink } from '../telemetry/events.ts';

export function flowPreprocessor(
  flow: FlowConfig,
  { environment, events }: { environment: PreprocessEnvironment; events: EventSink },
): ChainPreprocessor | undefined {
  const { dataProcessingOptions, compatibility, onUnparsable, trimNewline, patternTimeoutMillis } = flow.preprocess;
  return createPreprocessor({
    processing: dataProcessingOptions,
    compatibility: compatibility === 'amazon-kinesis-agent' ? compatibility : 'native',
    onUnparsable,
    trimNewline,
    patternTimeoutMs: patternTimeoutMillis,
    environment,
    flow: flow.id,
    events,
  });
}

/** How lines form records: by the flow's patterns, or, of container logs, by the marks of partial lines. */
export function flowJoiner(flow: FlowConfig, events: EventSink): LineJoiner | undefined {
  const container = flow.preprocess.dataProcessingOptions.find((option) => option.optionName === 'CONTAINER');
  const joiner = multiLineJoiner(flow.tail, {
    timeoutMs: flow.preprocess.patternTimeoutMillis,
    onSlow: (lines) => events.emit('multiLineTooSlow', { flow: flow.id, lines }),
  });
  return joiner ?? (container === undefined ? undefined : containerLineJoiner(container.format ?? 'auto'));
}
