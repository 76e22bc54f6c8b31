/** `kinship check`: validates the config, resolves every pattern, says per flow what it found. Changes nothing. */
import { type AccessReport, explainAccess } from '../aws/access/explain-access.ts';
import { agentDifferences } from '../config/agent-differences.ts';
import { type ConfigIssue, inReadingOrder, issueText } from '../config/issues/config-issue.ts';
import { isJsonFile } from '../config/files/json-file.ts';
import { type LoadedConfig, loadConfig, type LoadSources } from '../config/load.ts';
import type { FlowConfig } from '../config/model.ts';
import { sizeText } from '../config/schema/value-text.ts';
import { oneLine } from '../core/one-line.ts';
import { readHintAtLength } from '../core/read-hint.ts';
import { NodeConfigReader } from '../platform/node-config-reader.ts';
import { NodeFileSystem } from '../platform/node-file-system.ts';
import { configPath, refusal } from './config-file.ts';
import { exitCodes } from './usage/exit-codes.ts';
import { patternDangers, checkFlow } from './flows/flow-checks.ts';
import { type FlowFiles, flowFiles } from './flows/flow-files.ts';
import type { Invocation } from './usage/invocation.ts';
import { metricsLine } from './flows/metrics-cost.ts';
import { bytesText, countText } from './usage/quantity-text.ts';
import { type ServiceUnit, serviceUnit, unseenPatterns, userBelow } from './host/service-unit.ts';

interface FlowReport {
  readonly flow: FlowConfig;
  readonly access: AccessReport;
  readonly files: FlowFiles;
}

export async function checkCommand(invocation: Invocation): Promise<number> {
  const files = new NodeConfigReader();
  const path = await configPath(invocation, files);
  const unit = await serviceUnit(path, files);
  const loaded = await loadThoroughly(path, { files, env: invocation.env, checkFlow }, unit);
  const json = invocation.options.json === true;
  if (loaded.kind === 'invalid') {
    const { exitCode, hint } = refusal(loaded, { path, invocation });
    const lines = [...loaded.issues.map(issueText), ...loaded.warnings.map((issue) => `warning: ${issueText(issue)}`)];
    if (hint !== undefined) lines.push(`→ ${hint}`);
    if (json) writeJson(invocation, { valid: false, errors: loaded.issues, warnings: loaded.warnings });
    else invocation.stderr.write(`${lines.join('\n')}\n`);
    return exitCode;
  }
  const { config, warnings } = loaded;
  const fileSystem = new NodeFileSystem();
  const reports: FlowReport[] = [];
  for (const flow of config.flows) {
    if (invocation.stderr.isTerminal) invocation.stderr.write(`\rlooking for the files of ${flow.id} …\u001b[K`);
    const { kind, stream: target } = flow.destination;
    const service = kind === 'kinesis' ? 'Kinesis' : 'Firehose';
    const access = await explainAccess({ service, settings: flow.aws, target }, invocation.env);
    reports.push({ flow, access, files: await flowFiles(flow, fileSystem) });
  }
  if (invocation.stderr.isTerminal) invocation.stderr.write('\r\u001b[K');
  const serviceUser = userBelow(process.getuid?.(), unit);
  const differences = isJsonFile(path) ? agentDifferences(config) : [];
  if (json) {
    const flows = reports.map(({ flow, access, files: found }) => ({
      id: flow.id,
      destination: flow.destination,
      access,
      ...found,
    }));
    writeJson(invocation, { valid: true, warnings, flows, differences, ...(serviceUser === undefined ? {} : { judgedAs: 'root', serviceUser }) });
    return exitCodes.done;
  }
  for (const warning of warnings) invocation.stderr.write(`warning: ${issueText(warning)}\n`);
  const lines = [`${path}: valid, ${countText(config.flows.length)} flow${config.flows.length === 1 ? '' : 's'}`];
  if (serviceUser !== undefined)
    lines.push(`  what can be read is judged as root; the service runs as ${serviceUser}: sudo -u ${serviceUser} kinship check -c ${path}`);
  for (const report of reports) lines.push('', ...reportLines(report));
  lines.push('', metricsLine(config));
  if (differences.length > 0)
    lines.push('', 'What is different from the Java agent:', ...differences.map((line) => `  - ${line}`));
  invocation.stdout.write(`${lines.join('\n')}\n`);
  return exitCodes.done;
}

/** Loads the config as the agent does. Adds the slow analysis of patterns, and the files that the service does not see. */
async function loadThoroughly(path: string, sources: LoadSources, unit: ServiceUnit | undefined): Promise<LoadedConfig> {
  const loaded = await loadConfig(path, sources);
  if (loaded.kind === 'invalid') return loaded;
  const issues: ConfigIssue[] = [];
  const warnings = [...loaded.warnings];
  for (const [index, flow] of loaded.config.flows.entries()) {
    const unseen = unit === undefined ? [] : unseenPatterns(flow, unit);
    for (const problem of [...(await patternDangers(flow)), ...unseen]) {
      (problem.severity === 'error' ? issues : warnings).push(loaded.locate(index, problem));
    }
  }
  if (issues.length > 0) return { kind: 'invalid', issues: inReadingOrder(issues), warnings: inReadingOrder(warnings) };
  return { ...loaded, warnings: inReadingOrder(warnings) };
}

function writeJson(invocation: Invocation, value: unknown): void {
  invocation.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

function reportLines(report: FlowReport): string[] {
  const { flow, access, files } = report;
  const { format, recordBytesMax } = flow.producer.aggregation;
  const kind = flow.destination.kind === 'kinesis' ? 'stream' : 'delivery stream';
  const lines = [
    flow.id,
    `  to ${kind} ${flow.destination.stream}`,
    ...accessLines(access),
    `  ${format === 'none' ? 'not packed' : `packed as ${format} up to ${sizeText(recordBytesMax)}`}, sent after ${flow.producer.recordMaxBufferedTimeMillis} ms at the latest${keyText(flow)}`,
    ...flow.route.routes.map(
      (route) => `  where ${route.when.field} matches: to ${route.kinesisStream ?? route.deliveryStream}`,
    ),
    `  ${flow.tail.filePattern.join('\n  ')}`,
    `    ${countText(files.count)} file${files.count === 1 ? '' : 's'}, ${bytesText(files.bytes)}; at the first start read from ${flow.tail.initialPosition === 'END_OF_FILE' ? 'their end' : 'their start'}`,
  ];
  for (const [file, why] of files.unreadable.slice(0, 10)) lines.push(`    cannot be read: ${oneLine(file)} (${why})`);
  if (files.unreadable.length > 10)
    lines.push(`    and ${countText(files.unreadable.length - 10)} more that cannot be read`);
  for (const code of new Set(files.unreadable.map(([, why]) => why))) lines.push(`    → ${code}: ${readHintAtLength(code)}`);
  for (const note of files.notes) lines.push(`    → ${oneLine(note)}`);
  if (files.count === 0 && files.unreadable.length === 0 && files.notes.length === 0)
    lines.push('    → nothing matches now; files that appear later are read from their start');
  return lines;
}

function keyText(flow: FlowConfig): string {
  const { partitionKey } = flow.route;
  if (flow.destination.kind === 'firehose') return '';
  switch (partitionKey.kind) {
    case 'constant':
      return `, partition key "${partitionKey.constant}"`;
    case 'field':
      return `, partition key from the field ${partitionKey.field}`;
    case 'regex':
      return `, partition key from ${partitionKey.regex}`;
    default:
      return `, partition key ${partitionKey.kind}`;
  }
}

/** How the flow reaches AWS, and where each part of the way is set, as far as that is known without a call. */
function accessLines(access: AccessReport): readonly string[] {
  if (access.kind === 'failed') return [`  cannot reach AWS as configured: ${access.message}`, `    → ${access.hint}`];
  const { region, endpoint, proxy, credentials } = access;
  const source = region.source === 'default of the Java agent' ? `the ${region.source}` : `from the ${region.source}`;
  return [
    `  region ${region.name} (${source}), ${endpoint.url}${proxy === undefined ? '' : ` through ${proxy}`}`,
    `  credentials: ${credentials}`,
  ];
}
