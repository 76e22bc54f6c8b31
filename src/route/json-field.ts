/** A field of a JSON record, by its path (`user.id`). */
import type { RecordBatch } from '../core/record-batch.ts';
import { recordText } from './record-text.ts';

const BRACE = 0x7b;
const SPACE = 0x20;

/** Record `index` parsed; `undefined` when it is no JSON object. */
export function jsonRecord(batch: RecordBatch, index: number): unknown {
  const start = batch.starts[index] ?? 0;
  const first = batch.buffer[start];
  // Lines that cannot be an object are not worth an exception each.
  if (first !== BRACE && first !== SPACE) return undefined;
  try {
    return JSON.parse(recordText(batch, index));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** A field's path as the names on the way to it. */
export function fieldPath(path: string): readonly string[] {
  return path.split('.');
}

/** The text of a field that is a text, a number or a boolean; else `undefined`. */
export function scalarText(record: unknown, path: readonly string[]): string | undefined {
  let value = record;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}
