/** Settings and ports for tests that talk to servers on loopback, through the real SDK. */
import * as z from 'zod';
import { awsRootFields } from '../../../src/aws/config.ts';
import type { AwsSettings, CredentialsSettings, FirehoseSettings, KinesisSettings } from '../../../src/aws/config.ts';
import { AwsClients } from '../../../src/aws/clients.ts';
import type { Environment } from '../../../src/aws/network/connection.ts';
import type { OutgoingRecord } from '../../../src/core/ports.ts';
import type { EventSink } from '../../../src/telemetry/events.ts';
import { realClock } from '../fake-http/http-exchange.ts';

const rootSchema = z.object(awsRootFields);

export const testKeys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' } as const;

export interface SettingsDifference {
  readonly region?: string | undefined;
  readonly credentials?: Partial<CredentialsSettings> | undefined;
  readonly kinesis?: Partial<KinesisSettings>;
  readonly firehose?: Partial<FirehoseSettings>;
  readonly proxy?: string;
  readonly caBundle?: string;
  readonly userAgent?: string;
}

/** The defaults of the config, us-east-1 and `testKeys`, with differences. */
export function awsSettings(difference: SettingsDifference): AwsSettings {
  const { kinesis, firehose, ...rest } = difference;
  const settings = rootSchema.parse({
    region: 'us-east-1',
    credentials: testKeys,
    ...rest,
    kinesis: kinesis ?? {},
    firehose: firehose ?? {},
  });
  return {
    region: settings.region,
    credentials: settings.credentials,
    kinesis: settings.kinesis,
    firehose: settings.firehose,
    proxy: settings.proxy,
    caBundle: settings.caBundle,
    userAgent: settings.userAgent,
    userAgentOverride: settings.userAgentOverride,
  };
}

/** An event sink that keeps what it hears. */
function eventLog(): EventSink & { readonly names: string[] } {
  const names: string[] = [];
  return { names, emit: (name) => void names.push(name) };
}

/** Clients that see nothing of this machine's environment. Dispose of them with `using`. */
export function testClients(environment: Environment = {}): AwsClients & Disposable & { readonly events: { readonly names: string[] } } {
  const events = eventLog();
  const clients = new AwsClients({ clock: realClock, events, environment });
  return Object.assign(clients, { events, [Symbol.dispose]: () => clients.close() });
}

/** A record of its own buffer, with bytes around it that do not belong to it. */
export function outgoing(text: string | Buffer, partitionKey = 'key', explicitHashKey?: string): OutgoingRecord {
  const data = Buffer.concat([Buffer.from('before'), Buffer.from(text as string), Buffer.from('after')]);
  return { data, start: 6, end: data.length - 5, partitionKey, explicitHashKey };
}

/** A signal that never aborts. */
export const never: AbortSignal = new AbortController().signal;
