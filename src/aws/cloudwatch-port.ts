/**
 * CloudWatch through the SDK. The client is made with the first upload, and loaded only then: most agents have metrics switched off
 * or read by Prometheus.
 */
import type { CloudWatchClient, MetricDatum as AwsMetricDatum } from '@aws-sdk/client-cloudwatch';
import type { CloudWatchPort } from '../telemetry/cloudwatch.ts';
import type { MetricDatum } from '../telemetry/cloudwatch-data.ts';
import { abortable } from './network/abortable.ts';
import type { ServiceAccess } from './access/service-access.ts';

export class SdkCloudWatchPort implements CloudWatchPort {
  readonly #access: ServiceAccess<CloudWatchClient>;

  constructor(options: { access: ServiceAccess<CloudWatchClient> }) {
    this.#access = options.access;
  }

  async putMetricData(namespace: string, data: readonly MetricDatum[], signal: AbortSignal): ReturnType<CloudWatchPort['putMetricData']> {
    const answer = await this.#access.call({ operation: 'PutMetricData', target: '', signal }, async ({ client }) => {
      const { PutMetricDataCommand } = await import('@aws-sdk/client-cloudwatch');
      const command = new PutMetricDataCommand({ Namespace: namespace, MetricData: data.map(toAws) });
      // The SDK's wait between two attempts does not heed the signal.
      await abortable(client.send(command, { abortSignal: signal }), signal);
    });
    return answer.kind === 'failed' ? answer : { kind: 'accepted' };
  }
}

function toAws(datum: MetricDatum): AwsMetricDatum {
  const { statistics } = datum;
  return {
    MetricName: datum.name,
    Unit: datum.unit,
    Timestamp: new Date(datum.timestampMs),
    Dimensions: datum.dimensions.map(([Name, Value]) => ({ Name, Value })),
    ...(statistics.kind === 'values'
      ? { Values: [...statistics.values], Counts: [...statistics.counts] }
      : {
          StatisticValues: {
            SampleCount: statistics.count,
            Sum: statistics.sum,
            Minimum: statistics.min,
            Maximum: statistics.max,
          },
        }),
  };
}
