/**
 * Numbers of agent.json that the Java agent takes and kinship does not: each becomes the nearest number that kinship takes, with a
 * warning that names the key as written. The Java agent gives these keys no range, and a config that runs there must run here.
 */
import type * as z from 'zod';
import type { ConfigIssue } from '../issues/config-issue.ts';
import { javaNumber } from './java-scalar.ts';
import { entryOf, type LocatedEntry, type LocatedMap } from '../issues/located.ts';
import { defaultOf, flowSchema, schemasAt } from '../schema/schema.ts';
import { rangeOf } from '../schema/value-text.ts';

/** `unlimited`: for this key the Java agent takes 0 and less as "without limit". */
export function withinRange(
  entry: LocatedEntry,
  { schema, unlimited, warnings }: { schema: z.core.$ZodType | undefined; unlimited: boolean; warnings: ConfigIssue[] },
): LocatedEntry {
  const written = numberOf(entry);
  if (written === undefined) return entry;
  const { min = written, max = written } = rangeOf(schema);
  const taken = unlimited && written <= 0 ? max : Math.min(Math.max(written, min), max);
  if (taken === written) return entry;
  const why = unlimited && written <= 0 ? 'which is without limit in the Java agent; the most that' : `the ${taken === min ? 'least' : 'most'} that`;
  warnings.push({ ...entry.value.place, message: `"${entry.key}" is ${written}, ${why} kinship takes is used: ${taken}` });
  return withNumber(entry, taken);
}

/** The Java agent does not compare its two waits. Here the first wait is never longer than the longest one. */
export function withRetryWaits(flow: LocatedMap, warnings: ConfigIssue[]): LocatedMap {
  const initial = waitOf(flow, 'retryInitialBackoffMillis');
  const longest = waitOf(flow, 'retryMaxBackoffMillis');
  if (initial.waitMs === undefined || longest.waitMs === undefined || initial.waitMs <= longest.waitMs) return flow;
  const { entry = longest.entry } = initial;
  if (entry === undefined) return flow;
  const message = `"retryInitialBackoffMillis"${initial.entry === undefined ? ', by default' : ' is'} ${initial.waitMs}, more than "retryMaxBackoffMillis"`;
  warnings.push({ ...entry.value.place, message: `${message}: ${longest.waitMs} is used for both` });
  const others = flow.entries.filter(({ key }) => key !== 'retryInitialBackoffMillis');
  return { ...flow, entries: [...others, withNumber({ ...entry, key: 'retryInitialBackoffMillis' }, longest.waitMs)] };
}

function waitOf(flow: LocatedMap, key: string): { readonly entry: LocatedEntry | undefined; readonly waitMs: number | undefined } {
  const entry = entryOf(flow, key);
  if (entry !== undefined) return { entry, waitMs: numberOf(entry) };
  const schema = schemasAt(flowSchema, [key]).at(0);
  const byDefault = schema === undefined ? undefined : defaultOf(schema);
  return { entry, waitMs: typeof byDefault === 'number' ? byDefault : undefined };
}

function withNumber(entry: LocatedEntry, value: number): LocatedEntry {
  return { ...entry, value: { kind: 'scalar', value, place: entry.value.place } };
}

/** The number as the Java agent reads it; undefined where it would read none. */
function numberOf({ value }: LocatedEntry): number | undefined {
  if (value.kind !== 'scalar') return undefined;
  if (typeof value.value === 'string') return javaNumber(value.value);
  return typeof value.value === 'number' && Number.isInteger(value.value) ? value.value : undefined;
}
