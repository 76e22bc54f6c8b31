/** Fields that several steps of the chain have in common. */
import * as z from 'zod';
import { choice, described } from '../../core/settings-field.ts';

export const jsonFormat = choice(['COMPACT', 'PRETTYPRINT'], {
  description: 'One line, or indented by two spaces. Default: COMPACT.',
  example: 'COMPACT',
});
export type JsonFormat = z.output<typeof jsonFormat>;

export const types = choice(['string', 'auto'], {
  description:
    'auto writes numbers, true and false without quotes and an empty value as null; string leaves every value text. Default: string.',
  example: 'auto',
});
export type ValueTypes = z.output<typeof types>;

/** Names of fields; numbers and booleans are taken as text, as YAML and the Java agent read them. */
export function fieldNames(description: string): z.ZodType<string[]> {
  const name = z.union([z.string(), z.number(), z.boolean()]).transform(String);
  return described(z.array(name), { description, example: ['time', 'level', 'message'] }, 'list of names') as z.ZodType<
    string[]
  >;
}

/** A regular expression in the syntax of java.util.regex (the one dialect of all settings). */
export function pattern(field: { description: string; example?: string }): z.ZodType<string> {
  return described(z.string().min(1), field, 'pattern');
}

/** A field of a JSON record, `user.id` for a field within a field. */
export function fieldPath(description: string, example = 'user.id'): z.ZodType<string> {
  return described(z.string().min(1), { description, example }, 'field');
}
