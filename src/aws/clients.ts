/**
 * The agent's clients of AWS: one for each distinct service, region, credentials, endpoint and connection settings,
 * shared by the flows that have the same. Nothing is resolved, fetched or connected before the first call.
 *
 * The SDK's own retries are off for records. The sender alone decides what is tried again, when, and with what, because it knows
 * about order, lanes and pending bytes.
 */
import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { FirehoseClient } from '@aws-sdk/client-firehose';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import type { NodeHttpHandler } from '@smithy/node-http-handler';
import type { AwsCredentialIdentity } from '@smithy/types';
import type { Clock, FirehosePort, KinesisPort } from '../core/ports.ts';
import type { CloudWatchPort } from '../telemetry/cloudwatch.ts';
import type { EventSink } from '../telemetry/events.ts';
import { BodyPool } from './wire/body-pool.ts';
import type { AwsService } from './faults/call-context.ts';
import { SdkCloudWatchPort } from './cloudwatch-port.ts';
import type { AwsSettings, FirehoseSettings, KinesisSettings } from './config.ts';
import { createHttpHandler, proxyFor } from './network/connection.ts';
import type { Environment } from './network/connection.ts';
import { createCredentials } from './access/credentials.ts';
import type { Credentials } from './access/credentials.ts';
import { explainEndpoint } from './network/endpoint.ts';
import { SdkFirehosePort } from './firehose-port.ts';
import { SdkKinesisPort } from './kinesis-port.ts';
import { RecordProtocol } from './wire/record-protocol.ts';
import { arnRegion, resolveRegion } from './access/region.ts';
import type { Region } from './access/region.ts';
import { leaveToSender, noteEndpoint, setUserAgent } from './wire/request-middleware.ts';
import { ServiceAccess } from './access/service-access.ts';
import type { OpenClient } from './access/service-access.ts';
import { WireChoice } from './wire/wire-choice.ts';

/** Free buffers kept for request bodies, over all clients: as many as a busy sender needs in turn. */
const BODIES_KEPT_MAX = 3;
/** Attempts of one upload of metrics, retries included: the next interval uploads again anyway. */
const METRICS_ATTEMPTS_MAX = 2;

export interface AwsClientsOptions {
  readonly clock: Pick<Clock, 'wallMs' | 'monotonicMs' | 'setTimer'>;
  readonly events: EventSink;
  readonly environment: Environment;
}

/** What a client is made with, beside the settings of its service. */
interface ClientParts {
  readonly region: Region;
  readonly handler: NodeHttpHandler;
  readonly credentials: Credentials;
}

export class AwsClients {
  readonly #options: AwsClientsOptions;
  readonly #bodies = new BodyPool(BODIES_KEPT_MAX);
  readonly #ports = new Map<string, KinesisPort | FirehosePort>();
  readonly #accesses: { close(): void }[] = [];

  constructor(options: AwsClientsOptions) {
    this.#options = options;
  }

  /** The port for a stream, by name or ARN, with a flow's settings. */
  kinesis(settings: AwsSettings, stream: string): KinesisPort {
    return this.#shared('Kinesis', settings, stream, () => {
      const access = this.#access('Kinesis', settings, settings.kinesis, stream, (parts) => {
        const mode = settings.kinesis.accountIdEndpointMode;
        const client = new KinesisClient({
          ...clientOptions(settings.kinesis, parts),
          ...(mode === 'preferred' ? {} : { accountIdEndpointMode: mode }),
        });
        leaveToSender(client);
        return client;
      });
      const wire = new WireChoice({
        protocol: settings.kinesis.protocol,
        onFallback: (reason) =>
          this.#options.events.emit('protocolFellBack', { endpoint: settings.kinesis.endpoint ?? 'Kinesis', reason }),
      });
      return new SdkKinesisPort({ access, wire, bodies: this.#bodies });
    });
  }

  /** The port for a delivery stream with a flow's settings. */
  firehose(settings: AwsSettings, deliveryStream: string): FirehosePort {
    return this.#shared('Firehose', settings, deliveryStream, () => {
      const access = this.#access('Firehose', settings, settings.firehose, deliveryStream, async (parts) => {
        const { FirehoseClient } = await import('@aws-sdk/client-firehose');
        const client = new FirehoseClient(clientOptions(settings.firehose, parts));
        leaveToSender(client);
        return client;
      });
      return new SdkFirehosePort({ access, bodies: this.#bodies });
    });
  }

  /** The port for metrics, with the credentials, proxy and authorities of `settings`. */
  cloudWatch(settings: AwsSettings, own: { readonly region?: string | undefined; readonly endpoint?: string | undefined }): CloudWatchPort {
    const { endpoint, region = settings.region } = own;
    const connection = { ...settings.kinesis, useFipsEndpoint: false, useDualstackEndpoint: false, endpoint };
    const access = this.#access('CloudWatch', { ...settings, region }, connection, '', async (parts) => {
      const { CloudWatchClient } = await import('@aws-sdk/client-cloudwatch');
      return new CloudWatchClient({ ...commonOptions(connection, parts), maxAttempts: METRICS_ATTEMPTS_MAX });
    });
    return new SdkCloudWatchPort({ access });
  }

  /** Ends every connection. */
  close(): void {
    for (const access of this.#accesses) access.close();
  }

  async #parts(
    settings: AwsSettings,
    own: KinesisSettings | FirehoseSettings,
    asked: { readonly configured: string | undefined; readonly target: string },
  ): Promise<ClientParts> {
    const { environment, clock } = this.#options;
    const region = await resolveRegion({ ...asked, profile: settings.credentials?.profile, environment });
    const handler = createHttpHandler({ ...own, proxy: settings.proxy, caBundle: settings.caBundle }, environment);
    const client = { region: region.name, requestHandler: handler };
    const credentials = createCredentials({ settings: settings.credentials, client, environment, clock, proxy: settings.proxy });
    return { region, handler, credentials };
  }

  #shared<Port extends KinesisPort | FirehosePort>(
    service: 'Kinesis' | 'Firehose',
    settings: AwsSettings,
    target: string,
    make: () => Port,
  ): Port {
    const own = service === 'Kinesis' ? settings.kinesis : settings.firehose;
    const key = JSON.stringify([service, { ...settings, kinesis: null, firehose: null }, own, arnRegion(target)]);
    const port = (this.#ports.get(key) as Port | undefined) ?? make();
    this.#ports.set(key, port);
    return port;
  }

  #access<Client extends KinesisClient | FirehoseClient | CloudWatchClient>(
    service: AwsService,
    settings: AwsSettings,
    own: KinesisSettings | FirehoseSettings,
    target: string,
    make: (parts: ClientParts) => Client | Promise<Client>,
  ): ServiceAccess<Client> {
    const { environment } = this.#options;
    const access = new ServiceAccess<Client>(service, async () => {
      const parts = await this.#parts(settings, own, { configured: settings.region, target });
      const { region, credentials } = parts;
      const client = await make(parts);
      const { url } = explainEndpoint({ ...own, service, region: region.name, configured: own.endpoint, environment });
      const open: OpenClient<Client> = { client, region, credentials, endpoint: url };
      const proxy = proxyFor(new URL(url), settings, environment);
      noteEndpoint(client, (endpoint) => (open.endpoint = proxy === undefined ? endpoint : `${endpoint} (through ${proxy})`));
      setUserAgent(client, settings);
      return open;
    });
    this.#accesses.push(access);
    return access;
  }
}

/** Of a client that records go through. */
function clientOptions(own: KinesisSettings | FirehoseSettings, parts: ClientParts) {
  return { ...commonOptions(own, parts), protocol: RecordProtocol, maxAttempts: 1 };
}

function commonOptions(own: KinesisSettings | FirehoseSettings, parts: ClientParts) {
  return {
    region: parts.region.name,
    // `ServiceAccess.call` has just fetched them: a request that is already made does not wait for their source.
    credentials: uncached(() => parts.credentials.held()),
    requestHandler: parts.handler,
    ...(own.endpoint === undefined ? {} : { endpoint: own.endpoint }),
    ...(own.useFipsEndpoint ? { useFipsEndpoint: true } : {}),
    ...(own.useDualstackEndpoint ? { useDualstackEndpoint: true } : {}),
  };
}

/** The SDK caches a provider's credentials until they expire, unless the provider is marked as caching them itself. */
function uncached(provide: () => Promise<AwsCredentialIdentity>): () => Promise<AwsCredentialIdentity> {
  return Object.assign(provide, { memoized: true });
}
