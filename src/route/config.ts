/** What can be set about where a record goes and under which partition key. */
import * as z from 'zod';
import { choice, described, group, listOf, pattern, text } from '../core/settings-field.ts';

/** How the partition key of a record is made. All but `random` keep the order of records with equal keys. */
export type PartitionKeySetting =
  | { readonly kind: 'random' }
  | { readonly kind: 'file' }
  | { readonly kind: 'md5' }
  | { readonly kind: 'constant'; readonly constant: string }
  | { readonly kind: 'field'; readonly field: string }
  | { readonly kind: 'regex'; readonly regex: string };

const keyText = z.string().min(1);
const partitionKeyInput = z.union([
  z.enum(['random', 'file', 'md5']),
  z.strictObject({ constant: keyText.max(256) }),
  z.strictObject({ field: keyText }),
  z.strictObject({ regex: keyText }),
]);

function toPartitionKey(input: z.output<typeof partitionKeyInput>): PartitionKeySetting {
  if (typeof input === 'string') return { kind: input };
  if ('constant' in input) return { kind: 'constant', constant: input.constant };
  if ('field' in input) return { kind: 'field', field: input.field };
  return { kind: 'regex', regex: input.regex };
}

function partitionKeyField(description: string): z.ZodType<PartitionKeySetting> {
  return described(
    partitionKeyInput.transform(toPartitionKey),
    { description, example: 'random' },
    'random | file | md5 | {constant: text} | {field: path} | {regex: pattern}',
  );
}

const streamDescription =
  'Kinesis data stream: its name or ARN (then the ARN’s region is used). {field} in it is replaced by that field of the JSON record; streamsAllowed bounds what it may become.';
const deliveryStreamDescription = 'Amazon Data Firehose delivery stream: its name or ARN.';

const scalar = z.union([z.string(), z.number(), z.boolean()]);

const whenFields = {
  field: text({ description: 'Path of a field of the JSON record, parts joined by dots, or its name where that has dots itself.', example: 'level' }),
  equals: described(scalar, { description: 'The field has this value.', example: 'error' }, 'text, number, true or false').optional(),
  in: listOf(scalar, { description: 'The field has one of these values.', example: ['warn', 'error'], min: 1 }).optional(),
  matches: pattern({ description: 'The field, as text, matches.', example: '^5\\d\\d$' }).optional(),
};

const routeFields = {
  when: group(whenFields, {
    description: 'The condition: a field and exactly one of equals, in, matches.',
    example: { field: 'level', equals: 'error' },
  }),
  kinesisStream: text({ description: streamDescription, example: 'errors' }).optional(),
  deliveryStream: text({ description: deliveryStreamDescription }).optional(),
  partitionKey: partitionKeyField('Partition key for records of this route; else the flow’s.').optional(),
};

/** Keys of one flow. */
export const routeFlowFields = {
  kinesisStream: text({ description: streamDescription, example: 'web-logs' }).optional(),
  deliveryStream: text({ description: deliveryStreamDescription, example: 'web-logs-to-s3' }).optional(),
  routes: listOf(group(routeFields, { description: 'One route.' }), {
    description:
      'Other destinations by content: a record goes to the first route whose condition holds, else to the stream of the flow.',
    example: [{ when: { field: 'level', equals: 'error' }, kinesisStream: 'errors' }],
  }).default([]),
  streamsAllowed: listOf(z.string().min(1), {
    description: 'Names of streams that a {field} template may become; * stands for any characters. Needed with a template.',
    example: ['tenant-*'],
  }).default([]),
  streamFallback: text({
    description: 'Stream for records whose template gives no allowed name. Needed with a template.',
    example: 'unrouted',
  }).optional(),
  partitionKey: partitionKeyField(
    'How the partition key is made. random spreads records evenly and promises no order; every other way keeps the order of records with equal keys: the file’s path, the MD5 of the record, a constant, a field of the JSON record, the first group of a regular expression.',
  ).optional(),
  partitionKeyOption: choice(['RANDOM', 'DETERMINISTIC'], {
    description: 'The Java agent’s way to say partitionKey: random, or partitionKey: md5.',
  }).optional(),
};

const flowSchema = z.object(routeFlowFields);
type FlowFields = Readonly<z.output<typeof flowSchema>>;
export type RouteEntry = FlowFields['routes'][number];
/** As the router takes it: partitionKeyOption is folded into partitionKey. */
export type RouteSettings = Omit<FlowFields, 'partitionKey' | 'partitionKeyOption'> & {
  readonly partitionKey: PartitionKeySetting;
};
