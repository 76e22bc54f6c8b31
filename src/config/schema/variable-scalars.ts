/**
 * Gives values from variables the type that the schema wants at their place: a number, a boolean, else the text as it is. The text
 * alone does not tell the type: the version 1.10 is no number, and a number keeps only sixteen of twenty digits.
 */
import * as z from 'zod';
import type { Located } from '../issues/located.ts';
import { type LocatedScalar, mapScalars } from './schema-scalars.ts';

export function typeVariables(node: Located, schema: z.core.$ZodType): Located {
  return mapScalars(node, schema, typed);
}

function typed(node: LocatedScalar, wanted: z.core.$ZodType): LocatedScalar {
  const { value, expanded } = node;
  if (expanded !== true || typeof value !== 'string') return node;
  if (wanted instanceof z.ZodNumber && DECIMAL.test(value)) return { ...node, value: Number(value) };
  if (wanted instanceof z.ZodBoolean && BOOLEAN.test(value)) return { ...node, value: value.toLowerCase() === 'true' };
  return node;
}

/** As YAML has them (core schema), without octal and hexadecimal numbers. */
const DECIMAL = /^[-+]?(?:0|[1-9]\d*)(?:\.\d+)?$/;
const BOOLEAN = /^(?:true|True|TRUE|false|False|FALSE)$/;
