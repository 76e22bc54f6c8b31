/**
 * An example config made from the schema: one that works as it stands, and every further key with its default or an
 * example, commented out.
 */
import { stringify } from 'yaml';
import * as z from 'zod';
import { configSchema, defaultOf, fieldsOf, flowSchema, innermost, metaOf } from './schema.ts';
import { sizeText } from './value-text.ts';

const WIDTH = 110;

/** Keys of the example's one flow that are active, in this order before all others. */
const activeFlow: Readonly<Record<string, unknown>> = {
  id: 'web',
  filePattern: ['/var/log/nginx/*access.log'],
  kinesisStream: 'web-logs',
};

export function configExample(): string {
  const { flows: _flows, ...fields } = fieldsOf(configSchema) ?? {};
  const flowFields = fieldsOf(flowSchema) ?? {};
  const names = [...new Set([...Object.keys(activeFlow), ...Object.keys(flowFields)])];
  const ordered = Object.fromEntries(
    names.flatMap((name) => (flowFields[name] === undefined ? [] : [[name, flowFields[name]]])),
  );
  const flow = fieldLines(ordered, '    ', activeFlow);
  const first = flow.findIndex((line) => !line.trimStart().startsWith('#'));
  const lines = [
    '# /etc/kinship/kinship.yaml: the config of kinship. Check it with: kinship check -c FILE',
    '# What is commented out shows defaults and examples; every key is explained in reference.md.',
    '',
    ...fieldLines(fields, '', { region: 'eu-west-1' }),
    'flows:',
    ...flow.map((line, index) => (index === first ? line.replace('    ', '  - ') : line)),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

function fieldLines(
  fields: Readonly<Record<string, z.core.$ZodType>>,
  indent: string,
  active: Readonly<Record<string, unknown>>,
): string[] {
  const lines: string[] = [];
  for (const [name, schema] of Object.entries(fields)) {
    const value = active[name];
    lines.push(...comment(metaOf(schema)?.description ?? '', indent));
    if (value === undefined) lines.push(...keyLines(name, sample(schema)).map((line) => `${indent}#${line}`));
    else lines.push(...keyLines(name, value).map((line) => `${indent}${line}`));
    lines.push('');
  }
  return lines;
}

/** A value worth showing: the default, else the example, else one made of the fields below. */
function sample(schema: z.core.$ZodType): unknown {
  const meta = metaOf(schema);
  const fallback = defaultOf(schema);
  const fields = fieldsOf(schema);
  if (meta?.kind === 'section' && fields !== undefined && meta.example === undefined) {
    return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, sample(field)]));
  }
  if (meta?.secret === true && meta.example === undefined) return '…';
  if (meta?.kind === 'size' && typeof fallback === 'number') return sizeText(fallback);
  const empty = Array.isArray(fallback) && fallback.length === 0;
  if (fallback !== undefined && !empty && !isEmptyObject(fallback)) return fallback;
  if (meta?.example !== undefined) return meta.example;
  return fallback ?? anyValue(schema);
}

function anyValue(schema: z.core.$ZodType): unknown {
  const inner = innermost(schema);
  if (inner instanceof z.ZodEnum) return inner.options[0];
  if (inner instanceof z.ZodBoolean) return false;
  if (inner instanceof z.ZodNumber) return inner.minValue ?? 0;
  return '…';
}

function isEmptyObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function keyLines(name: string, value: unknown): string[] {
  const text = stringify(
    { [name]: value },
    { lineWidth: 0, flowCollectionPadding: true, collectionStyle: 'any' },
  ).trimEnd();
  return text.split('\n');
}

function comment(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = '#';
  for (const word of text.split(' ')) {
    if (indent.length + line.length + 1 + word.length > WIDTH) {
      lines.push(indent + line);
      line = '#';
    }
    line += ` ${word}`;
  }
  return [...lines, indent + line];
}
