/** Turns texts into numbers and booleans, and back, where the schema wants them, by the rules of the Java agent. */
import { z } from 'zod';
import { javaBoolean, javaNumber } from './java-scalar.ts';
import type { Located, LocatedMap } from './located.ts';
import { innermost, schemasAt } from './schema.ts';

export function coerceScalars<Node extends Located>(node: Node, schema: z.core.$ZodType): Node;
export function coerceScalars(node: Located, schema: z.core.$ZodType): Located {
  if (node.kind === 'list') {
    return { ...node, items: node.items.map((item, index) => coerceAt(item, schema, index)) };
  }
  if (node.kind === 'map') {
    const entries = node.entries.map((entry) => ({
      ...entry,
      value: coerceAt(entry.value, optionOf(schema, node), entry.key),
    }));
    return { ...node, entries };
  }
  const inner = innermost(schema);
  const { value } = node;
  if (inner instanceof z.ZodNumber && typeof value === 'string') return { ...node, value: javaNumber(value) ?? value };
  if (inner instanceof z.ZodBoolean && (typeof value === 'string' || typeof value === 'number')) {
    return { ...node, value: javaBoolean(String(value)) ?? value };
  }
  if (inner instanceof z.ZodString && (typeof value === 'number' || typeof value === 'boolean'))
    return { ...node, value: String(value) };
  return node;
}

function coerceAt(node: Located, schema: z.core.$ZodType, part: string | number): Located {
  const child = schemasAt(schema, [part]).at(0);
  return child === undefined ? node : coerceScalars(node, child);
}

/** Of a union told apart by `optionName`, the form that was written. */
function optionOf(schema: z.core.$ZodType, node: LocatedMap): z.core.$ZodType {
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
