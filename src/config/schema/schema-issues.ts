/**
 * What the schema has against a config, as sentences with a place: what is expected, in which unit and range, what
 * stands there instead, and the nearest known word. Values are shown except where they may be secret.
 */
import * as z from 'zod';
import type { FieldMeta } from '../../core/settings-field.ts';
import type { ConfigIssue } from '../issues/config-issue.ts';
import { keyPlaceOf, type Located, nodeAt, type Path, pathText, placeOf } from '../issues/located.ts';
import { didYouMean } from '../issues/nearest.ts';
import { configSchema, fieldsOf, flowSchema, innermost, metaOf, schemasAt } from './schema.ts';
import { optionOf } from './schema-scalars.ts';
import { listText, rangeText, shown } from './value-text.ts';

type SchemaIssue = z.core.$ZodIssue;

interface Context {
  readonly root: Located;
  /** Where the checked value stands in the file's tree. */
  readonly base: Path;
  readonly schema: z.core.$ZodType;
}

export function schemaIssues(issues: readonly SchemaIssue[], context: Context): readonly ConfigIssue[] {
  return issues.flatMap((issue) => translate(issue, issue.path, context));
}

function translate(issue: SchemaIssue, relative: readonly PropertyKey[], context: Context): readonly ConfigIssue[] {
  const path: Path = [...context.base, ...relative.map((part) => (typeof part === 'symbol' ? String(part) : part))];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      ...keyPlaceOf(context.root, [...path, key]),
      message: unknownKey(key, path, schemasFor(context, relative)),
    }));
  }
  if (issue.code === 'invalid_union' && !('discriminator' in issue && issue.discriminator !== undefined)) {
    const branch = likelyBranch(issue, nodeAt(context.root, path));
    if (branch !== undefined) return branch.flatMap((inner) => translate(inner, [...relative, ...inner.path], context));
  }
  const node = nodeAt(context.root, path);
  if (node?.kind === 'scalar' && node.faulty === true) return [];
  const owner = nodeAt(context.root, path.slice(0, -1));
  if (node === undefined && owner?.kind === 'scalar') {
    // One text was written where a list may stand: a fault of the list's item is a fault of that text.
    return [
      {
        ...owner.place,
        message: `${pathText(path.slice(0, -1))} ${complaint(issue, describedAt(owner, context, relative))}`,
      },
    ];
  }
  const { schema, meta } = fieldFor(context, relative);
  if (node === undefined) return [{ ...placeOf(context.root, path), message: missing(issue, path, { schema, meta }) }];
  if (node.kind === 'scalar' && node.value === null) {
    return [
      {
        ...keyPlaceOf(context.root, path),
        message: `${pathText(path) || 'a config'} has no value: ${expectation(schema, meta)} is expected`,
      },
    ];
  }
  return [
    {
      ...placeOf(context.root, path),
      message: `${pathText(path) || 'a config'} ${complaint(issue, { node, schema, meta })}`,
    },
  ];
}

/** Where a section was written and one form of the union is a section with one of its keys, that form was meant. */
function likelyBranch(
  issue: SchemaIssue & { code: 'invalid_union' },
  node: Located | undefined,
): readonly SchemaIssue[] | undefined {
  if (node?.kind !== 'map') return undefined;
  return issue.errors.find((branch) => {
    const wrongHere = branch.some((inner) => inner.path.length === 0 && inner.code !== 'unrecognized_keys');
    const missingKey = branch.some(
      (inner) => inner.code === 'invalid_type' && inner.path.length === 1 && !hasKey(node, inner.path[0]),
    );
    return !wrongHere && !missingKey;
  });
}

function hasKey(node: Located, key: PropertyKey | undefined): boolean {
  return node.kind === 'map' && node.entries.some((entry) => entry.key === key);
}

function unknownKey(key: string, path: Path, schemas: readonly z.core.$ZodType[]): string {
  const where = path.length === 0 ? '' : ` in ${pathText(path)}`;
  const known = schemas.flatMap(keysOf);
  if (known.includes(key)) return `"${key}" does not go together with the other keys${where}: keep one`;
  if (path.length === 0 && fieldsOf(flowSchema)?.[key] !== undefined) {
    return `"${key}" belongs to a flow: put it below flows, into each flow it is meant for`;
  }
  if (path[0] === 'flows' && path.length === 2 && fieldsOf(configSchema)?.[key] !== undefined) {
    return `"${key}" holds for the whole agent: put it at the top of the config, not into a flow`;
  }
  const hint = didYouMean(key, known);
  if (hint !== '') return `unknown key "${key}"${where}${hint}`;
  const parts = key.split('.');
  if (parts.length > 1 && schemas.some((schema) => schemasAt(schema, parts).length > 0)) {
    return `"${key}"${where} is written nested here: ${parts.join(': { ')}: …${' }'.repeat(parts.length - 1)}`;
  }
  if (known.length === 0 || known.length > 12) return `unknown key "${key}"${where}`;
  return `unknown key "${key}"${where}: known are ${listText(known)}`;
}

function keysOf(schema: z.core.$ZodType): readonly string[] {
  const inner = innermost(schema);
  if (inner instanceof z.ZodUnion) return inner.def.options.flatMap(keysOf);
  return Object.keys(fieldsOf(inner) ?? {});
}

function missing(issue: SchemaIssue, path: Path, field: Omit<Wrong, 'node'>): string {
  const owner = pathText(path.slice(0, -1));
  const options = unionOptions(issue);
  const what =
    options.length > 0
      ? oneOf(options)
      : field.meta === undefined
        ? expectation(field.schema, undefined)
        : sentence(field.meta.description);
  return `${owner === '' ? 'the config' : owner} needs "${String(path.at(-1))}": ${what}`;
}

/** A description within a sentence. */
function sentence(description: string): string {
  const [first = '', second = ''] = description;
  const lower = second === second.toLowerCase() ? first.toLowerCase() : first;
  return lower + description.slice(1).replace(/\.$/, '');
}

/** The names that tell the forms of a union apart, where none of them was written. */
function unionOptions(issue: SchemaIssue): readonly string[] {
  return issue.code === 'invalid_union' && 'options' in issue && Array.isArray(issue.options)
    ? issue.options.map(String)
    : [];
}

function describedAt(node: Located, context: Context, relative: readonly PropertyKey[]): Wrong {
  return { node, ...fieldFor(context, relative) };
}

interface Wrong {
  readonly node: Located;
  readonly schema: z.core.$ZodType | undefined;
  readonly meta: FieldMeta | undefined;
}

function complaint(issue: SchemaIssue, wrong: Wrong): string {
  const { node, schema, meta } = wrong;
  const instead = meta?.secret === true ? '' : `, not ${shown(node)}`;
  switch (issue.code) {
    case 'too_small':
    case 'too_big':
      if (issue.origin === 'number' || issue.origin === 'int') return `must be ${rangeText(schema, meta)}${instead}`;
      if (issue.code === 'too_small') return 'must not be empty';
      return `must have at most ${String(issue.maximum)} ${issue.origin === 'string' ? 'characters' : 'entries'}`;
    case 'invalid_value':
      return `must be ${oneOf(issue.values.map(String))}${instead}${nearestValue(node, issue.values.map(String))}`;
    case 'invalid_union': {
      const options = unionOptions(issue);
      if (options.length > 0) return `must be ${oneOf(options)}${instead}${nearestValue(node, options)}`;
      return `must be ${expectation(schema, meta)}${instead}${nearestInUnion(node, schema)}`;
    }
    case 'custom':
      return issue.message;
    default:
      return `must be ${expectation(schema, meta)}${instead}${meta?.secret === true ? '' : quotesHint(node, schema)}`;
  }
}

function nearestValue(node: Located, values: readonly string[]): string {
  return node.kind === 'scalar' && typeof node.value === 'string' ? didYouMean(node.value, values) : '';
}

function nearestInUnion(node: Located, schema: z.core.$ZodType | undefined): string {
  if (schema === undefined) return '';
  if (node.kind === 'map') {
    const known = keysOf(schema);
    const unknown = node.entries.find((entry) => !known.includes(entry.key));
    return unknown === undefined ? '' : didYouMean(unknown.key, known);
  }
  return nearestValue(node, literalsOf(schema));
}

function literalsOf(schema: z.core.$ZodType): readonly string[] {
  const inner = innermost(schema);
  if (inner instanceof z.ZodUnion) return inner.def.options.flatMap(literalsOf);
  return inner instanceof z.ZodEnum ? inner.options.map(String) : [];
}

function oneOf(values: readonly string[]): string {
  return values.length === 1 ? String(values[0]) : `one of ${listText(values)}`;
}

/** `a whole number of milliseconds`, `text`, `random | file | …`. */
function expectation(schema: z.core.$ZodType | undefined, meta: FieldMeta | undefined): string {
  if (meta === undefined) return schema === undefined ? 'another value' : typeName(schema);
  const unit = meta.unit === undefined || meta.unit === 'bytes' ? '' : ` of ${meta.unit}`;
  switch (meta.kind) {
    case 'whole number':
      return `a whole number${unit}`;
    case 'number':
      return `a number${unit}`;
    case 'size':
      return 'a size in bytes (51200, 50KiB, 5MiB)';
    case 'section':
      return 'a section of keys and values';
    default:
      return /^(?:list|regular|field|pattern|format)/.test(meta.kind) ? `a ${meta.kind}` : meta.kind;
  }
}

function typeName(schema: z.core.$ZodType): string {
  const inner = innermost(schema);
  if (inner instanceof z.ZodString) return 'text';
  if (inner instanceof z.ZodNumber) return 'a number';
  if (inner instanceof z.ZodBoolean) return 'true or false';
  if (inner instanceof z.ZodNull) return 'null';
  if (inner instanceof z.ZodArray) return 'a list';
  if (inner instanceof z.ZodObject || inner instanceof z.ZodRecord || inner instanceof z.ZodDiscriminatedUnion)
    return 'a section of keys and values';
  if (inner instanceof z.ZodEnum) return oneOf(inner.options.map(String));
  if (inner instanceof z.ZodUnion) return listText([...new Set(inner.def.options.map(typeName))]);
  return 'another value';
}

function quotesHint(node: Located, schema: z.core.$ZodType | undefined): string {
  if (schema === undefined || node.kind !== 'scalar') return '';
  const inner = innermost(schema);
  const { value } = node;
  if (inner instanceof z.ZodNumber && typeof value === 'string' && /^-?\d+$/.test(value)) return /^-?0\d/.test(value) ? `: write ${Number(value)}` : ': remove the quotes';
  if (inner instanceof z.ZodBoolean && (value === 'true' || value === 'false')) return ': remove the quotes';
  if (inner instanceof z.ZodBoolean && typeof value === 'string' && /^(?:yes|on)$/i.test(value)) return ': write true';
  if (inner instanceof z.ZodBoolean && typeof value === 'string' && /^(?:no|off)$/i.test(value)) return ': write false';
  if (inner instanceof z.ZodString && (typeof value === 'number' || typeof value === 'boolean'))
    return `: write "${value}"`;
  return '';
}

/** The schemas that may stand at `path`. Of a union told apart by a name (`optionName`) only the form that was written counts. */
function schemasFor(context: Context, path: readonly PropertyKey[]): readonly z.core.$ZodType[] {
  let schemas: readonly z.core.$ZodType[] = [context.schema];
  let node = nodeAt(context.root, context.base);
  for (const part of path) {
    const owner = node;
    if (owner?.kind === 'map') schemas = schemas.map((schema) => optionOf(schema, owner));
    schemas = schemas.flatMap((schema) => schemasAt(schema, [part]));
    node = owner === undefined ? undefined : nodeAt(owner, [typeof part === 'number' ? part : String(part)]);
  }
  return schemas;
}

function fieldFor(context: Context, path: readonly PropertyKey[]): Omit<Wrong, 'node'> {
  const schemas = schemasFor(context, path);
  const meta = schemas.map(metaOf).find((found) => found !== undefined);
  return { schema: schemas.at(0), meta };
}
