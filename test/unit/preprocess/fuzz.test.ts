/**
 * Arbitrary bytes into every step: a record or a counted drop comes out, never an exception, and no byte is lost
 * (`convert` checks the account). What steps that write JSON write is JSON, in valid UTF-8.
 */
import { isUtf8 } from 'node:buffer';
import { array, assert, constantFrom, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formats, jsonSteps, known, lines, otherSteps } from './arbitrary-lines.ts';
import { convert, javaChain, nativeChain } from './harness.ts';

describe.each(jsonSteps.map((step) => [JSON.stringify(step), step] as const))('%s', (_name, step) => {
  test('writes JSON in UTF-8 or counts a drop', () => {
    const chain = nativeChain([step], { onUnparsable: 'drop', environment: known });
    const writesUtf8 = !['JSON', 'ADDFIELDS', 'NGINXJSONACCESSLOG'].some((name) => JSON.stringify(step).includes(name));
    assert(
      property(lines, (records) => {
        for (const record of convert(chain, records, { startOffset: 7, firstLine: Buffer.from('x,"y"\n') }).records) {
          expect(record.at(-1)).toBe(0x0a);
          const value: unknown = JSON.parse(record.toString());
          expect(value).toBeTypeOf('object');
          if (writesUtf8) expect(isUtf8(record)).toBe(true);
        }
      }),
      { numRuns: 400 },
    );
  });
});

test.each(otherSteps.map((step) => [JSON.stringify(step), step] as const))('%s takes any bytes', (_name, step) => {
  const chain = nativeChain([step], { environment: known });
  assert(property(lines, (records) => void convert(chain, records)), { numRuns: 400 });
});

test('a JSON object stays one behind every step that works on fields', () => {
  const object = Buffer.from('{"a":"x@y.org 4111111111111111","c":{"d":"::1"},"t":1700000000,"n":-1.5e3}\n');
  for (const step of otherSteps.slice(3)) {
    const [record] = convert(nativeChain([step], { environment: known }), [object]).records;
    if (record !== undefined) expect(JSON.parse(record.toString())).toBeTypeOf('object');
  }
});

test.each(formats)('the Java agent’s %s takes any bytes', (logFormat) => {
  const chain = javaChain([{ optionName: 'LOGTOJSON', logFormat }]);
  assert(
    property(lines, (records) => {
      for (const record of convert(chain, records).records) expect(JSON.parse(record.toString())).toBeTypeOf('object');
    }),
    { numRuns: 400 },
  );
});

test('whole chains take any bytes, under every policy', () => {
  const steps = array(constantFrom(...jsonSteps.slice(0, 8), ...jsonSteps.slice(11), ...otherSteps), { minLength: 1, maxLength: 5 });
  assert(
    property(steps, constantFrom('keep', 'wrap', 'drop'), lines, (chainSteps, onUnparsable, records) => {
      const chain = nativeChain(chainSteps, { onUnparsable, environment: known, trimNewline: records.length > 2 });
      const outcome = convert(chain, records);
      if (onUnparsable !== 'drop') expect(outcome.resolutions.some(({ outcome: why }) => why === 'unparsable')).toBe(false);
    }),
    { numRuns: 600 },
  );
});
