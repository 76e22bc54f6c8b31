/** Where the files of a flow are looked for, and which are left out: the same for the agent and for the commands that tell about it. */
import type { FlowConfig } from '../config/model.ts';
import type { DiscoverySettings } from '../tail/listing/discovery.ts';

/** The Java agent never reads these, whatever the pattern says, in upper case or lower case. */
const JAVA_EXCLUDES = ['*.[gG][zZ]', '*.[bB][zZ]2', '*.[zZ][iI][pP]'];

export function discoverySettings(flow: FlowConfig): DiscoverySettings {
  const javaGlobs = isJava(flow);
  const { filePattern, exclude } = flow.tail;
  return { patterns: filePattern, exclude: javaGlobs ? [...exclude, ...JAVA_EXCLUDES] : exclude, javaGlobs };
}

/** Where the rest of a file that was rotated away is looked for; compressed forms too. */
export function rotatedDiscoverySettings(flow: FlowConfig): DiscoverySettings | undefined {
  const patterns = flow.tail.rotatedPattern ?? [];
  return patterns.length === 0 ? undefined : { patterns, exclude: [], javaGlobs: isJava(flow) };
}

function isJava(flow: FlowConfig): boolean {
  return flow.preprocess.compatibility === 'amazon-kinesis-agent';
}
