/**
 * What keys must be to each other, and to the world, which no single field can say. Pure: config in, problems out.
 */
import { limits } from '../core/limits.ts';
import { credentialsProblems, endpointProblems, isHttpUrl, regionProblems } from './aws-relations.ts';
import { flowProblems } from './flow-relations.ts';
import { error, type Problem, warning } from './problem.ts';
import type { RawConfig, RawFlow } from './schema.ts';

/** A flow that passed the schema, and where it stands in `flows`. */
export interface CheckedFlow {
  readonly index: number;
  readonly flow: RawFlow;
  /** False where keys were left out because they did not pass. */
  readonly complete: boolean;
}

export function problemsOf(root: Omit<RawConfig, 'flows'>, flows: readonly CheckedFlow[]): readonly Problem[] {
  return [
    ...rootProblems(root, flows.length),
    ...flows.flatMap(({ index, flow, complete }) =>
      flowProblems(flow, root)
        .filter((problem) => complete || problem.path.length > 0)
        .map((problem) => ({ ...problem, path: ['flows', index, ...problem.path] })),
    ),
  ];
}

function rootProblems(root: Omit<RawConfig, 'flows'>, flowCount: number): readonly Problem[] {
  const problems: Problem[] = [];
  if (root.credentials !== undefined) problems.push(...credentialsProblems(root.credentials));
  for (const section of ['kinesis', 'firehose', 'cloudwatch'] as const) {
    problems.push(...endpointProblems([section, 'endpoint'], root[section].endpoint));
    problems.push(...regionProblems([section, 'region'], root[section].region));
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
  if (root.cloudwatch.namespace.startsWith('AWS/')) {
    problems.push(
      error(
        ['cloudwatch', 'namespace'],
        'cloudwatch.namespace must not begin with AWS/: CloudWatch keeps those for itself',
      ),
    );
  }
  const shareBytes = root.bufferBytesMax / 2 / Math.max(1, flowCount);
  if (shareBytes < limits.shardReadyBytes) {
    problems.push(
      warning(
        ['bufferBytesMax'],
        `bufferBytesMax leaves each of ${flowCount} flows ${Math.floor(shareBytes / 1024)}KiB: reading will be slow, raise it`,
      ),
    );
  }
  return problems;
}

function isListenAddress(listen: string): boolean {
  const match = /^(?:\[[0-9a-fA-F:.]+\]|[^\s:[\]]*):(\d{1,5})$/.exec(listen);
  return match !== null && Number(match[1]) <= 65_535;
}
