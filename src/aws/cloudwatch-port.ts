/**
 * CloudWatch by the AWS SDK. Never rejects: a failure comes back as a `ServiceFault`. This file is loaded only when metrics
 * are uploaded.
 */
import { CloudWatchClient, type CloudWatchClientConfig, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import type { MetricDatum as AwsMetricDatum } from '@aws-sdk/client-cloudwatch';
import type { CloudWatchPort } from '../telemetry/cloudwatch.ts';
import type { MetricDatum } from '../telemetry/cloudwatch-data.ts';
import { abortable } from './network/abortable.ts';
import type { CallContext } from './faults/call-context.ts';
import { serviceFault } from './faults/service-fault.ts';

/** Attempts of one call, retries included: the next interval uploads again anyway. */
const attemptsCountMax = 2;

/**
 * `open` gives the SDK's options: region, endpoint, credentials, request handler. It is called before the first upload, and before
 * each further one until it succeeds: metadata, a proxy or a CA bundle may become usable later. `close` ends the connections.
 */
export function cloudWatchPort(open: () => Promise<CloudWatchClientConfig>): CloudWatchPort & { close(): void } {
  let cloudWatch: CloudWatchClient | undefined;
  const send = async (command: PutMetricDataCommand, abortSignal: AbortSignal) => {
    cloudWatch ??= new CloudWatchClient({ maxAttempts: attemptsCountMax, ...(await open()) });
    await cloudWatch.send(command, { abortSignal });
  };
  return {
    putMetricData: async (namespace, data, signal) => {
      const command = new PutMetricDataCommand({ Namespace: namespace, MetricData: data.map(toAws) });
      try {
        // The SDK ignores the signal while it waits for credentials.
        await abortable(send(command, signal), signal);
        return { kind: 'accepted' };
      } catch (error) {
        return { kind: 'failed', fault: serviceFault(error, await callContext(cloudWatch)) };
      }
    },
    close: () => cloudWatch?.destroy(),
  };
}

async function callContext(client: CloudWatchClient | undefined): Promise<CallContext> {
  const region = (await client?.config.region().catch(() => undefined)) ?? 'an unknown region';
  const endpoint = await client?.config.endpoint?.();
  return {
    service: 'CloudWatch',
    operation: 'PutMetricData',
    target: '',
    region,
    endpoint: endpoint === undefined ? `monitoring.${region}` : urlOf(endpoint),
  };
}

function urlOf({ protocol, hostname: host, port }: { protocol: string; hostname: string; port?: number | undefined }): string {
  return `${protocol}//${host}${port === undefined ? '' : `:${port}`}`;
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
