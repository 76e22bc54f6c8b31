/** Settings of the steps that work on any record: ADDFIELDS, TIMESTAMP, FILTER, SAMPLE, REDACT. */
import * as z from 'zod';
import { decimal, described, flag, text } from '../../core/settings-field.ts';
import { fieldPath, pattern } from './shared.ts';

const targetName = (description: string, example: string) => text({ description, example }).optional();

export const addFieldsOption = z.strictObject({
  optionName: z.literal('ADDFIELDS'),
  fields: described(
    z.record(z.string(), z.json()),
    { description: 'Constant fields; values may hold ${VAR}.', example: { env: 'prod' } },
    'name: value',
  ).optional(),
  host: targetName('Field that takes the host name.', 'host'),
  file: targetName('Field that takes the path of the file.', 'path'),
  offset: targetName('Field that takes the offset of the line in the file, in bytes.', 'offset'),
  time: targetName('Field that takes the time of processing, ISO 8601 in UTC.', '@timestamp'),
  ec2: targetName('Field that takes an object with the metadata of the EC2 instance.', 'ec2'),
  ecs: targetName('Field that takes an object with the metadata of the ECS task.', 'ecs'),
  overwrite: flag({
    description: 'Whether an added field replaces one of the record’s own with the same name. Default: true.',
    example: false,
  }).optional(),
  messageField: text({
    description: 'A record that is not a JSON object becomes one, with its text in this field. Default: message.',
    example: 'log',
  }).optional(),
});

export const timestampOption = z.strictObject({
  optionName: z.literal('TIMESTAMP'),
  field: fieldPath('The field that holds a date.', 'time'),
  format: described(
    z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]),
    {
      description:
        'How the date is written: iso8601, apache, syslog, unix, unixMillis, or a pattern in the letters of Java’s DateTimeFormatter (yyyy-MM-dd HH:mm:ss,SSS); of several, the first that fits. A date without a year, or a day without a month, is the latest, a time without a date the nearest; so is one of an hour that its zone has twice. Default: iso8601.',
      example: 'dd/MMM/yyyy:HH:mm:ss Z',
    },
    'format, or list of formats',
  ).optional(),
  timezone: text({
    description: 'Zone of dates that name none: UTC, +02:00 or a name such as Europe/Berlin. Default: UTC.',
    example: 'Europe/Berlin',
  }).optional(),
  target: text({ description: 'Top-level field that takes the result. Default: the field itself.', example: '@timestamp' }).optional(),
});

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);

export const filterOption = z.strictObject({
  optionName: z.literal('FILTER'),
  field: fieldPath('The field to look at. Default: the whole record.', 'level').optional(),
  include: pattern({ description: 'Keeps only records in which this is found.', example: 'ERROR|WARN' }).optional(),
  exclude: pattern({ description: 'Leaves out records in which this is found.', example: 'healthcheck' }).optional(),
  in: described(
    z.array(scalar).min(1),
    { description: 'Keeps only records whose field has one of these values.', example: ['error', 'warn'] },
    'list of values',
  ).optional(),
  notIn: described(
    z.array(scalar).min(1),
    { description: 'Leaves out records whose field has one of these values.', example: ['debug'] },
    'list of values',
  ).optional(),
});

export const sampleOption = z.strictObject({
  optionName: z.literal('SAMPLE'),
  rate: decimal('share of records', { description: 'How many of the records are sent, 0 to 1.', min: 0, max: 1, example: 0.1 }),
  field: fieldPath(
    'Records with the same value of this field are sent or left out together; without it each record is on its own.',
    'traceId',
  ).optional(),
});

export const redactKinds = ['email', 'card', 'ipv4', 'ipv6', 'aws-keys'] as const;
export type RedactKind = (typeof redactKinds)[number];

export const redactOption = z.strictObject({
  optionName: z.literal('REDACT'),
  kinds: described(
    z.array(z.enum(redactKinds)).min(1),
    {
      description:
        'Ready-made patterns: e-mail addresses, payment card numbers (13 to 19 digits with a right check digit, alone or beside other digits, in one piece or in the groups that cards show), IPv4 and IPv6 addresses, AWS access keys. In a JSON record values are looked at, names of fields are not.',
      example: ['email', 'card'],
    },
    'list of email | card | ipv4 | ipv6 | aws-keys',
  ).optional(),
  pattern: pattern({ description: 'A further regular expression: what matches is replaced. In a JSON record it is matched against each value alone, without its name and quotes; names are not looked at.', example: 'token=\\S+' }).optional(),
  replacement: described(
    z.string(),
    { description: 'What stands there instead; $1 is the first group of the pattern. Default: [REDACTED].', example: '***' },
    'text',
  ).optional(),
  fields: described(
    z.array(fieldPath('A field to look at.')).min(1),
    { description: 'Looks at these fields of JSON records only, each time that they stand there; of a list, in each of its objects. Default: everything.', example: ['user.email'] },
    'list of fields',
  ).optional(),
});
