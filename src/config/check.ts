/** Checks a config as a whole: schema, relations, what other parts say. Everything wrong is found in one go. */
import type * as z from 'zod';
import { type ConfigIssue, inReadingOrder } from './issues/config-issue.ts';
import { idleKeyProblems } from './relations/idle-keys.ts';
import { keyPlaceOf, type Located, nodeAt, type Path, placeOf, toPlain } from './issues/located.ts';
import { isJsonFile } from './files/json-file.ts';
import type { AgentConfig, FlowConfig } from './model.ts';
import { error, type Problem } from './issues/problem.ts';
import { type CheckedFlow, problemsOf } from './relations/relations.ts';
import { flowId, resolveConfig } from './resolve.ts';
import { schemaIssues } from './schema/schema-issues.ts';
import { configSchema, flowSchema, type RawConfig } from './schema/schema.ts';
import type { Source } from './source.ts';

/** What other parts find in a flow that passed the schema (patterns that do not compile, …). Paths are within the flow. */
export type FlowCheck = (flow: FlowConfig) => readonly Problem[];

export interface Checked {
  /** Only where nothing is wrong. */
  readonly config: AgentConfig | undefined;
  readonly issues: readonly ConfigIssue[];
  readonly warnings: readonly ConfigIssue[];
  readonly locate: (flow: number, problem: Problem) => ConfigIssue;
}

/** Checks the schema, then the relations among all that passed it, then each flow as the other parts see it. */
export function checkConfig(path: string, source: Source, checkFlow: FlowCheck | undefined): Checked {
  const { root } = source;
  if (root === undefined) return nothingToCheck(source);
  const issues = [...source.issues];
  const warnings = [...source.warnings];
  const { checkedRoot, flows } = checkSchema(root, issues);
  const found = [
    ...problemsOf(checkedRoot ?? configSchema.parse({}), flows),
    ...idleKeyProblems(root, flows),
    ...duplicateIds(root, flows),
    ...secretProblems(root, source.openFiles),
  ];
  if (flows.length === 0 && issues.length === 0) {
    issues.push({
      ...placeOf(root, ['flows']),
      message: 'the config has no flows: set filePattern and kinesisStream of at least one',
    });
  }
  const config = resolveConfig(
    path,
    checkedRoot ?? configSchema.parse({}),
    flows.map(({ flow }) => flow),
    source.javaRegions,
  );
  for (const [at, flow] of config.flows.entries()) {
    for (const problem of checkFlow?.(flow) ?? []) {
      found.push({ ...problem, path: ['flows', flows[at]?.index ?? at, ...problem.path] });
    }
  }
  for (const problem of found) (problem.severity === 'error' ? issues : warnings).push(located(root, problem));
  return {
    config: issues.length === 0 ? config : undefined,
    issues: inReadingOrder(issues),
    warnings: inReadingOrder(warnings),
    locate: (flow, problem) => located(root, { ...problem, path: ['flows', flow, ...problem.path] }),
  };
}

function nothingToCheck(source: Source): Checked {
  const [first = { file: '', line: 1, column: 1, message: '' }] = source.issues;
  const locate = (_flow: number, problem: Problem) => ({ ...first, message: problem.message });
  return { config: undefined, issues: inReadingOrder(source.issues), warnings: source.warnings, locate };
}

function located(root: Located, problem: Problem): ConfigIssue {
  return { ...placeOf(root, problem.path), message: withFlow(problem) };
}

function withFlow(problem: Problem): string {
  return problem.path[0] === 'flows' && typeof problem.path[1] === 'number'
    ? `flows[${problem.path[1]}]: ${problem.message}`
    : problem.message;
}

function checkSchema(
  root: Located,
  issues: ConfigIssue[],
): { checkedRoot: Omit<RawConfig, 'flows'> | undefined; flows: readonly CheckedFlow[] } {
  const known = new Set(issues.map(placeText));
  const report = (faults: readonly z.core.$ZodIssue[], base: Path, schema: z.ZodType) => {
    issues.push(...schemaIssues(faults, { root, base, schema }).filter((issue) => !known.has(placeText(issue))));
  };
  const plain = toPlain(root);
  const flowsNode = nodeAt(root, ['flows']);
  const separate = root.kind === 'map' && flowsNode?.kind === 'list';
  const whole = parseWhatHolds(configSchema, separate ? { ...(plain as object), flows: [] } : plain, {});
  report(whole.issues, [], configSchema);
  const flows: CheckedFlow[] = [];
  for (const [index, node] of (flowsNode?.kind === 'list' ? flowsNode.items : []).entries()) {
    const { data, issues: faults } = parseWhatHolds(flowSchema, toPlain(node), FLOW_STAND_INS);
    report(faults, ['flows', index], flowSchema);
    if (data !== undefined) flows.push({ index, flow: data, complete: faults.length === 0 });
  }
  return { checkedRoot: whole.data, flows };
}

/** Values for required keys that are missing or wrong, so that nothing more is reported about these keys. */
const FLOW_STAND_INS = { filePattern: ['/*'] };

/**
 * The part of `value` that passes the schema. Keys that do not pass are left out, or get their value from `standIns`, so that the
 * relations among the other keys are checked as well.
 */
function parseWhatHolds<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  standIns: Readonly<Record<string, unknown>>,
): { data: z.output<Schema> | undefined; issues: readonly z.core.$ZodIssue[] } {
  const result = schema.safeParse(value);
  if (result.success) return { data: result.data, issues: [] };
  const { issues } = result.error;
  if (typeof value !== 'object' || value === null) return { data: undefined, issues };
  const wrong = new Set(
    issues.flatMap((issue) => (issue.path.length === 0 && 'keys' in issue ? issue.keys : [String(issue.path[0])])),
  );
  const rest = Object.fromEntries(Object.entries(value).filter(([key]) => !wrong.has(key)));
  return { data: schema.safeParse({ ...standIns, ...rest }).data, issues };
}

function placeText(issue: ConfigIssue): string {
  return `${issue.file}:${issue.line}:${issue.column}`;
}

function duplicateIds(root: Located, flows: readonly CheckedFlow[]): readonly Problem[] {
  const first = new Map<string, number>();
  const problems: Problem[] = [];
  for (const { index, flow } of flows) {
    const id = flowId(flow);
    const other = first.get(id);
    if (other === undefined) {
      first.set(id, index);
      continue;
    }
    const { file, line } = placeOf(root, ['flows', other]);
    const given = flow.id !== undefined;
    const what = given
      ? `the id "${id}" is taken by the flow at ${file}:${line}`
      : `the same files go to the same stream as in the flow at ${file}:${line}`;
    problems.push(
      error(
        given ? ['flows', index, 'id'] : ['flows', index],
        `${what}: ${given ? 'choose another' : 'remove one, or give it an id'}`,
      ),
    );
  }
  return problems;
}

/** A key in a file that others can read is no secret any more. For an agent.json this is a warning only: others could always read it. */
function secretProblems(root: Located, openFiles: ReadonlySet<string>): readonly Problem[] {
  const problems: Problem[] = [];
  const visit = (owner: Path) => {
    const path = [...owner, 'credentials', 'secretAccessKey'];
    const node = nodeAt(root, path);
    if (node === undefined || node.kind !== 'scalar' || node.expanded === true) return;
    const { file } = keyPlaceOf(root, path);
    const message = `a secret key in a file that others can read: chmod 600 ${file}, or better use a role or a profile`;
    if (openFiles.has(file)) problems.push({ severity: isJsonFile(file) ? 'warning' : 'error', path, message });
  };
  visit([]);
  const flows = nodeAt(root, ['flows']);
  if (flows?.kind === 'list') for (const index of flows.items.keys()) visit(['flows', index]);
  return problems;
}
