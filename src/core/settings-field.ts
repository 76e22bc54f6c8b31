/**
 * The kinds of values a config field can have. A field is one schema with description, unit, default, range and
 * example, in its part's `config.ts`; parsing, errors, JSON Schema, example and reference all come from it.
 *
 * Every helper returns a zod schema that carries `FieldMeta` in its registry entry (`fieldMeta.get(schema)`).
 * Sizes take a number of bytes or text like `50KiB`, `5MiB`, `1GiB`, `10KB` (1000), `10MB`.
 */
import * as z from 'zod';

export interface FieldMeta {
  /** A sentence for the reference page. */
  readonly description: string;
  readonly unit?: string;
  readonly example?: unknown;
  /** Shown as the type in the reference and in errors: `size`, `milliseconds`, `text`, `pattern`, … */
  readonly kind: string;
  /** Never shown in messages, status or logs. */
  readonly secret?: boolean;
}

export const fieldMeta: z.core.$ZodRegistry<FieldMeta> = z.registry<FieldMeta>();

interface NumberField {
  readonly description: string;
  readonly min?: number;
  readonly max?: number;
  readonly example?: unknown;
}

const SIZE_UNITS = new Map<string, number>([
  ['', 1],
  ['B', 1],
  ['KB', 1000],
  ['MB', 1000 ** 2],
  ['GB', 1000 ** 3],
  ['KIB', 1024],
  ['MIB', 1024 ** 2],
  ['GIB', 1024 ** 3],
]);

/** Bytes of `written` (`51200`, `50KiB`), or `undefined` where it is not a size. */
export function parseSizeBytes(written: string): number | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*$/.exec(written);
  if (match === null) return undefined;
  const factor = SIZE_UNITS.get((match[2] ?? '').toUpperCase());
  if (factor === undefined) return undefined;
  const bytes = Number(match[1]) * factor;
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** A size in bytes. */
export function size(field: NumberField): z.ZodType<number> {
  const bounded = z.number().int().min(field.min ?? 0).max(field.max ?? Number.MAX_SAFE_INTEGER);
  const schema = z.preprocess((value) => (typeof value === 'string' ? (parseSizeBytes(value) ?? value) : value), bounded);
  return described(schema, field, 'size', 'bytes') as z.ZodType<number>;
}

/** A whole number with a unit (`milliseconds`, `seconds`, `lines`, …). */
export function whole(unit: string, field: NumberField): z.ZodType<number> {
  const schema = z.number().int().min(field.min ?? 0).max(field.max ?? Number.MAX_SAFE_INTEGER);
  return described(schema, field, 'whole number', unit);
}

/** A number, fractions allowed. */
export function decimal(unit: string, field: NumberField): z.ZodType<number> {
  return described(z.number().min(field.min ?? 0).max(field.max ?? Number.MAX_VALUE), field, 'number', unit);
}

export function flag(field: { description: string; example?: boolean }): z.ZodType<boolean> {
  return described(z.boolean(), field, 'true or false');
}

/** Text that is not empty. */
export function text(field: { description: string; example?: string; secret?: boolean }): z.ZodType<string> {
  return described(z.string().min(1), field, 'text');
}

export function choice<const Values extends readonly [string, ...string[]]>(
  values: Values,
  field: { description: string; example?: Values[number] },
): z.ZodType<Values[number]> {
  return described(z.enum(values), field, values.join(' | ')) as z.ZodType<Values[number]>;
}

/** Attaches a field's meta to any schema. */
export function described<Schema extends z.ZodType>(
  schema: Schema,
  field: { description: string; example?: unknown; secret?: boolean },
  kind: string,
  unit?: string,
): Schema {
  fieldMeta.add(schema, {
    description: field.description,
    kind,
    ...(unit === undefined ? {} : { unit }),
    ...(field.example === undefined ? {} : { example: field.example }),
    ...(field.secret === undefined ? {} : { secret: field.secret }),
  });
  return schema;
}

/** A regular expression. Whether it compiles, and can be matched safely, is checked when the config is loaded. */
export function pattern(field: { description: string; example?: string }): z.ZodType<string> {
  return described(z.string().min(1), field, 'regular expression');
}

/** A list of values of one kind, in their order. */
export function listOf<Item>(item: z.ZodType<Item>, field: { description: string; example?: unknown; min?: number }) {
  return described(z.array(item).min(field.min ?? 0).readonly(), field, 'list');
}

/** One text or a list of texts; always a list once parsed. */
export function oneOrMany(field: { description: string; example?: unknown }): z.ZodType<readonly string[]> {
  const one = z.string().min(1);
  const schema = z.preprocess((value) => (typeof value === 'string' ? [value] : value), z.array(one).min(1).readonly());
  return described(schema, field, 'text or list of texts') as z.ZodType<readonly string[]>;
}

/** A section with keys of its own; unknown ones are errors. */
export function group<Shape extends z.core.$ZodLooseShape>(shape: Shape, field: { description: string; example?: unknown; secret?: boolean }) {
  return described(z.strictObject(shape), field, 'section');
}
