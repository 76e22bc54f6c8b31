/** Walks a config together with its schema, and makes each scalar what the schema wants at its place. */
import * as z from 'zod';
import type { Located, LocatedMap } from '../issues/located.ts';
import { innermost, schemasAt } from './schema.ts';

export type LocatedScalar = Extract<Located, { kind: 'scalar' }>;

/** `node` with each scalar replaced by what `change` makes of it. `wanted` is the schema without optional(), default() and the like. */
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

/** The form of a union that was written, told by `optionName`; other schemas as they are. */
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
