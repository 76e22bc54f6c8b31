/** Whether a record takes a route: the `when` of one entry of `routes`. */
import { compilePattern } from '../core/pattern/pattern.ts';
import type { RouteEntry } from './config.ts';
import { fieldPath, scalarText } from './json-field.ts';

export type Condition = (record: unknown) => boolean;

/**
 * The condition, for parsed records. It never holds for a record that lacks the field or is no JSON. Values are compared as text,
 * so that `equals: 500` takes `500` and `"500"`. Throws a `PatternError` for a pattern that cannot be used.
 */
export function condition(when: RouteEntry['when']): Condition {
  const path = fieldPath(when.field);
  const holds = valueTest(when);
  return (record) => {
    const value = scalarText(record, path);
    return value !== undefined && holds(value);
  };
}

function valueTest(when: RouteEntry['when']): (value: string) => boolean {
  if (when.matches !== undefined) {
    const { regexp } = compilePattern(when.matches, { whole: false, captures: false, looseNames: true });
    return (value) => {
      regexp.lastIndex = 0;
      return regexp.test(value);
    };
  }
  const values = new Set((when.in ?? (when.equals === undefined ? [] : [when.equals])).map(String));
  return (value) => values.has(value);
}
