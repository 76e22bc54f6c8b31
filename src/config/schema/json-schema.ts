/** The JSON Schema of the config (draft 2020-12), for editors: made from the one schema, descriptions included. */
import * as z from 'zod';
import { configSchema, defaultOf, innermost, metaOf } from './schema.ts';

type JsonSchema = Record<string, unknown>;

/** Text that stands for a number: `${VAR}`. */
const variablePattern = '\\$\\{';
const sizePattern = `^\\s*\\d+(\\.\\d+)?\\s*([KMG]i?B|B)?\\s*$|${variablePattern}`;

export function configJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any', override: refine }) as JsonSchema;
  return { $schema: schema['$schema'], title: 'kinship.yaml', ...schema };
}

/** What zod does not tell: descriptions, examples, and values that may be written in more than one way. */
function refine(context: { zodSchema: z.core.$ZodTypes; jsonSchema: JsonSchema }): void {
  const { zodSchema, jsonSchema } = context;
  const meta = metaOf(zodSchema);
  if (meta !== undefined) {
    const unit = meta.unit === undefined ? '' : ` Unit: ${meta.unit}.`;
    jsonSchema['description'] = `${meta.description}${unit}`;
    if (meta.example !== undefined) jsonSchema['examples'] = [meta.example];
    if (meta.kind === 'text or list of texts') asOneOrMany(jsonSchema);
    if (meta.kind === 'size') asSize(jsonSchema, innermost(zodSchema));
    const fallback = defaultOf(zodSchema);
    if (fallback === undefined || meta.kind === 'section') delete jsonSchema['default'];
    else jsonSchema['default'] = fallback;
  }
  delete jsonSchema['readOnly'];
  const { type } = jsonSchema;
  if (type === 'integer' || type === 'number') {
    if (Number(jsonSchema['maximum']) >= Number.MAX_SAFE_INTEGER) delete jsonSchema['maximum'];
    if (Number(jsonSchema['minimum']) <= Number.MIN_SAFE_INTEGER) delete jsonSchema['minimum'];
  }
  if (meta !== undefined && (type === 'integer' || type === 'number' || type === 'boolean')) {
    Object.assign(jsonSchema, { type: [type, 'string'], pattern: variablePattern });
  }
}

function asSize(jsonSchema: JsonSchema, inner: z.core.$ZodType): void {
  if (!(inner instanceof z.ZodNumber)) return;
  const { minValue, maxValue } = inner;
  Object.assign(jsonSchema, { type: ['integer', 'string'], pattern: sizePattern, minimum: minValue ?? 0 });
  if (maxValue !== null && maxValue < Number.MAX_SAFE_INTEGER) jsonSchema['maximum'] = maxValue;
}

function asOneOrMany(jsonSchema: JsonSchema): void {
  Object.assign(jsonSchema, {
    type: ['string', 'array'],
    minLength: 1,
    minItems: 1,
    items: { type: 'string', minLength: 1 },
  });
}
