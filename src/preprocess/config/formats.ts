/** Settings of the steps that read a format: JSON, LOGFMT, KEYVALUE, CONTAINER. */
import * as z from 'zod';
import { choice, described, flag, text } from '../../core/settings-field.ts';
import { fieldPath, jsonFormat, types } from './shared.ts';

export const jsonOption = z.strictObject({
  optionName: z.literal('JSON'),
  flatten: flag({ description: 'Turns {"a":{"b":1}} into {"a.b":1}.', example: true }).optional(),
  flattenSeparator: text({ description: 'Between the names of flattened fields. Default: a dot.', example: '_' }).optional(),
  pick: described(
    z.array(fieldPath('A field to keep.')),
    { description: 'Keeps these fields only.', example: ['time', 'user.id'] },
    'list of fields',
  ).optional(),
  drop: described(
    z.array(fieldPath('A field to leave out.')),
    { description: 'Leaves these fields out.', example: ['debug'] },
    'list of fields',
  ).optional(),
  rename: described(
    z.record(z.string(), z.string().min(1)),
    { description:
        'New names of top-level fields (after flattening). A field that has the new name already is replaced; names can be swapped.', example: { msg: 'message' } },
    'old name: new name',
  ).optional(),
  jsonFormat: jsonFormat.optional(),
});

export const logfmtOption = z.strictObject({
  optionName: z.literal('LOGFMT'),
  types: types.optional(),
  jsonFormat: jsonFormat.optional(),
});

export const keyValueOption = z.strictObject({
  optionName: z.literal('KEYVALUE'),
  pairDelimiter: text({ description: 'Between pairs, literal text. Default: a space.', example: ';' }).optional(),
  keyValueDelimiter: text({ description: 'Between key and value, literal text. Default: =', example: ':' }).optional(),
  types: types.optional(),
  jsonFormat: jsonFormat.optional(),
});

export const containerOption = z.strictObject({
  optionName: z.literal('CONTAINER'),
  format: choice(['auto', 'cri', 'docker'], {
    description:
      'Log files of containers: cri (containerd, CRI-O) or docker (json-file driver). Partial lines are joined. Default: auto, told by the first character of each line.',
    example: 'cri',
  }).optional(),
  output: choice(['message', 'json'], {
    description:
      'message: the record is the line as the program wrote it; json: {"time": …, "stream": …, "log": line}. Default: message.',
    example: 'json',
  }).optional(),
});
