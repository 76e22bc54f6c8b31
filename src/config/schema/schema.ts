/**
 * The schema of the whole config: every part's fields, composed. Unknown keys are errors. Parsing, messages, JSON
 * Schema, example and reference page all come from here.
 */
import * as z from 'zod';
import { agentRootFields } from './agent-settings.ts';
import { awsFlowFields, awsRootFields } from '../../aws/config.ts';
import { checkpointRootFields } from '../../checkpoint/config.ts';
import { choice, fieldMeta, type FieldMeta, group, listOf, text } from '../../core/settings-field.ts';
import { preprocessFlowFields } from '../../preprocess/config.ts';
import { producerFlowFields } from '../../producer/config.ts';
import { routeFlowFields } from '../../route/config.ts';
import { tailFlowFields, tailRootFields } from '../../tail/config.ts';
import { telemetryRootFields } from '../../telemetry/config.ts';

const idField = {
  id: text({
    description:
      'Name of the flow, unique; positions are kept under it. Without it, the name is made of stream and pattern, as in the Java agent: then a change of either makes a new flow, which begins where initialPosition says.',
    example: 'web',
  }).optional(),
};

const compatibilityField = {
  compatibility: choice(['native', 'amazon-kinesis-agent'], {
    description: 'Default of every flow’s compatibility. Implied by agent.json: amazon-kinesis-agent.',
  }).optional(),
};

export const flowSchema = group(
  {
    ...idField,
    ...tailFlowFields,
    ...routeFlowFields,
    ...producerFlowFields,
    ...preprocessFlowFields,
    ...awsFlowFields,
  },
  { description: 'One flow: which files go where, and how.' },
);

export const configSchema = group(
  {
    ...awsRootFields,
    ...checkpointRootFields,
    ...tailRootFields,
    ...agentRootFields,
    ...telemetryRootFields,
    ...compatibilityField,
    flows: listOf(flowSchema, { description: 'The flows.' }).default([]),
  },
  { description: 'The config of kinship.' },
);

export type RawFlow = z.output<typeof flowSchema>;
export type RawConfig = z.output<typeof configSchema>;

/** A schema without its optional(), default(), transform() and readonly() around it. */
export function innermost(schema: z.core.$ZodType): z.core.$ZodType {
  const { def } = schema._zod;
  if ('innerType' in def) return innermost(def.innerType as z.core.$ZodType);
  if (schema instanceof z.ZodPipe) {
    const { in: input, out } = schema.def;
    return innermost(input instanceof z.ZodTransform ? out : input);
  }
  return schema;
}

/** Meta of a field, looked for on the schema and on what it wraps. */
export function metaOf(schema: z.core.$ZodType): FieldMeta | undefined {
  const own = fieldMeta.get(schema as z.ZodType);
  if (own !== undefined) return own;
  const { def } = schema._zod;
  return 'innerType' in def ? metaOf(def.innerType as z.core.$ZodType) : undefined;
}

/** The schema's default, if it has one. */
export function defaultOf(schema: z.core.$ZodType): unknown {
  const { def } = schema._zod;
  if ('defaultValue' in def) return def.defaultValue;
  return 'innerType' in def ? defaultOf(def.innerType as z.core.$ZodType) : undefined;
}

/** The fields of a section, or undefined where `schema` is none. Without a prototype: any key may be looked up. */
export function fieldsOf(schema: z.core.$ZodType): Readonly<Record<string, z.core.$ZodType>> | undefined {
  const inner = innermost(schema);
  if (!(inner instanceof z.ZodObject)) return undefined;
  return Object.assign(Object.create(null) as Record<string, z.core.$ZodType>, inner.def.shape);
}

/** The schemas that may stand at `path`: several below a union. */
export function schemasAt(root: z.core.$ZodType, path: readonly PropertyKey[]): readonly z.core.$ZodType[] {
  let schemas: readonly z.core.$ZodType[] = [root];
  for (const part of path) schemas = schemas.flatMap((schema) => childSchemas(schema, part));
  return schemas;
}

function childSchemas(schema: z.core.$ZodType, part: PropertyKey): readonly z.core.$ZodType[] {
  const inner = innermost(schema);
  const fields = fieldsOf(inner);
  if (fields !== undefined) {
    const child = fields[String(part)];
    return child === undefined ? [] : [child];
  }
  if (inner instanceof z.ZodArray) return [inner.def.element];
  if (inner instanceof z.ZodRecord) return [inner.def.valueType];
  if (inner instanceof z.ZodUnion) return inner.def.options.flatMap((option) => childSchemas(option, part));
  return [];
}
