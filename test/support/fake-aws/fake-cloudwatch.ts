/**
 * CloudWatch as far as PutMetricData goes: signatures, limits, and every datum it took. Source: PutMetricData and
 * MetricDatum in the CloudWatch API reference, quotas page; JSON 1.0 as the SDK for JavaScript speaks it.
 */
import { gunzipSync } from 'node:zlib';
import { FakeService } from '../fake-http/fake-service.ts';
import { requireSignature } from '../fake-http/signature.ts';
import type { SigningCredentials } from '../fake-http/signature.ts';
import { ServiceError } from '../kinesis-server/fault.ts';

export interface FakeDatum {
  readonly namespace: string;
  readonly MetricName: string;
  readonly Unit?: string;
  readonly Timestamp?: number;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
  readonly Values?: readonly number[];
  readonly Counts?: readonly number[];
  readonly StatisticValues?: Readonly<Record<'SampleCount' | 'Sum' | 'Minimum' | 'Maximum', number>>;
}

export interface FakeCloudWatch extends AsyncDisposable {
  readonly endpoint: string;
  readonly calls: number;
  readonly data: readonly FakeDatum[];
  /** Asked before every call. If it gives an error, that is the answer, and nothing is taken. */
  fault: () => ServiceError | undefined;
  /** Calls are taken at once, but answered only when this resolves. */
  answerWhen: Promise<void> | undefined;
}

const BODY_BYTES_MAX = 1_000_000;
const DATA_MAX = 1000;
const DIMENSIONS_MAX = 30;
const VALUES_MAX = 150;

export async function startFakeCloudWatch(options: { readonly credentials?: readonly SigningCredentials[] } = {}): Promise<FakeCloudWatch> {
  const data: FakeDatum[] = [];
  let calls = 0;
  const service = await FakeService.start({
    respond: (request) => {
      calls += 1;
      requireSignature(request.raw, request.body, { service: 'monitoring', credentials: options.credentials });
      if (request.body.length > BODY_BYTES_MAX) throw new ServiceError('RequestEntityTooLarge', 'too large', 413);
      const error = fake.fault();
      if (error !== undefined) throw error;
      const plain = request.headers['content-encoding'] === 'gzip' ? gunzipSync(request.body) : request.body;
      const put = JSON.parse(plain.toString()) as { Namespace: string; MetricData: Omit<FakeDatum, 'namespace'>[] };
      if (put.MetricData.length > DATA_MAX) throw new ServiceError('InvalidParameterValue', 'too many metrics');
      for (const datum of put.MetricData) check(datum);
      data.push(...put.MetricData.map((datum) => ({ namespace: put.Namespace, ...datum })));
      const answer = { headers: { 'content-type': 'application/x-amz-json-1.0' }, body: '{}' };
      return fake.answerWhen === undefined ? answer : fake.answerWhen.then(() => answer);
    },
  });
  const fake: FakeCloudWatch = {
    endpoint: service.endpoint,
    get calls() {
      return calls;
    },
    data,
    fault: () => undefined,
    answerWhen: undefined,
    [Symbol.asyncDispose]: () => service.close(),
  };
  return fake;
}

function check(datum: Omit<FakeDatum, 'namespace'>): void {
  const values = datum.Values ?? Object.values(datum.StatisticValues ?? {});
  const wrong =
    ((datum.Dimensions?.length ?? 0) > DIMENSIONS_MAX && 'dimensions') ||
    ((datum.Values?.length ?? 0) > VALUES_MAX && 'values') ||
    (datum.Dimensions?.some((dimension) => dimension.Value === '') && 'an empty dimension value') ||
    (datum.Counts !== undefined && datum.Counts.length !== datum.Values?.length && 'counts') ||
    (values.some((value) => !Number.isFinite(value) || Math.abs(value) > 2 ** 360) && 'a value');
  if (wrong !== false && wrong !== undefined) throw new ServiceError('InvalidParameterValue', `${datum.MetricName}: ${wrong}`);
}
