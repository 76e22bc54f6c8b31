/** What can be set about metrics, health and the agent's own log. */
import * as z from 'zod';
import { choice, described, flag, group, text, whole } from '../core/settings-field.ts';

const cloudwatch = group(
  {
    emitMetrics: flag({ description: 'Send metrics to CloudWatch (needs cloudwatch:PutMetricData).' }).default(true),
    namespace: text({ description: 'Namespace of the metrics.' }).default('AWSKinesisAgent'),
    tagInstance: flag({ description: 'Add the dimension Instance: the EC2 instance id, else the host name.' }).default(false),
    dimensions: described(
      z.record(z.string().min(1).max(255), z.string().min(1).max(1024)),
      { description: 'Further dimensions of every metric.', example: { Environment: 'production' } },
      'names and values',
    ).default({}),
    level: choice(['none', 'summary', 'detailed'], {
      description: 'How much: per destination (summary), or per shard as well (detailed, costs more).',
    }).default('summary'),
    metricsUploadSeconds: whole('seconds', { description: 'How often metrics are sent.', min: 1, max: 3600 }).default(60),
    endpoint: text({ description: 'Endpoint of CloudWatch, with scheme.', example: 'https://monitoring.eu-west-1.amazonaws.com' }).optional(),
    region: text({ description: 'Region of the metrics; else the config’s region.', example: 'eu-west-1' }).optional(),
  },
  { description: 'Metrics to Amazon CloudWatch, under the names of the Java agent.' },
);

const prometheus = group(
  {
    listen: text({
      description: 'Address and port for /metrics, /health and /ready. Not set: off.',
      example: '127.0.0.1:9464',
    }).optional(),
  },
  { description: 'Metrics for Prometheus, and health checks, over HTTP.' },
);

const health = group(
  {
    lagSecondsMax: whole('seconds', {
      description: '/health answers 503 when the oldest byte not delivered is older than this.',
      min: 1,
    }).default(600),
  },
  { description: 'When the agent calls itself unhealthy.' },
);

const log = group(
  {
    level: choice(['trace', 'debug', 'info', 'warn', 'error'], { description: 'Least severe event that is logged.' }).default('info'),
    format: choice(['auto', 'json', 'pretty'], {
      description: 'One JSON object a line, or text for people; auto: pretty on a terminal, else json.',
    }).default('auto'),
    progressSeconds: whole('seconds', { description: 'How often a line of progress is logged; 0: never.', min: 0, max: 86_400 }).default(60),
  },
  { description: 'The agent’s own log, on standard output.' },
);

/** Keys at the top of the config. */
export const telemetryRootFields = {
  cloudwatch: cloudwatch.prefault({}),
  prometheus: prometheus.prefault({}),
  health: health.prefault({}),
  log: log.prefault({}),
};

const rootSchema = z.object(telemetryRootFields);
export type TelemetrySettings = Readonly<z.output<typeof rootSchema>>;
export type CloudWatchSettings = TelemetrySettings['cloudwatch'];
export type PrometheusSettings = TelemetrySettings['prometheus'];
export type HealthSettings = TelemetrySettings['health'];
export type LogSettings = TelemetrySettings['log'];
