/**
 * Rules between keys, and between keys and the world, that no single field can state. Pure: config in, problems out.
 */
import { limits } from '../../core/limits.ts';
import { credentialsProblems, endpointProblems, endpointVariantProblems, isHttpUrl, misroutedProblems, regionProblems } from './aws-relations.ts';
import { flowProblems } from './flow-relations.ts';
import { BUFFER_BYTES_DEFAULT, budgetBytes } from '../../tail/config.ts';
import { error, type Problem, warning } from '../issues/problem.ts';
import type { RawConfig, RawFlow } from '../schema/schema.ts';

/** A flow that passed the schema, and where it stands in `flows`. */
export interface CheckedFlow {
  readonly index: number;
  readonly flow: RawFlow;
  /** False where keys were left out because they did not pass. */
  readonly complete: boolean;
}

export function problemsOf(root: Omit<RawConfig, 'flows'>, flows: readonly CheckedFlow[]): readonly Problem[] {
  return [
    ...rootProblems(root, flows.map(({ flow }) => flow)),
    ...flows.flatMap(({ index, flow, complete }) =>
      flowProblems(flow, root)
        .filter((problem) => complete || problem.path.length > 0)
        .map((problem) => ({ ...problem, path: ['flows', index, ...problem.path] })),
    ),
  ];
}

function rootProblems(root: Omit<RawConfig, 'flows'>, flows: readonly RawFlow[]): readonly Problem[] {
  const problems: Problem[] = [];
  if (root.credentials !== undefined) problems.push(...credentialsProblems(root.credentials));
  for (const section of ['kinesis', 'firehose', 'cloudwatch'] as const) {
    problems.push(...endpointProblems([section, 'endpoint'], root[section].endpoint));
    problems.push(...regionProblems([section, 'region'], root[section].region));
    const region = root[section].region ?? root.region;
    problems.push(...misroutedProblems([section, 'endpoint'], { service: section, endpoint: root[section].endpoint, region }));
  }
  for (const section of ['kinesis', 'firehose'] as const) {
    problems.push(...endpointVariantProblems([section, 'endpoint'], root[section].endpoint, root[section]));
  }
  problems.push(...regionProblems(['region'], root.region));
  if (root.proxy !== undefined && !isHttpUrl(root.proxy)) {
    problems.push(error(['proxy'], 'proxy must be a URL such as http://proxy.local:3128'));
  }
  const { listen } = root.prometheus;
  if (listen !== undefined && !isListenAddress(listen)) {
    problems.push(
      error(['prometheus', 'listen'], `prometheus.listen must be ADDRESS:PORT such as 127.0.0.1:9464, not "${listen}"`),
    );
  }
  problems.push(...cloudWatchProblems(root.cloudwatch));
  if (root.controlSocket === root.checkpointFile) {
    problems.push(error(['controlSocket'], 'controlSocket and checkpointFile are one path: each needs its own'));
  }
  const socketBytes = Buffer.byteLength(root.controlSocket);
  if (socketBytes > SOCKET_PATH_BYTES_MAX) {
    problems.push(error(['controlSocket'], `controlSocket has ${socketBytes} bytes: Linux takes ${SOCKET_PATH_BYTES_MAX} of a socket's path; choose a shorter one`));
  }
  problems.push(...budgetProblems(root, flows));
  return problems;
}

/** Node.js listens at the path cut to this length. Nobody finds the agent there, and two agents can get the same one. Source: unix(7). */
const SOCKET_PATH_BYTES_MAX = 107;

function budgetProblems({ bufferBytesMax }: Pick<RawConfig, 'bufferBytesMax'>, flows: readonly RawFlow[]): readonly Problem[] {
  const usedBytes = budgetBytes({ bufferBytesMax }, flows);
  const shareBytes = usedBytes / 2 / Math.max(1, flows.length);
  if (usedBytes > bufferBytesMax && bufferBytesMax !== BUFFER_BYTES_DEFAULT) {
    const message = `bufferBytesMax is less than one line of lineBytesMax of each of ${flows.length} flows: ${Math.ceil(usedBytes / 1024 ** 2)}MiB are used; raise it, or lower lineBytesMax`;
    return [warning(['bufferBytesMax'], message)];
  }
  if (shareBytes >= limits.shardReadyBytes) return [];
  const message = `bufferBytesMax leaves each of ${flows.length} flows ${Math.floor(shareBytes / 1024)}KiB: reading will be slow, raise it`;
  return [warning(['bufferBytesMax'], message)];
}

/** CloudWatch refuses a whole request for one name that it does not take, so no metric would arrive. */
function cloudWatchProblems({ namespace, dimensions }: RawConfig['cloudwatch']): readonly Problem[] {
  const problems: Problem[] = [];
  if (namespace.startsWith('AWS/')) {
    problems.push(error(['cloudwatch', 'namespace'], 'cloudwatch.namespace must not begin with AWS/: CloudWatch keeps those for itself'));
  } else if (!isCloudWatchName(namespace)) {
    problems.push(error(['cloudwatch', 'namespace'], `cloudwatch.namespace ${CLOUDWATCH_NAME}`));
  }
  const names = Object.keys(dimensions);
  for (const name of names) {
    if (!isCloudWatchName(name)) problems.push(error(['cloudwatch', 'dimensions', name], `cloudwatch.dimensions: the name ${JSON.stringify(name)} ${CLOUDWATCH_NAME}`));
  }
  const namesMax = limits.cloudWatchDimensionsCountMax - OWN_DIMENSIONS_MAX;
  if (names.length > namesMax) {
    const message = `cloudwatch.dimensions has ${names.length} of them: CloudWatch takes ${limits.cloudWatchDimensionsCountMax} of a metric, ${OWN_DIMENSIONS_MAX} of which are kinship's own; set at most ${namesMax}`;
    problems.push(error(['cloudwatch', 'dimensions'], message));
  }
  return problems;
}

const CLOUDWATCH_NAME = 'must be 1 to 255 ASCII characters, not all of them spaces, and not begin with a colon: CloudWatch refuses it';
/** How many dimensions kinship adds itself: StreamName, ErrorCode and ShardId of one metric, and Instance. */
const OWN_DIMENSIONS_MAX = 4;

/** Source: Dimension and PutMetricData, CloudWatch API reference. */
function isCloudWatchName(name: string): boolean {
  return /^[\x20-\x7e]{1,255}$/.test(name) && name.trim() !== '' && !name.startsWith(':');
}

function isListenAddress(listen: string): boolean {
  const match = /^(?:\[[0-9a-fA-F:.]+\]|[^\s:[\]]*):(\d{1,5})$/.exec(listen);
  return match !== null && Number(match[1]) <= 65_535;
}
