/** A user's pattern that never ends costs a batch a bounded time, and only the lines on which it ran are left unparsed. */
import { expect, test } from 'vitest';
import { convert, nativeChain, type SeenEvent, texts, wallMs } from './harness.ts';

/** On this text the pattern tries every way to cut the x into runs: 2 to the power of 40. */
const endlessText = '(?:x+x+)+y';
const slow = `${'x'.repeat(40)}\n`;
const endless = { optionName: 'LOGTOJSON', matchPattern: '(?<a>(?:x+x+)+)y' };

test('a line on which a pattern runs without end is found, and the others are parsed', () => {
  const chain = nativeChain([endless], { onUnparsable: 'drop', patternTimeoutMs: 200 });
  const outcome = convert(chain, ['xxy\n', slow, 'xxxy\n', 'z\n', slow, 'xxy\n']);
  expect(texts(outcome)).toEqual(['{"a":"xx"}\n', '{"a":"xxx"}\n', '{"a":"xx"}\n']);
  expect(outcome.resolutions).toEqual([{ outcome: 'unparsable', bytes: 2 * slow.length + 2, records: 3 }]);
});

test.each([
  ['keep', slow],
  ['wrap', /^\{"message":"x{40}","error":"FILTER works on it for longer than 50 ms: .*"\}\n$/],
] as const)('such a line between lines that pass as they are is sent, too: %s', (onUnparsable, sent) => {
  const chain = nativeChain([{ optionName: 'FILTER', exclude: endlessText }], { onUnparsable, patternTimeoutMs: 200 });
  const [first, second, ...rest] = texts(convert(chain, ['a\n', slow, 'b\n', 'xxy\n', 'c\n']));
  expect([first, ...rest]).toEqual(['a\n', 'b\n', 'c\n']);
  expect(second).toEqual(typeof sent === 'string' ? sent : expect.stringMatching(sent));
});

test('the warning about such a line names the line, the step, its pattern and the time it was given', () => {
  const seen: SeenEvent[] = [];
  const chain = nativeChain([{ optionName: 'LOGFMT' }, { optionName: 'FILTER', exclude: endlessText }], { patternTimeoutMs: 50 }, seen);
  expect(texts(convert(chain, [`a=${slow}`]))).toEqual([`a=${slow}`]);
  expect(seen.map(({ fields }) => fields)).toMatchObject([
    { records: 1, offset: 0, line: `a=${slow.trim()}`, why: `FILTER works on it for longer than 13 ms: the pattern ${endlessText}` },
  ]);
});

test('after a batch that was held up the next ones get a quarter of the time, until one is done in it', () => {
  const chain = nativeChain([endless], { onUnparsable: 'drop', patternTimeoutMs: 200 });
  for (const lines of [[slow], [slow], ['xxy\n'], [slow]]) convert(chain, lines);
  expect(chain.unparsableSamples.map((sample) => /longer than (\d+) ms/.exec(sample)?.[1])).toEqual(['50', '13', '50']);
});

test.each(['keep', 'wrap', 'drop'] as const)('batches of nothing but such lines end all the same, and every line is accounted for: %s', (onUnparsable) => {
  const lines = Array.from({ length: 300 }, () => slow);
  for (let round = 0; round < 4; round += 1) {
    const chain = nativeChain([endless], { onUnparsable, patternTimeoutMs: 10 + round });
    const outcome = convert(chain, lines);
    expect(outcome.records.length).toBe(onUnparsable === 'drop' ? 0 : 300);
    expect(outcome.resolutions).toEqual(onUnparsable === 'drop' ? [{ outcome: 'unparsable', bytes: 300 * slow.length, records: 300 }] : []);
    expect(chain.unparsableCount).toBe(300);
  }
});

test.each(['keep', 'wrap'] as const)('a line that REDACT cannot finish does not leave the machine, neither as a record nor in a message: %s', (onUnparsable) => {
  const seen: SeenEvent[] = [];
  const redact = { optionName: 'REDACT', pattern: endlessText };
  const chain = nativeChain([redact], { onUnparsable, patternTimeoutMs: 200 }, seen);
  const outcome = convert(chain, ['axxy\n', slow, 'b\n', slow]);
  expect(texts(outcome)).toEqual(['a[REDACTED]\n', 'b\n']);
  expect(outcome.resolutions).toEqual([{ outcome: 'unparsable', bytes: 2 * slow.length, records: 2 }]);
  expect(JSON.stringify([seen, chain.unparsableSamples])).not.toContain('xxxx');
  expect(chain.unparsableSamples[0]).toContain('REDACT');
});

test('lines that are given up because of those before them are redacted, or not sent if there is no time for that', () => {
  const redact = { optionName: 'REDACT', pattern: endlessText };
  const lines = [...Array.from({ length: 100 }, () => slow), 'axxy\n', 'b\n'];
  const chain = nativeChain([redact], { onUnparsable: 'keep', patternTimeoutMs: 10 });
  const sent = texts(convert(chain, lines, { wallMs }));
  expect(['a[REDACTED]\nb\n', '']).toContain(sent.join(''));
});
