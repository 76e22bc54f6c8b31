/** Makes a flow's chain of converters, its joiner of lines, and its footers. Undefined where the config asks for none. */
import type { FlowConfig } from '../config/model.ts';
import type { LineJoiner } from '../core/pipeline.ts';
import { type ChainPreprocessor, createPreprocessor } from '../preprocess/chain.ts';
import { containerLineJoiner } from '../preprocess/formats/container-lines.ts';
import type { PreprocessEnvironment } from '../preprocess/stage/environment.ts';
import { type Footers, footersOf } from '../tail/lines/footer.ts';
import { multiLineJoiner } from '../tail/lines/multiline.ts';
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

/** The records that say that a file is complete. */
export function flowFooters(flow: FlowConfig, events: EventSink): Footers | undefined {
  return footersOf(flow.tail.fileFooterPattern, {
    timeoutMs: flow.preprocess.patternTimeoutMillis,
    onSlow: (records) => events.emit('footerTooSlow', { flow: flow.id, records }),
  });
}
