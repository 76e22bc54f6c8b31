/**
 * What the records of a flow are made of, by the model's own rules: which lines of the flow's files stand in a record that
 * the service got, and which lines stand in none. Text is UTF-8 written as latin1, one character a byte.
 */
import type { FlowPlan } from './scenario.ts';
import type { ContentLine } from './sim-content.ts';

/** Lines that match this are filtered out. */
export const FILTERED = /^f\d\/[^/]+\/\d*5\D/;
/** In a flow that joins lines, lines that match this begin a record. */
export const STARTS = /^f\d\//;

/** One line, or piece of a line, that a record stands for. */
export interface FormedLine {
  readonly text: string;
  /** Where the record says that the line stood. */
  readonly offset: number | undefined;
}

/**
 * The lines that `record` was made of; undefined: the flow's settings cannot have made such a record. `isLine`: whether a
 * file has exactly this line.
 */
export function linesOf(record: string, flow: FlowPlan, isLine: (text: string) => boolean): readonly FormedLine[] | undefined {
  if (flow.features.names.includes('json')) return fromJson(record, flow, isLine);
  if (flow.features.framing === undefined) return [{ text: record, offset: undefined }];
  const lines = record.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  return lines.map((text) => ({ text, offset: undefined }));
}

/** What ADDFIELDS makes of a line: all of it in one field, the flow and the offset in two others. */
function fromJson(record: string, flow: FlowPlan, isLine: (text: string) => boolean): readonly FormedLine[] | undefined {
  const text = Buffer.from(record, 'latin1').toString();
  if (!text.endsWith('}\n')) return undefined;
  const fields: unknown = JSON.parse(text);
  if (typeof fields !== 'object' || fields === null || !('message' in fields) || !('flow' in fields) || !('offset' in fields)) return undefined;
  const { message, flow: id, offset } = fields;
  if (typeof message !== 'string' || id !== flow.id || typeof offset !== 'number') return undefined;
  const line = Buffer.from(message).toString('latin1');
  return [{ text: isLine(`${line}\n`) ? `${line}\n` : line, offset }];
}

/** Whether the flow's settings leave the line out. */
export function isLeftOut(flow: FlowPlan, line: ContentLine): boolean {
  const { names } = flow.features;
  if (names.includes('header') && line.index === 0) return true;
  return names.includes('filter') && FILTERED.test(line.text);
}

/** How many bytes of the flow's files a piece of text stands for. */
export function sourceBytesOf(flow: FlowPlan, text: string): number {
  return flow.features.encoding === undefined ? text.length : 2 * Buffer.from(text, 'latin1').toString().length;
}
