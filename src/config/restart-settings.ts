/** Finds the changed settings that a reload does not apply. Whoever changed them must be told, or waits for an effect in vain. Pure. */
import { isDeepStrictEqual } from 'node:util';
import type { AgentConfig } from './model.ts';

type Values = Readonly<Record<string, unknown>>;

/**
 * Names, as written in the config, of the settings that differ between the config of the process's start and a new one, and that take
 * effect at the next start only. The settings of flows are not among them, nor `bufferBytesMax`, `shutdownTimeoutMillis` and
 * `log.level`: a reload applies those.
 */
export function settingsForRestart(started: AgentConfig, wanted: AgentConfig): readonly string[] {
  const uploads = [started, wanted].every(({ telemetry }) => telemetry.cloudwatch.emitMetrics);
  return changedNames(fixedOf(started, uploads), fixedOf(wanted, uploads));
}

/** `uploads`: both configs send metrics to CloudWatch, so that the settings for this count as well. */
function fixedOf({ agent, tail, checkpoint, telemetry, aws }: AgentConfig, uploads: boolean): Values {
  const { shutdownTimeoutMillis: _timeout, ...agentFixed } = agent;
  const { bufferBytesMax: _buffer, ...tailFixed } = tail;
  const { level: _level, ...log } = telemetry.log;
  const { credentials, proxy, caBundle } = aws;
  const cloudwatch = { ...telemetry.cloudwatch, region: telemetry.cloudwatch.region ?? (uploads ? aws.region : undefined) };
  // Each flow holds its own part of `aws`. The upload of metrics keeps the credentials and proxy that it began with.
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
