/** Turns texts into numbers and booleans, and back, where the schema wants them, by the rules of the Java agent. */
import * as z from 'zod';
import { javaBoolean, javaNumber } from './java-scalar.ts';
import type { Located } from '../issues/located.ts';
import { type LocatedScalar, mapScalars } from '../schema/schema-scalars.ts';

export function coerceScalars(node: Located, schema: z.core.$ZodType): Located {
  return mapScalars(node, schema, coerce);
}

function coerce(node: LocatedScalar, wanted: z.core.$ZodType): LocatedScalar {
  const { value } = node;
  if (wanted instanceof z.ZodNumber && typeof value === 'string') return { ...node, value: javaNumber(value) ?? value };
  if (wanted instanceof z.ZodBoolean && (typeof value === 'string' || typeof value === 'number')) {
    return { ...node, value: javaBoolean(String(value)) ?? value };
  }
  if (wanted instanceof z.ZodString && (typeof value === 'number' || typeof value === 'boolean'))
    return { ...node, value: String(value) };
  return node;
}
