/**
 * The differences for someone who comes from the Java agent, beyond the warnings about single keys. `kinship check` shows
 * them at its end for an agent.json: only those that apply to the config at hand.
 */
import type { AgentConfig } from './model.ts';

export function agentDifferences(config: AgentConfig): readonly string[] {
  const { flows } = config;
  const lines = [
    'Every file a pattern matches is followed at the same time, each with its own position; the Java agent follows one.',
    'A position moves only past what was accepted. Rotation by copytruncate, late writers and rotated files lose nothing.',
    'A last line without a newline is sent once its file has ended; the Java agent leaves it out.',
    'Records are sent 100 ms after they were read unless maxBufferAgeMillis says otherwise; the Java agent waits 60 s.',
    `Positions are kept in ${config.checkpoint.checkpointFile}; those of the Java agent are not taken over: flows begin by initialPosition.`,
    'The log goes to standard output (the journal under systemd), not to /var/log/aws-kinesis-agent.',
  ];
  if (flows.some((flow) => flow.tail.initialPosition === 'END_OF_FILE')) {
    lines.push(
      'With initialPosition END_OF_FILE nothing is sent that was written before the first start: start kinship first, then stop the Java agent; what is written between comes twice.',
    );
  }
  if (
    flows.some((flow) =>
      flow.tail.filePattern.some((pattern) => /[*?[{]/.test(pattern.slice(0, pattern.lastIndexOf('/')))),
    )
  ) {
    lines.push('* ? [ ] { } work in directories too; the Java agent takes them literally there.');
  }
  if (flows.some((flow) => flow.tail.multiLineStartPattern !== undefined)) {
    lines.push(
      'A multi-line record waits multiLineTimeoutMillis (2 s) for more lines; the Java agent cuts it at every poll.',
    );
  }
  if (flows.some((flow) => flow.route.partitionKey.kind === 'md5')) {
    lines.push('partitionKeyOption DETERMINISTIC is the MD5 of the record; the Java agent hashes its whole buffer.');
  }
  if (flows.some((flow) => flow.preprocess.dataProcessingOptions.length > 0)) {
    lines.push(
      'Preprocessing gives the same bytes as the Java agent; "compatibility": "native" gives the better ones (quoted CSV, IPv6, kept lines).',
    );
  }
  if (flows.some((flow) => flow.producer.aggregation.format === 'newline' && flow.preprocess.dataProcessingOptions.length > 0)) {
    lines.push('With aggregatedRecordSizeBytes lines are processed one by one, then packed; the Java agent processes what it has packed.');
  }
  if (flows.some((flow) => flow.destination.kind === 'kinesis' && flow.producer.aggregation.format === 'none')) {
    lines.push(
      'Each line is one Kinesis record, as before; "aggregation": {"format": "kpl"} makes it cheaper where consumers use the KCL.',
    );
  }
  return lines;
}
