/** Which settings a reload does not apply: whoever changed them has to hear that, or waits for an effect in vain. Pure. */
import { isDeepStrictEqual } from 'node:util';
import type { AgentConfig } from './model.ts';

type Values = Readonly<Record<string, unknown>>;

/**
 * Names of settings, as they are written in the config, that differ between the config of the process's start and a new one and take
 * effect at the next start only. What flows are made of is not among them, nor `bufferBytesMax`, `shutdownTimeoutMillis` and
 * `log.level`, which a reload applies.
 */
export function settingsForRestart(started: AgentConfig, wanted: AgentConfig): readonly string[] {
  const uploads = [started, wanted].every(({ telemetry }) => telemetry.cloudwatch.emitMetrics);
  return changedNames(fixedOf(started, uploads), fixedOf(wanted, uploads));
}

/** `uploads`: metrics go to CloudWatch, the way they did at the start. */
function fixedOf({ agent, tail, checkpoint, telemetry, aws }: AgentConfig, uploads: boolean): Values {
  const { shutdownTimeoutMillis: _timeout, ...agentFixed } = agent;
  const { bufferBytesMax: _buffer, ...tailFixed } = tail;
  const { level: _level, ...log } = telemetry.log;
  const { credentials, proxy, caBundle } = aws;
  const cloudwatch = { ...telemetry.cloudwatch, region: telemetry.cloudwatch.region ?? (uploads ? aws.region : undefined) };
  // Flows have what they need of `aws` in themselves; metrics go out with what they began with.
  return { ...agentFixed, ...tailFixed, ...checkpoint, ...telemetry, log, cloudwatch, ...(uploads ? { credentials, proxy, caBundle } : {}) };
}

function changedNames(before: Values, after: Values, prefix = ''): readonly string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) => {
    const [old, now] = [before[name], after[name]];
    if (isDeepStrictEqual(old, now)) return [];
    return isGroup(old) && isGroup(now) ? changedNames(old, now, `${prefix}${name}.`) : [prefix + name];
  });
}

function isGroup(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
