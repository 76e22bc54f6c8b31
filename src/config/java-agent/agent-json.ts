/**
 * Translates the Java agent's agent.json into a native config: moves keys to their native places, reads Java's ways of writing
 * numbers and booleans, fills in Java's defaults where consumers or dashboards depend on them. What the Java agent ignores is
 * ignored here too, with a warning. Keys of kinship may stand beside those of Java, nested or flat (`"kinesis.protocol"`).
 */
import type { ConfigIssue } from '../issues/config-issue.ts';
import { type AgentKey, agentFlowKeys, agentRootKeys } from './agent-keys.ts';
import { withinRange } from './agent-ranges.ts';
import { missingRegions, type RegionalService } from './agent-regions.ts';
import { coerceScalars } from './agent-scalars.ts';
import { adjustFlow } from './agent-flow.ts';
import { entryOf, type Located, type LocatedEntry, type LocatedMap, type Path, type Place } from '../issues/located.ts';
import { didYouMean } from '../issues/nearest.ts';
import { configSchema, fieldsOf, flowSchema, schemasAt } from '../schema/schema.ts';

export interface Translated {
  readonly root: Located;
  readonly warnings: readonly ConfigIssue[];
  /** Services whose region the file does not tell: they have the Java agent's default. */
  readonly javaRegions: ReadonlySet<RegionalService>;
}

export function translateAgentJson(source: Located): Translated {
  const warnings: ConfigIssue[] = [];
  if (source.kind !== 'map') return { root: source, warnings, javaRegions: new Set() };
  warnings.push(...variablesIn(source));
  let root = translateMap(source, { keys: agentRootKeys, fields: fieldsOf(configSchema) ?? {}, at: [], warnings });
  const flows = entryOf(root, 'flows');
  if (flows?.value.kind === 'list') {
    const items = flows.value.items.map((flow) =>
      flow.kind === 'map'
        ? adjustFlow(
            translateMap(flow, { keys: agentFlowKeys, fields: fieldsOf(flowSchema) ?? {}, at: ['flow'], warnings }),
            warnings,
          )
        : flow,
    );
    root = withEntry(root, ['flows'], { ...flows, value: { ...flows.value, items } });
  }
  root = withDefaults(root, source.place, warnings);
  const regions = missingRegions(root, warnings);
  for (const [service, { name }] of regions) root = withEntry(root, [service, 'region'], textEntry('region', name, source.place));
  const javaRegions = new Set([...regions].filter(([, { isJavaDefault }]) => isJavaDefault).map(([service]) => service));
  return { root: coerceScalars(root, configSchema), warnings, javaRegions };
}

/** The Java agent replaces no variables, either. */
function variablesIn(node: Located): readonly ConfigIssue[] {
  if (node.kind === 'list') return node.items.flatMap(variablesIn);
  if (node.kind === 'map') return node.entries.flatMap((entry) => variablesIn(entry.value));
  // What stands for a missing variable may be a secret: it is not shown.
  const [, name] = typeof node.value === 'string' ? (/\$\{([A-Za-z_]\w*)(?::-[^}]*)?\}/.exec(node.value) ?? []) : [];
  if (name === undefined) return [];
  return [{ ...node.place, message: `\${${name}} is no variable here, as in the Java agent: write what it stands for (a config in YAML has variables)` }];
}

interface Level {
  readonly keys: ReadonlyMap<string, AgentKey>;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly at: Path;
  readonly warnings: ConfigIssue[];
}

function translateMap(source: LocatedMap, level: Level): LocatedMap {
  let out: LocatedMap = { ...source, entries: [] };
  for (const entry of source.entries) {
    if (entry.value.kind === 'scalar' && entry.value.value === null) {
      level.warnings.push({ ...entry.keyPlace, message: `"${entry.key}" is null: taken as not set` });
      continue;
    }
    out = translateEntry(out, entry, level);
  }
  return out;
}

function translateEntry(out: LocatedMap, entry: LocatedEntry, level: Level): LocatedMap {
  const { key, keyPlace } = entry;
  const rule = level.keys.get(key);
  if (rule?.kind === 'answered') {
    level.warnings.push({ ...keyPlace, message: `"${key}" has no effect: ${rule.instead}` });
    return out;
  }
  if (rule?.kind === 'moved') {
    if (isEmptyText(entry.value)) return out;
    const schema = schemasAt(configSchema, rule.to[0] ?? []).at(0);
    const ranged = withinRange(entry, { schema, unlimited: rule.unlimited === true, warnings: level.warnings });
    return rule.to.reduce(
      (map, path) => withEntry(map, path, { ...ranged, value: endpointUrl(path, ranged.value) }),
      out,
    );
  }
  if (key === 'checkpointFile' && level.at.length === 0)
    return withEntry(out, [key], ownCheckpointFile(entry, level.warnings));
  if (level.fields[key] !== undefined) return withEntry(out, [key], entry);
  const path = key.split('.');
  const schema = level.at.length === 0 ? configSchema : flowSchema;
  if (path.length > 1 && schemasAt(schema, path).length > 0) return withEntry(out, path, entry);
  level.warnings.push({ ...keyPlace, message: unknownText(key, level) });
  return out;
}

function unknownText(key: string, level: Level): string {
  const atRoot = level.at.length === 0;
  const elsewhere = atRoot
    ? agentFlowKeys.has(key) || fieldsOf(flowSchema)?.[key] !== undefined
    : agentRootKeys.has(key) || schemasAt(configSchema, key.split('.')).length > 0;
  if (elsewhere) {
    const place = atRoot ? 'it belongs into each flow it is meant for' : 'it belongs to the top of the file';
    return `"${key}" is ignored here, as in the Java agent: ${place}`;
  }
  const own = [...level.keys.keys(), ...Object.keys(level.fields)];
  return `unknown key "${key}" is ignored, as the Java agent does${didYouMean(key, own)}`;
}

/** Adds the Java agent's defaults on which consumers, dashboards and alarms may depend. */
function withDefaults(root: LocatedMap, place: Place, warnings: ConfigIssue[]): LocatedMap {
  let out = root;
  const add = (path: Path, value: string) => {
    out = withEntry(out, path, textEntry(String(path.at(-1)), value, place));
  };
  if (entryOf(root, 'compatibility') === undefined) add(['compatibility'], 'amazon-kinesis-agent');
  const assumeRole = at(out, ['credentials', 'assumeRole']);
  if (assumeRole !== undefined && entryOf(assumeRole, 'roleArn') === undefined) {
    warnings.push({
      ...assumeRole.place,
      message: 'without assumeRoleARN no role is assumed: the other keys about it have no effect',
    });
    out = withoutEntry(out, ['credentials', 'assumeRole']);
  } else if (assumeRole !== undefined && entryOf(assumeRole, 'sessionName') === undefined) {
    add(['credentials', 'assumeRole', 'sessionName'], 'AWSKinesisAgent');
  }
  return withoutHalfKey(out, warnings);
}

/** The Java agent uses both parts of a key, or goes on to the next source of credentials. */
function withoutHalfKey(root: LocatedMap, warnings: ConfigIssue[]): LocatedMap {
  const parts = [['accessKeyId', 'awsAccessKeyId'], ['secretAccessKey', 'awsSecretAccessKey']] as const;
  const given = parts.filter(([part]) => at(root, ['credentials', part]) !== undefined);
  const [[part, name] = []] = given;
  const missing = parts.find((other) => !given.includes(other))?.[1];
  const node = part === undefined ? undefined : at(root, ['credentials', part]);
  if (part === undefined || missing === undefined || node === undefined) return root;
  warnings.push({ ...node.place, message: `"${name}" has no effect without "${missing}", as in the Java agent: credentials come from the default chain` });
  return withoutEntry(root, ['credentials', part]);
}

function textEntry(key: string, value: string, place: Place): LocatedEntry {
  return { key, keyPlace: place, value: { kind: 'scalar', value, place } };
}

/** The file named in agent.json is the Java agent's. kinship leaves it untouched, so that going back to that agent loses nothing. */
function ownCheckpointFile(entry: LocatedEntry, warnings: ConfigIssue[]): LocatedEntry {
  const { value } = entry;
  if (value.kind !== 'scalar' || typeof value.value !== 'string' || value.value === '') return entry;
  const path = `${value.value}.kinship.db`;
  const lost = /^\/(?:var\/)?run\//.test(path)
    ? '; /run is empty after a reboot: then flows begin by initialPosition'
    : '';
  warnings.push({ ...entry.keyPlace, message: `positions are kept in ${path}, beside those of the Java agent${lost}` });
  return { ...entry, value: { ...value, value: path } };
}

function at(root: Located, path: Path): Located | undefined {
  return path.reduce<Located | undefined>((node, part) => entryOf(node, String(part))?.value, root);
}

/** Endpoints without a scheme are https in the Java agent. */
function endpointUrl(path: Path, value: Located): Located {
  const name = String(path.at(-1)).toLowerCase();
  if (!name.endsWith('endpoint') || value.kind !== 'scalar' || typeof value.value !== 'string') return value;
  return value.value.includes('://') ? value : { ...value, value: `https://${value.value}` };
}

function isEmptyText(value: Located): boolean {
  return value.kind === 'scalar' && value.value === '';
}

/** A copy of `map` with `entry`'s value at `path`; missing sections are made on the way. */
export function withEntry(map: LocatedMap, path: Path, entry: LocatedEntry): LocatedMap {
  const [first, ...rest] = path;
  const key = String(first);
  const others = map.entries.filter((other) => other.key !== key);
  if (rest.length === 0) return { ...map, entries: [...others, { ...entry, key }] };
  const existing = entryOf(map, key);
  const section: LocatedMap =
    existing?.value.kind === 'map' ? existing.value : { kind: 'map', entries: [], place: entry.keyPlace };
  return {
    ...map,
    entries: [
      ...others,
      { key, keyPlace: existing?.keyPlace ?? entry.keyPlace, value: withEntry(section, rest, entry) },
    ],
  };
}

function withoutEntry(map: LocatedMap, [section, key]: readonly [section: string, key: string]): LocatedMap {
  const entries = map.entries.map((entry) =>
    entry.key === section && entry.value.kind === 'map'
      ? { ...entry, value: { ...entry.value, entries: entry.value.entries.filter((inner) => inner.key !== key) } }
      : entry,
  );
  return { ...map, entries };
}
