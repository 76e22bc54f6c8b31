/** Flow → its chain of converters, or undefined where its lines go as they are. */
import type { FlowConfig } from '../config/model.ts';
import { type ChainPreprocessor, createPreprocessor } from '../preprocess/chain.ts';
import type { PreprocessEnvironment } from '../preprocess/environment.ts';
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
