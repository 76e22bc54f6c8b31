/**
 * What EC2 and ECS say about the machine, for the fields that preprocessing adds. The facts are fetched in the background,
 * kept, and fetched again when they are older than the caller wants. `get` never waits: a slow metadata service slows no line.
 *
 * Sources: EC2 user guide, "Instance identity documents" and "View tags … in instance metadata"; ECS developer guide,
 * "Task metadata endpoint version 4".
 */
import * as z from 'zod';
import type { Ec2Facts, EcsFacts, InstanceMetadata } from '../../core/instance-metadata.ts';
import type { Clock } from '../../core/ports.ts';
import type { Environment } from '../network/connection.ts';
import { fetchText, instanceMetadata } from './instance-metadata.ts';

const identityDocument = z.object({
  privateIp: z.string().optional(),
  availabilityZone: z.string().optional(),
  instanceId: z.string().optional(),
  instanceType: z.string().optional(),
  accountId: z.string().optional(),
  imageId: z.string().optional(),
  region: z.string().optional(),
});

const taskDocument = z.object({
  Cluster: z.string().optional(),
  TaskARN: z.string().optional(),
  Family: z.string().optional(),
  Revision: z.string().optional(),
  AvailabilityZone: z.string().optional(),
  Containers: z.array(z.object({ Name: z.string().optional() })).optional(),
});

/** After a fetch that found nothing, the next one begins no sooner. */
const RETRY_SECONDS = 300;

export class MachineFacts implements InstanceMetadata {
  readonly #ec2: Kept<Ec2Facts>;
  readonly #ecs: Kept<EcsFacts>;

  constructor(clock: Clock, environment: Environment) {
    this.#ec2 = new Kept(clock, () => fetchEc2(clock, environment));
    this.#ecs = new Kept(clock, () => fetchEcs(clock, environment));
  }

  ec2(ttlSeconds: number): Ec2Facts | undefined {
    return this.#ec2.get(ttlSeconds);
  }

  ecs(ttlSeconds: number): EcsFacts | undefined {
    return this.#ecs.get(ttlSeconds);
  }
}

class Kept<Facts> {
  readonly #clock: Clock;
  readonly #fetch: () => Promise<Facts | undefined>;
  #facts: Facts | undefined;
  #askedMs = Number.NEGATIVE_INFINITY;
  #asking = false;

  constructor(clock: Clock, fetch: () => Promise<Facts | undefined>) {
    this.#clock = clock;
    this.#fetch = fetch;
  }

  get(ttlSeconds: number): Facts | undefined {
    const ageMs = this.#clock.monotonicMs() - this.#askedMs;
    const dueMs = (this.#facts === undefined ? Math.min(ttlSeconds, RETRY_SECONDS) : ttlSeconds) * 1000;
    if (!this.#asking && ageMs >= dueMs) void this.#refresh();
    return this.#facts;
  }

  async #refresh(): Promise<void> {
    this.#asking = true;
    this.#askedMs = this.#clock.monotonicMs();
    this.#facts = (await this.#fetch()) ?? this.#facts;
    this.#asking = false;
  }
}

async function fetchEc2(clock: Clock, environment: Environment): Promise<Ec2Facts | undefined> {
  const text = await instanceMetadata('/latest/dynamic/instance-identity/document', environment);
  const document = parse(identityDocument, text);
  if (document === undefined) return undefined;
  const { imageId, ...facts } = document;
  const tags = await fetchTags(environment);
  return {
    ...facts,
    ...(imageId === undefined ? {} : { amiId: imageId }),
    ...(tags === undefined ? {} : { tags }),
    wallMs: clock.wallMs(),
  };
}

/** `undefined` where the instance may not read its tags ("Allow tags in instance metadata"). */
async function fetchTags(environment: Environment): Promise<Readonly<Record<string, string>> | undefined> {
  const names = await instanceMetadata('/latest/meta-data/tags/instance', environment);
  if (names === undefined) return undefined;
  const tags: Record<string, string> = {};
  for (const name of names.split('\n').filter((line) => line !== '')) {
    tags[name] = (await instanceMetadata(`/latest/meta-data/tags/instance/${encodeURIComponent(name)}`, environment)) ?? '';
  }
  return tags;
}

async function fetchEcs(clock: Clock, environment: Environment): Promise<EcsFacts | undefined> {
  const base = environment['ECS_CONTAINER_METADATA_URI_V4'];
  if (base === undefined) return undefined;
  const task = parse(taskDocument, await fetchText('GET', URL.parse(`${base}/task`), {}));
  if (task === undefined) return undefined;
  const { Cluster: cluster, TaskARN: taskArn, Family: family, Revision: revision, AvailabilityZone: availabilityZone } = task;
  const containerName = task.Containers?.[0]?.Name;
  const facts = { cluster, taskArn, family, revision, availabilityZone, containerName };
  const known = Object.entries(facts).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(known), wallMs: clock.wallMs() };
}

function parse<Schema extends z.ZodType>(schema: Schema, text: string | undefined): z.output<Schema> | undefined {
  if (text === undefined) return undefined;
  try {
    const parsed = schema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch (error) {
    // An answer that is not JSON is not from the metadata service.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
