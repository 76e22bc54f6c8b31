/** Goes through a config with its schema beside it: every scalar as the schema that stands there wants it. */
import * as z from 'zod';
import type { Located, LocatedMap } from './located.ts';
import { innermost, schemasAt } from './schema.ts';

export type LocatedScalar = Extract<Located, { kind: 'scalar' }>;

/** `node` with each scalar replaced by what `change` makes of it; `wanted` is the schema without what is around it. */
export function mapScalars(
  node: Located,
  schema: z.core.$ZodType,
  change: (scalar: LocatedScalar, wanted: z.core.$ZodType) => LocatedScalar,
): Located {
  const childAt = (child: Located, of: z.core.$ZodType, part: string | number): Located => {
    const wanted = schemasAt(of, [part]).at(0);
    return wanted === undefined ? child : mapScalars(child, wanted, change);
  };
  if (node.kind === 'scalar') return change(node, innermost(schema));
  if (node.kind === 'list') return { ...node, items: node.items.map((item, index) => childAt(item, schema, index)) };
  const option = optionOf(schema, node);
  return { ...node, entries: node.entries.map((entry) => ({ ...entry, value: childAt(entry.value, option, entry.key) })) };
}

/** Of a union told apart by `optionName`, the form that was written. */
export function optionOf(schema: z.core.$ZodType, node: LocatedMap): z.core.$ZodType {
  const inner = innermost(schema);
  if (!(inner instanceof z.ZodDiscriminatedUnion)) return schema;
  const written = node.entries.find((entry) => entry.key === inner.def.discriminator)?.value;
  if (written?.kind !== 'scalar') return schema;
  const option = inner.def.options.find((candidate) => {
    const field = candidate instanceof z.ZodObject ? candidate.def.shape[inner.def.discriminator] : undefined;
    return field instanceof z.ZodLiteral && field.value === written.value;
  });
  return option ?? schema;
}
