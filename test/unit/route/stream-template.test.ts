import { expect, test } from 'vitest';
import { isTemplate, StreamTemplate } from '../../../src/route/stream-template.ts';

test.each([
  ['web-logs', false],
  ['logs-{tenant}', true],
  ['arn:aws:kinesis:eu-west-1:111122223333:stream/web', false],
])('%s: template %s', (stream, template) => {
  expect(isTemplate(stream)).toBe(template);
});

test.each([
  ['fields take their places', 'logs-{tenant}-{env.name}', ['*'], { tenant: 'a', env: { name: 'prod' } }, 'logs-a-prod'],
  ['a number is text', '{n}', ['*'], { n: 7 }, '7'],
  ['a missing field gives no stream', 'logs-{tenant}', ['*'], {}, undefined],
  ['no JSON gives no stream', 'logs-{tenant}', ['*'], undefined, undefined],
  ['a name that is not allowed gives no stream', 'logs-{tenant}', ['logs-a*'], { tenant: 'b' }, undefined],
  ['a star stands for any characters', 'logs-{tenant}', ['logs-a*'], { tenant: 'abc' }, 'logs-abc'],
  ['other characters of the list stand for themselves', '{tenant}', ['a.c'], { tenant: 'abc' }, undefined],
  ['characters no stream has give no stream', 'logs-{tenant}', ['*'], { tenant: 'a/b' }, undefined],
  ['an empty list allows nothing', 'logs-{tenant}', [], { tenant: 'a' }, undefined],
  ['an overlong name gives no stream', '{tenant}', ['*'], { tenant: 'a'.repeat(129) }, undefined],
] as const)('%s', (_title, template, allowed, record, stream) => {
  expect(new StreamTemplate(template, allowed).streamFor(record)).toBe(stream);
});
