/**
 * What holds for every chain, whatever its steps, its lines and its settings. On failure fast-check prints the seed and
 * the smallest chain that fails; `assert(…, { seed, path })` repeats it.
 */
import { array, assert, constantFrom, property, record } from 'fast-check';
import { expect, test } from 'vitest';
import type { PreprocessorOptions } from '../../../src/preprocess/chain.ts';
import type { OnUnparsable, ProcessingOption } from '../../../src/preprocess/config.ts';
import { preprocessFlowFields } from '../../../src/preprocess/config.ts';
import { createStages } from '../../../src/preprocess/create-stages.ts';
import { decodeText } from '../../../src/preprocess/json/json-text.ts';
import { formats, jsonSteps, known, line, otherSteps } from './arbitrary-lines.ts';
import { convert, nativeChain, texts } from './harness.ts';

/** Steps that only look at a line: where nothing is written, records stay in the buffer that they came in. */
const lookingSteps: readonly object[] = [
  { optionName: 'JSON' },
  { optionName: 'SAMPLE', rate: 0.7 },
  { optionName: 'SAMPLE', rate: 0.7, field: 'a' },
  { optionName: 'FILTER', field: 'a', notIn: ['b'] },
  { optionName: 'FILTER', exclude: '^\\[' },
  { optionName: 'REDACT', kinds: ['card'] },
  { optionName: 'TIMESTAMP', field: 't' },
];
const nativeSteps = [...jsonSteps.filter((step) => !('header' in step)), ...otherSteps];
const javaSteps: readonly object[] = [
  ...formats.map((logFormat) => ({ optionName: 'LOGTOJSON', logFormat })),
  { optionName: 'LOGTOJSON', logFormat: 'SYSLOG', matchPattern: '(\\S+) (.*)', customFieldNames: ['a', 'b'] },
  { optionName: 'CSVTOJSON', customFieldNames: ['a', 'b'] },
  { optionName: 'CSVTOJSON', customFieldNames: ['a', 'b'], delimiter: '[,:]' },
  { optionName: 'CSVTOJSON', customFieldNames: ['a', 'b'], delimiter: '(' },
  { optionName: 'SINGLELINE' },
  { optionName: 'ADDMETADATA', metadata: { a: 1 } },
  { optionName: 'ADDBRACKETS' },
  { optionName: 'ADDEC2METADATA', logFormat: 'SYSLOG' },
];
const chains = {
  native: [...nativeSteps, ...lookingSteps],
  'amazon-kinesis-agent': [...javaSteps, ...lookingSteps],
} as const;

const onUnparsable = constantFrom<(OnUnparsable | undefined)[]>('keep', 'wrap', 'drop', undefined);
const lines = array(line, { minLength: 1, maxLength: 6 });
const looking = record({
  compatibility: constantFrom<('native' | 'amazon-kinesis-agent')[]>('native', 'amazon-kinesis-agent'),
  steps: array(constantFrom(...lookingSteps), { minLength: 1, maxLength: 3 }),
});
const native = record({
  compatibility: constantFrom('native' as const),
  steps: array(constantFrom(...chains.native), { minLength: 1, maxLength: 4 }),
});
const java = record({
  compatibility: constantFrom('amazon-kinesis-agent' as const),
  steps: array(constantFrom(...chains['amazon-kinesis-agent']), { minLength: 1, maxLength: 4 }),
});
const kinds = [['only look', looking], ['are native', native], ['are the Java agent’s', java]] as const;

/** No time limit for patterns: the result must not depend on how busy the machine is. */
const untimed = { environment: known, patternTimeoutMs: Infinity };

interface Sent {
  readonly records: readonly Buffer[];
  readonly dropped: Readonly<Record<string, number>>;
}

/** What `chain` makes of `records`, in batches of `batchRecords`. */
function send(steps: readonly object[], changes: Partial<PreprocessorOptions>, records: readonly Buffer[], batchRecords: number): Sent {
  const chain = nativeChain(steps, { ...untimed, ...changes });
  const sent: Buffer[] = [];
  const dropped: Record<string, number> = {};
  let startOffset = 0;
  for (let index = 0; index < records.length; index += batchRecords) {
    const batch = records.slice(index, index + batchRecords);
    const outcome = convert(chain, batch, { startOffset, firstLine: records[0] as Buffer });
    sent.push(...outcome.records);
    for (const { outcome: reason, records: count } of outcome.resolutions) dropped[reason] = (dropped[reason] ?? 0) + count;
    startOffset += Buffer.concat(batch).length;
  }
  return { records: sent, dropped };
}

test.each(kinds)('a batch gives what its lines give one by one, in chains whose steps %s', (_name, chain) => {
  assert(
    property(chain, onUnparsable, constantFrom(true, false), lines, ({ compatibility, steps }, policy, trimNewline, records) => {
      const changes = { compatibility, onUnparsable: policy, trimNewline };
      const together = send(steps, changes, records, records.length);
      const alone = send(steps, changes, records, 1);
      expect(together.records.map(String)).toEqual(alone.records.map(String));
      expect(Buffer.concat(together.records).equals(Buffer.concat(alone.records))).toBe(true);
      expect(together.dropped).toEqual(alone.dropped);
    }),
    { numRuns: 600 },
  );
});

test('a batch of a file whose first line is a header gives what its lines give one by one', () => {
  const rest = array(constantFrom(...chains.native), { maxLength: 2 });
  assert(
    property(rest, onUnparsable, lines, (steps, policy, records) => {
      const chain = [{ optionName: 'CSVTOJSON', header: true }, ...steps];
      const changes = { onUnparsable: policy };
      expect(send(chain, changes, records, records.length)).toEqual(send(chain, changes, records, 1));
    }),
    { numRuns: 300 },
  );
});

/** The line as it may leave the machine where a step could not read it. */
function redacted(steps: readonly object[], compatibility: PreprocessorOptions['compatibility'], text: string): string {
  const processing: readonly ProcessingOption[] = preprocessFlowFields.dataProcessingOptions.parse(steps) ?? [];
  const stages = createStages({ processing, compatibility, environment: known });
  return stages.reduce((current, stage) => stage.redactText?.(current) ?? current, text);
}

test.each(kinds)('a line that does not parse is kept, wrapped or dropped, and other lines stay the same, in chains whose steps %s', (_name, chain) => {
  assert(
    property(chain, lines, ({ compatibility, steps }, records) => {
      for (const text of records) {
        // One record at a time. By the property above, what holds for one record holds for batches, too.
        const make = (policy: OnUnparsable) => convert(nativeChain(steps, { ...untimed, compatibility, onUnparsable: policy }), [text]);
        const [keep, wrap, drop] = [make('keep'), make('wrap'), make('drop')];
        if (drop.resolutions[0]?.outcome !== 'unparsable') {
          expect(texts(keep)).toEqual(texts(drop));
          expect(texts(wrap)).toEqual(texts(drop));
          continue;
        }
        const newline = text.at(-1) === 0x0a ? '\n' : '';
        const decoded = decodeText(text, 0, text.length - newline.length);
        const message = redacted(steps, compatibility, decoded);
        // A record with nothing to hide keeps its bytes, even if they are no valid text.
        expect(keep.records).toEqual([message === decoded ? text : Buffer.from(message + newline)]);
        expect(texts(wrap).map((wrapped) => JSON.parse(wrapped) as unknown)).toEqual([{ message, error: expect.stringMatching(/./) as unknown }]);
        expect(texts(wrap)[0]).toMatch(/^\{"message":[^\n]*\}\n$/);
        for (const outcome of [keep, wrap]) expect(outcome.resolutions).toEqual([]);
      }
    }),
    { numRuns: 400 },
  );
});
