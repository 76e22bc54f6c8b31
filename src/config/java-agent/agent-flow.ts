/** Translates a flow of agent.json where the Java agent reads a key differently from kinship. */
import * as z from 'zod';
import { compileGlob, GlobError } from '../../core/glob.ts';
import { looseOptionValue } from '../../preprocess/config/java-options.ts';
import { withinRange, withRetryWaits } from './agent-ranges.ts';
import type { ConfigIssue } from '../issues/config-issue.ts';
import { entryOf, type Located, type LocatedEntry, type LocatedMap, toPlain } from '../issues/located.ts';
import { fieldsOf, flowSchema, innermost, schemasAt } from '../schema/schema.ts';
import { shown } from '../schema/value-text.ts';

export function adjustFlow(flow: LocatedMap, warnings: ConfigIssue[]): LocatedMap {
  const firehose = entryOf(flow, 'deliveryStream') !== undefined;
  const entries: LocatedEntry[] = [];
  for (const entry of flow.entries) {
    const adjusted = adjustEntry(entry, { flow, firehose, warnings });
    if (adjusted !== undefined) entries.push(adjusted);
  }
  if (!firehose && entryOf(flow, 'aggregation') === undefined) entries.push(withoutAggregation(flow));
  return withRetryWaits({ ...flow, entries }, warnings);
}

/** Consumers of the Java agent's records expect one line a record: they would not take aggregated records apart. */
function withoutAggregation(flow: LocatedMap): LocatedEntry {
  const { place } = flow;
  const format: LocatedEntry = { key: 'format', keyPlace: place, value: { kind: 'scalar', value: 'none', place } };
  return { key: 'aggregation', keyPlace: place, value: { kind: 'map', entries: [format], place } };
}

interface FlowContext {
  readonly flow: LocatedMap;
  readonly firehose: boolean;
  readonly warnings: ConfigIssue[];
}

/** Undefined: the Java agent acts as if the key were not there. */
function adjustEntry(entry: LocatedEntry, context: FlowContext): LocatedEntry | undefined {
  const { key, keyPlace, value } = entry;
  const ignored = (why: string) => {
    context.warnings.push({ ...keyPlace, message: `"${key}" has no effect, as in the Java agent: ${why}` });
    return undefined;
  };
  switch (key) {
    case 'kinesisStream':
      return context.firehose ? ignored('deliveryStream is set and wins') : entry;
    case 'partitionKeyOption':
      return context.firehose ? ignored('delivery streams have no partition keys') : entry;
    case 'aggregatedRecordSizeBytes':
      if (!context.firehose)
        return ignored('it is for delivery streams; aggregation: {"format": "newline"} does it for data streams');
      return entryOf(context.flow, 'multiLineStartPattern') === undefined
        ? entry
        : ignored('records of several lines are not packed');
    case 'multiLineStartPattern':
    case 'fileFooterPattern':
      return value.kind === 'scalar' && value.value === '' ? undefined : entry;
    case 'skipHeaderLines':
    case 'retryInitialBackoffMillis':
    case 'retryMaxBackoffMillis': {
      const schema = schemasAt(flowSchema, [key]).at(0);
      return withinRange(entry, { schema, unlimited: false, warnings: context.warnings });
    }
    case 'filePattern':
      return { ...entry, value: javaGlob(value) };
    case 'dataProcessingOptions':
      if (value.kind !== 'list') return ignored('it must be a list');
      return { ...entry, value: { ...value, items: value.items.map((item) => knownOptions(item, context.warnings)) } };
    default:
      return entry;
  }
}

/**
 * In Java's globs of one name `**` means `*`; in kinship it means any depth. The Java agent takes directories literally: a directory
 * whose name is a broken glob is that very directory. Source: java.nio.file.FileSystem.getPathMatcher.
 */
function javaGlob(value: Located): Located {
  if (value.kind === 'list') return { ...value, items: value.items.map(javaGlob) };
  if (value.kind !== 'scalar' || typeof value.value !== 'string') return value;
  const parts = value.value.split('/');
  const name = parts.pop() ?? '';
  return { ...value, value: [...parts.map(directoryGlob), name === '**' ? '*' : name].join('/') };
}

function directoryGlob(name: string): string {
  try {
    compileGlob(name, { dotFiles: true, caretNegates: false });
    return name;
  } catch (fault) {
    if (!(fault instanceof GlobError)) throw fault;
    return name.replaceAll(/[\\*?[{]/g, String.raw`\$&`);
  }
}

/** The Java agent ignores keys it does not know within an option, too. */
function knownOptions(option: Located, warnings: ConfigIssue[]): Located {
  if (option.kind !== 'map') return option;
  const name = entryOf(option, 'optionName')?.value;
  const fields = name?.kind === 'scalar' ? optionFields(String(name.value)) : undefined;
  if (name?.kind === 'scalar' && name.value === 'USINGPLUGGIN') {
    warnings.push({
      ...name.place,
      message: 'Java plug-ins cannot run here: see which of the other options does the work',
    });
  }
  if (fields === undefined) return option;
  const known = option.entries.filter((entry) => {
    if (entry.value.kind === 'scalar' && entry.value.value === null && entry.key !== 'metadata') {
      warnings.push({ ...entry.keyPlace, message: `"${entry.key}" is null: taken as not set` });
      return false;
    }
    if (fields.has(entry.key)) return true;
    warnings.push({ ...entry.keyPlace, message: `unknown key "${entry.key}" is ignored, as the Java agent does` });
    return false;
  });
  return { ...option, entries: known.flatMap((entry) => looseEntry(wholeMetadata(entry), warnings)) };
}

/** Metadata whose numbers or order of keys JavaScript would change is passed on as text. */
function wholeMetadata(entry: LocatedEntry): LocatedEntry {
  if (entry.key !== 'metadata') return entry;
  const { value } = entry;
  const text = jsonOf(value);
  if (text === JSON.stringify(toPlain(value))) return entry;
  return { ...entry, key: 'metadataJson', value: { kind: 'scalar', value: text, place: value.place } };
}

function jsonOf(node: Located): string {
  if (node.kind === 'scalar') return node.numberText ?? JSON.stringify(node.value);
  if (node.kind === 'list') return `[${node.items.map(jsonOf).join(',')}]`;
  return `{${node.entries.map((entry) => `${JSON.stringify(entry.key)}:${jsonOf(entry.value)}`).join(',')}}`;
}

/** What the Java agent makes of a value that it reads more loosely than the schema. */
function looseEntry(entry: LocatedEntry, warnings: ConfigIssue[]): readonly LocatedEntry[] {
  const { key, value } = entry;
  const items = value.kind === 'list' ? value.items : [];
  if (value.kind === 'map' || items.some((item) => item.kind !== 'scalar')) return [entry];
  const plain = value.kind === 'list' ? items.map(scalarOf) : value.value;
  const loose = looseOptionValue(key, plain);
  if (loose === plain) return [entry];
  if (loose === undefined) {
    const wanted = key === 'parseOptions' ? 'a list, such as ["NO_TRIM"]' : 'a whole number of seconds, 1 or more';
    warnings.push({ ...value.place, message: `"${key}" has no effect, as in the Java agent: it must be ${wanted}` });
    return [];
  }
  if (Array.isArray(loose) && value.kind === 'list') {
    const known = items.filter((item) => loose.includes(scalarOf(item)));
    for (const item of items) {
      if (!known.includes(item)) warnings.push({ ...item.place, message: `${shown(item)} has no effect, as in the Java agent: ${key} knows NO_TRIM and ESCAPE_NEW_LINE` });
    }
    return [{ ...entry, value: { ...value, items: known } }];
  }
  if (typeof loose !== 'string' && typeof loose !== 'number') return [entry];
  return [{ ...entry, value: { kind: 'scalar', place: value.place, value: loose } }];
}

function scalarOf(item: Located): unknown {
  return item.kind === 'scalar' ? item.value : undefined;
}

function optionFields(name: string): ReadonlySet<string> | undefined {
  for (const schema of schemasAt(flowSchema, ['dataProcessingOptions', 0])) {
    const union = innermost(schema);
    if (!(union instanceof z.ZodDiscriminatedUnion)) continue;
    for (const option of union.def.options) {
      const fields = fieldsOf(option) ?? {};
      const literal = fields['optionName'] === undefined ? undefined : innermost(fields['optionName']);
      if (literal instanceof z.ZodLiteral && literal.value === name) return new Set(Object.keys(fields));
    }
  }
  return undefined;
}
