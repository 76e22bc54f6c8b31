/** The reference of all keys and metrics as Markdown, made from the schema and the table of metrics. */
import * as z from 'zod';
import { metricsReference } from '../../telemetry/metrics-reference.ts';
import { configSchema, defaultOf, fieldsOf, flowSchema, innermost, metaOf } from './schema.ts';
import { rangeOf, sizeText } from './value-text.ts';

interface Section {
  readonly title: string;
  readonly intro: string;
  readonly fields: Readonly<Record<string, z.core.$ZodType>>;
}

export function configReference(): string {
  const fields = fieldsOf(configSchema) ?? {};
  const parts = [
    '# Configuration',
    'Generated from the schema by `kinship schema --reference`.',
    [
      'The config is YAML: `/etc/kinship/kinship.yaml`, and the flows of `/etc/kinship/conf.d/*.yaml` in the order of their names. A config of another name (`-c PATH`, `kinship@NAME`) has no such directory: all its flows stand in it.',
      'Unknown keys are errors. `${VAR}` and `${VAR:-default}` stand for variables of the environment, `$${` for the characters themselves.',
      'Sizes are numbers of bytes or written `50KiB`, `5MiB`, `1GiB` (1024) or `50KB`, `5MB`, `1GB` (1000).',
      'A `.json` file is read as the Java agent’s `agent.json`; every key here may stand in it too.',
    ].join('\n'),
    ...sectionText({ title: 'Top of the config', intro: 'Holds for all flows.', fields }, 2),
    ...sectionText({ title: 'flows', intro: 'A list; each entry is one flow.', fields: fieldsOf(flowSchema) ?? {} }, 2),
    metricsReference().trimEnd(),
  ];
  return `${parts.join('\n\n')}\n`;
}

function sectionText(section: Section, level: number): string[] {
  const rows: string[] = [];
  const below: string[] = [];
  for (const [name, schema] of Object.entries(section.fields)) {
    if (name === 'flows') continue;
    rows.push(rowText(name, schema));
    below.push(
      ...nestedText(`${section.title === 'Top of the config' ? '' : `${section.title}.`}${name}`, schema, level + 1),
    );
  }
  const table = ['| key | value | default | what it does |', '|---|---|---|---|', ...rows].join('\n');
  return [`${'#'.repeat(level)} ${section.title}`, section.intro, table, ...below];
}

function nestedText(title: string, schema: z.core.$ZodType, level: number): string[] {
  const intro = metaOf(schema)?.description ?? '';
  const fields = fieldsOf(schema);
  if (fields !== undefined) return sectionText({ title, intro, fields }, level);
  const inner = innermost(schema);
  if (!(inner instanceof z.ZodArray)) return [];
  const item = innermost(inner.element);
  if (item instanceof z.ZodObject)
    return sectionText({ title: `${title}[]`, intro, fields: fieldsOf(item) ?? {} }, level);
  if (!(item instanceof z.ZodDiscriminatedUnion)) return [];
  return item.def.options.flatMap((option) => {
    const { optionName, ...rest } = fieldsOf(option) ?? {};
    const name = literalOf(optionName);
    if (Object.keys(rest).length === 0)
      return [`${'#'.repeat(level)} ${name}`, `\`optionName: ${name}\`, no further keys.`];
    return sectionText({ title: name, intro: `\`optionName: ${name}\` and:`, fields: rest }, level);
  });
}

function literalOf(schema: z.core.$ZodType | undefined): string {
  const inner = schema === undefined ? undefined : innermost(schema);
  return inner instanceof z.ZodLiteral ? String(inner.value) : '';
}

function rowText(name: string, schema: z.core.$ZodType): string {
  const meta = metaOf(schema);
  const required = schema._zod.optin === undefined;
  const fallback = defaultText(schema);
  const cells = [`\`${name}\``, valueText(schema), required ? '**needed**' : fallback, meta?.description ?? ''];
  return `| ${cells.map(cell).join(' | ')} |`;
}

/** Kind, unit and range in a few words. */
function valueText(schema: z.core.$ZodType): string {
  const meta = metaOf(schema);
  const kind = meta?.kind ?? 'any value';
  const { min, max } = rangeOf(schema);
  const number = kind === 'size' ? sizeText : String;
  const unit = meta?.unit === undefined || kind === 'size' ? '' : meta.unit;
  const range =
    min === undefined && max === undefined
      ? ''
      : max === undefined
        ? `≥ ${number(min ?? 0)}`
        : `${number(min ?? 0)} … ${number(max)}`;
  const name = kind === 'whole number' || kind === 'number' ? unit || kind : [kind, unit].filter(Boolean).join(', ');
  return [name, range].filter(Boolean).join(', ');
}

function defaultText(schema: z.core.$ZodType): string {
  const fallback = defaultOf(schema);
  const meta = metaOf(schema);
  if (fallback === undefined || meta?.kind === 'section') return '';
  if (meta?.kind === 'size' && typeof fallback === 'number') return `\`${sizeText(fallback)}\``;
  return `\`${typeof fallback === 'string' ? JSON.stringify(fallback).slice(1, -1) : JSON.stringify(fallback)}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ');
}
