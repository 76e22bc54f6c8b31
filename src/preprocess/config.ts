/**
 * The settings of preprocessing: `dataProcessingOptions` (an ordered chain), `onUnparsable`, `compatibility` and
 * `trimNewline`. Names are the Java agent's where it has one (AWS docs, "Use the agent to pre-process data").
 *
 * What one field alone cannot tell (a pattern that does not compile, a format without its field names) is found by
 * `preprocessIssues` in check.ts.
 */
import * as z from 'zod';
import { choice, decimal, described, flag, text, whole } from '../core/settings-field.ts';
import { containerOption, jsonOption, keyValueOption, logfmtOption } from './config/formats.ts';
import { addFieldsOption, filterOption, redactOption, sampleOption, timestampOption } from './config/records.ts';
import { fieldNames, jsonFormat, pattern, types } from './config/shared.ts';

/** Layouts that LOGTOJSON knows by name; the first five are the Java agent's. */
export const javaLogFormats = [
  'COMMONAPACHELOG',
  'COMBINEDAPACHELOG',
  'APACHEERRORLOG',
  'SYSLOG',
  'RFC3339SYSLOG',
] as const;
export const logFormats = [...javaLogFormats, 'NGINXACCESSLOG', 'NGINXJSONACCESSLOG', 'RFC5424SYSLOG'] as const;
export type LogFormat = (typeof logFormats)[number];

const logFormat = choice(logFormats, {
  description: 'Layout of the log lines. SYSLOG is RFC 3164, with or without <PRI>.',
  example: 'COMBINEDAPACHELOG',
});

const singleLineOption = z.strictObject({
  optionName: z.literal('SINGLELINE'),
  parseOptions: described(
    z.array(z.enum(['NO_TRIM', 'ESCAPE_NEW_LINE'])),
    {
      description:
        'NO_TRIM keeps white space at both ends of each line; ESCAPE_NEW_LINE joins lines with \\\\n instead of nothing.',
      example: ['NO_TRIM'],
    },
    'list of NO_TRIM | ESCAPE_NEW_LINE',
  ).optional(),
});

const csvToJsonOption = z.strictObject({
  optionName: z.literal('CSVTOJSON'),
  customFieldNames: fieldNames('Names of the columns, in order.').optional(),
  delimiter: text({
    description:
      'What separates columns: literal text, one or more characters (with compatibility amazon-kinesis-agent a regular expression). Default: a comma. Each line is a record: where columns in quotes hold line breaks, set the flow’s multiLineStartPattern to what the first line of a record looks like.',
    example: ';',
  }).optional(),
  header: flag({ description: 'The first line of each file names the columns and is not sent.', example: true }).optional(),
  types: types.optional(),
  jsonFormat: jsonFormat.optional(),
});

const logToJsonOption = z.strictObject({
  optionName: z.literal('LOGTOJSON'),
  logFormat: logFormat.optional(),
  matchPattern: pattern({
    description:
      'Regular expression that must match the whole line. Its named groups name the fields; customFieldNames name them by position.',
    example: '(?<level>[A-Z]+) (?<message>.*)',
  }).optional(),
  customFieldNames: fieldNames('Names of the fields, in order, instead of the layout’s own.').optional(),
  types: types.optional(),
  jsonFormat: jsonFormat.optional(),
});

const addMetadataOption = z.strictObject({
  optionName: z.literal('ADDMETADATA'),
  metadata: described(
    z.json(),
    { description: 'Any value, sent as it stands beside each record.', example: { application: 'shop' } },
    'any value',
  ).optional(),
  metadataJson: text({
    description:
      'The same written as JSON, where the spelling of numbers (1.0, twenty digits) or the order of keys like "2", "1" must be kept; what an agent.json holds under metadata keeps them by itself.',
    example: '{"version":1.0}',
  }).optional(),
  timestamp: described(
    z.union([z.boolean(), z.enum(['true', 'false'])]),
    { description: 'Adds `ts`, the time of processing in UTC.', example: true },
    'true or false',
  ).optional(),
  jsonFormat: jsonFormat.optional(),
});

const addEc2MetadataOption = z.strictObject({
  optionName: z.literal('ADDEC2METADATA'),
  logFormat: logFormat.optional(),
  matchPattern: pattern({ description: 'Accepted for the Java agent’s sake, without effect.' }).optional(),
  customFieldNames: fieldNames('Accepted for the Java agent’s sake, without effect.').optional(),
  metadataTTL: whole('seconds', {
    description: 'How long instance metadata may be used before it is fetched again. Default: 3600.',
    min: 1,
    example: 3600,
  }).optional(),
  jsonFormat: jsonFormat.optional(),
});

const addBracketsOption = z.strictObject({ optionName: z.literal('ADDBRACKETS') });

const processingOption = z.discriminatedUnion('optionName', [
  singleLineOption,
  csvToJsonOption,
  logToJsonOption,
  jsonOption,
  logfmtOption,
  keyValueOption,
  containerOption,
  addMetadataOption,
  addEc2MetadataOption,
  addBracketsOption,
  addFieldsOption,
  timestampOption,
  filterOption,
  sampleOption,
  redactOption,
]);

/** One step of the chain, as checked by the schema. */
export type ProcessingOption = z.output<typeof processingOption>;
export type ProcessingOptionOf<Name extends ProcessingOption['optionName']> = Extract<
  ProcessingOption,
  { optionName: Name }
>;

const compatibility = choice(['native', 'amazon-kinesis-agent'], {
  description:
    'amazon-kinesis-agent: preprocessing gives the same bytes as the Java agent, quirks included (implied by agent.json). Default: native.',
  example: 'native',
});
export type Compatibility = z.output<typeof compatibility>;

const onUnparsable = choice(['keep', 'wrap', 'drop'], {
  description:
    'What becomes of a line that does not parse: keep sends it as it is, wrap sends {"message": line, "error": why}, drop counts it and sends nothing. Default: keep (with compatibility amazon-kinesis-agent: what the Java agent does).',
  example: 'keep',
});
export type OnUnparsable = z.output<typeof onUnparsable>;

/** The flow's fields of this part, for `config/schema/schema.ts`. */
export const preprocessFlowFields = {
  compatibility: compatibility.optional(),
  dataProcessingOptions: described(
    z.array(processingOption),
    {
      description: 'Steps that turn each line into a record, in order.',
      example: [{ optionName: 'LOGTOJSON', logFormat: 'COMBINEDAPACHELOG' }],
    },
    'list of steps',
  ).optional(),
  onUnparsable: onUnparsable.optional(),
  patternTimeoutMillis: decimal('milliseconds', {
    description:
      'How long regular expressions may work on one batch (up to 1 MiB of lines). Then the line that holds it up is found and treated as unparsable. In routes such a record takes no route; in partition keys it gets a random key; in multi-line patterns the line joins the record before it; a footer is sent as a record. Default: 1000.',
    min: 1,
    max: 60_000,
    example: 1000,
  }).optional(),
  trimNewline: flag({ description: 'Leaves the newline at the end of each record out. Default: false.', example: true }).optional(),
};
