/** Values, sizes and ranges as messages and the reference page show them. */
import * as z from 'zod';
import type { FieldMeta } from '../../core/settings-field.ts';
import type { Located } from '../issues/located.ts';
import { innermost } from './schema.ts';

const SHOWN_CHARS_MAX = 60;

/** What stands in the file, short. */
export function shown(node: Located): string {
  if (node.kind === 'list') return 'a list';
  if (node.kind === 'map') return 'a section';
  if (typeof node.value !== 'string') return String(node.value);
  const { value } = node;
  return JSON.stringify(value.length > SHOWN_CHARS_MAX ? `${value.slice(0, SHOWN_CHARS_MAX)}…` : value);
}

/** `a, b or c`. */
export function listText(values: readonly string[]): string {
  if (values.length <= 1) return values.join('');
  return `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`;
}

/** `32MiB`, or the plain number where no unit divides it. */
export function sizeText(bytes: number): string {
  for (const [unit, factor] of [
    ['GiB', 1024 ** 3],
    ['MiB', 1024 ** 2],
    ['KiB', 1024],
  ] as const) {
    if (bytes >= factor && bytes % factor === 0) return `${bytes / factor}${unit}`;
  }
  return String(bytes);
}

export interface Range {
  readonly min: number | undefined;
  readonly max: number | undefined;
}

/** The bounds of a number field; those that are only the type's own are undefined. */
export function rangeOf(schema: z.core.$ZodType | undefined): Range {
  const inner = schema === undefined ? undefined : innermost(schema);
  if (!(inner instanceof z.ZodNumber)) return { min: undefined, max: undefined };
  const { minValue, maxValue } = inner;
  return {
    min: minValue === null || minValue <= Number.MIN_SAFE_INTEGER ? undefined : minValue,
    max: maxValue === null || maxValue >= Number.MAX_SAFE_INTEGER ? undefined : maxValue,
  };
}

/** `between 1 and 500 records`, `at least 64 bytes`. */
export function rangeText(schema: z.core.$ZodType | undefined, meta: FieldMeta | undefined): string {
  const { min, max } = rangeOf(schema);
  const number = meta?.kind === 'size' ? sizeText : String;
  const unit = meta?.unit === undefined || meta.kind === 'size' ? '' : ` ${meta.unit}`;
  if (min !== undefined && max !== undefined) return `between ${number(min)} and ${number(max)}${unit}`;
  if (min !== undefined) return `at least ${number(min)}${unit}`;
  return max === undefined ? `a number${unit}` : `at most ${number(max)}${unit}`;
}
