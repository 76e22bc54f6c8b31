/**
 * CloudWatch by the AWS SDK. Never rejects: what goes wrong comes back as a `ServiceFault`. Loaded only when metrics are
 * uploaded.
 */
import { hostname } from 'node:os';
import { CloudWatchClient, type CloudWatchClientConfig, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import type { MetricDatum as AwsMetricDatum } from '@aws-sdk/client-cloudwatch';
import { MetadataService } from '@aws-sdk/ec2-metadata-service';
import type { CloudWatchPort } from '../telemetry/cloudwatch.ts';
import type { MetricDatum } from '../telemetry/cloudwatch-data.ts';
import { serviceFault } from './service-fault.ts';

/** Of each call, its retries included: the next interval tries again anyway. */
const attemptsCountMax = 2;

/** `client` is the SDK's: region, endpoint, credentials, request handler. Close it by `close`. */
export function cloudWatchPort(client: CloudWatchClientConfig): CloudWatchPort & { close(): void } {
  const cloudWatch = new CloudWatchClient({ maxAttempts: attemptsCountMax, ...client });
  return {
    putMetricData: async (namespace, data, signal) => {
      const command = new PutMetricDataCommand({ Namespace: namespace, MetricData: data.map(toAws) });
      try {
        await cloudWatch.send(command, { abortSignal: signal });
        return { kind: 'accepted' };
      } catch (error) {
        return { kind: 'failed', fault: serviceFault(error, await callContext(cloudWatch)) };
      }
    },
    close: () => cloudWatch.destroy(),
  };
}

/** Value of the dimension `Instance`, as the Java agent's: the EC2 instance id, else the host name. Never rejects. */
export async function instanceName(options: { endpoint?: string; timeoutMs: number }): Promise<string> {
  try {
    const metadata = new MetadataService({
      ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
      httpOptions: { timeout: options.timeoutMs },
      ec2MetadataV1Disabled: true,
      retries: 1,
    });
    return (await metadata.request('latest/meta-data/instance-id', {})) || hostname();
  } catch {
    return hostname();
  }
}

async function callContext(client: CloudWatchClient) {
  const region = await client.config.region().catch(() => 'unknown');
  const endpoint = await client.config.endpoint?.();
  return {
    service: 'CloudWatch',
    operation: 'PutMetricData',
    target: '',
    region,
    endpoint: endpoint === undefined ? `monitoring.${region}` : urlOf(endpoint),
  } as const;
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
