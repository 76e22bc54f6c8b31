/**
 * The regions that an agent.json does not name: the region in a service's endpoint, else the Java agent's default.
 */
import type { ConfigIssue } from '../issues/config-issue.ts';
import { entryOf, type LocatedMap, nodeAt, type Place } from '../issues/located.ts';
import { endpointName } from '../schema/endpoint-name.ts';

export type RegionalService = 'kinesis' | 'firehose' | 'cloudwatch';

export interface MissingRegion {
  readonly name: string;
  /** Nothing in the file tells the region. */
  readonly isJavaDefault: boolean;
}

/**
 * Where the Java agent goes, and what it signs for, when nothing names a region. Source: AWS SDK for Java 1, legacy clients and
 * AwsHostNameUtils; with neither endpoint nor region its Kinesis client asks the SDK's chain.
 */
const javaRegionDefault = 'us-east-1';

/** The regions to fill in, by service. */
export function missingRegions(root: LocatedMap, warnings: ConfigIssue[]): ReadonlyMap<RegionalService, MissingRegion> {
  const missing = new Map<RegionalService, MissingRegion>();
  if (entryOf(root, 'region') !== undefined) return missing;
  for (const service of ['kinesis', 'firehose', 'cloudwatch'] as const) {
    const endpoint = nodeAt(root, [service, 'endpoint']);
    if (nodeAt(root, [service, 'region']) !== undefined || (service === 'kinesis' && endpoint === undefined)) continue;
    const written = writtenRegion(root, service)?.name;
    missing.set(service, { name: written ?? javaRegionDefault, isJavaDefault: written === undefined });
    if (written !== undefined || endpoint === undefined) continue;
    const message = `${service}.endpoint names no region: ${javaRegionDefault} is used, as in the Java agent; set ${service}.region where it is another`;
    warnings.push({ ...endpoint.place, message });
  }
  warnings.push(...streamsElsewhere(root, missing));
  return missing;
}

/** A config that names a region only for the streams usually means it for delivery streams, too. */
function streamsElsewhere(root: LocatedMap, missing: ReadonlyMap<RegionalService, MissingRegion>): readonly ConfigIssue[] {
  const streams = writtenRegion(root, 'kinesis');
  if (streams === undefined || streams.name === javaRegionDefault) return [];
  if (missing.get('firehose')?.isJavaDefault !== true || nodeAt(root, ['firehose', 'endpoint']) !== undefined) return [];
  if (!hasPlainDeliveryStream(root)) return [];
  const message = `delivery streams are looked for in ${javaRegionDefault}, the Java agent's default, not in ${streams.name}: set firehose.region where they are not there`;
  return [{ ...streams.place, message }];
}

/** The region that the file names for a service, by itself or in an endpoint. */
function writtenRegion(root: LocatedMap, service: RegionalService): { readonly name: string; readonly place: Place } | undefined {
  const region = nodeAt(root, [service, 'region']);
  if (region?.kind === 'scalar') return { name: String(region.value), place: region.place };
  const endpoint = nodeAt(root, [service, 'endpoint']);
  const name = endpoint?.kind === 'scalar' ? endpointName(String(endpoint.value))?.region : undefined;
  return endpoint === undefined || name === undefined ? undefined : { name, place: endpoint.place };
}

/** Whether a flow has a delivery stream for which neither an ARN nor the flow names a region. */
function hasPlainDeliveryStream(root: LocatedMap): boolean {
  const flows = nodeAt(root, ['flows']);
  if (flows?.kind !== 'list') return false;
  return flows.items.some((flow) => {
    const stream = nodeAt(flow, ['deliveryStream']);
    return stream?.kind === 'scalar' && !String(stream.value).startsWith('arn:') && nodeAt(flow, ['region']) === undefined;
  });
}
