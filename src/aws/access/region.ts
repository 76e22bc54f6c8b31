/**
 * Which region a flow's calls go to and are signed for, and where that region came from: the config, else the stream's
 * ARN, else the places where the SDKs look (environment, profile, instance metadata).
 */
import { loadSharedConfigFiles } from '@smithy/core/config';
import { AccessError } from '../faults/access-error.ts';
import type { Environment } from '../network/connection.ts';
import { instanceMetadata } from '../machine/instance-metadata.ts';

export type RegionSource = 'config' | 'default of the Java agent' | 'arn' | 'environment' | 'profile' | 'instance metadata';

export interface Region {
  readonly name: string;
  readonly source: RegionSource;
}

export interface RegionQuestion {
  /** From the config, where it says one. */
  readonly configured: string | undefined;
  /** Name or ARN of the stream; empty where there is none. */
  readonly target: string;
  readonly profile: string | undefined;
  readonly environment: Environment;
}

/** Region in an ARN; `undefined` where `target` is a plain name. */
export function arnRegion(target: string): string | undefined {
  return target.startsWith('arn:') ? target.split(':')[3] || undefined : undefined;
}

/** The region to use. Rejects with `AccessError` when nothing names one, or the config and the ARN name different ones. */
export async function resolveRegion(question: RegionQuestion): Promise<Region> {
  const fromArn = arnRegion(question.target);
  if (question.configured !== undefined) {
    if (fromArn !== undefined && fromArn !== question.configured) throw mismatch(question.configured, fromArn, question.target);
    return { name: question.configured, source: 'config' };
  }
  if (fromArn !== undefined) return { name: fromArn, source: 'arn' };
  const { environment } = question;
  const fromEnvironment = environment['AWS_REGION'] || environment['AWS_DEFAULT_REGION'];
  if (fromEnvironment) return { name: fromEnvironment, source: 'environment' };
  const fromProfile = await profileRegion(question.profile ?? environment['AWS_PROFILE'] ?? 'default', environment);
  if (fromProfile !== undefined) return { name: fromProfile, source: 'profile' };
  const fromInstance = await instanceMetadata('/latest/meta-data/placement/region', environment);
  if (fromInstance !== undefined) return { name: fromInstance, source: 'instance metadata' };
  const howToSet =
    question.target === ''
      ? 'Set cloudwatch.region, or region, in the config (or AWS_REGION).'
      : 'Set region in the config (or AWS_REGION), or name the stream by its ARN.';
  throw new AccessError({
    code: 'RegionUnknown',
    kind: 'blocked',
    message: 'no AWS region is set',
    hint: `${howToSet} Profile and instance metadata had none.`,
  });
}

async function profileRegion(profile: string, environment: Environment): Promise<string | undefined> {
  const filepath = environment['AWS_SHARED_CREDENTIALS_FILE'];
  const configFilepath = environment['AWS_CONFIG_FILE'];
  const files = await loadSharedConfigFiles({
    ignoreCache: true,
    ...(filepath === undefined ? {} : { filepath }),
    ...(configFilepath === undefined ? {} : { configFilepath }),
  });
  return files.configFile[profile]?.['region'] ?? files.credentialsFile[profile]?.['region'];
}

function mismatch(configured: string, fromArn: string, target: string): AccessError {
  return new AccessError({
    code: 'RegionUnknown',
    kind: 'blocked',
    message: `the config says region ${configured}, but ${target} is in ${fromArn}`,
    hint: `Take region out of the flow or set it to ${fromArn}.`,
  });
}
