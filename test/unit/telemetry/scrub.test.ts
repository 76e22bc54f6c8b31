import { expect, test } from 'vitest';
import { scrub, scrubFields } from '../../../src/telemetry/scrub.ts';

test.each([
  ['a proxy with a password', 'via http://bob:secret@proxy.local:3128/', 'via http://***@proxy.local:3128/'],
  ['a canonical request', 'x-amz-security-token:FwoGZXIvYXd/zEBk==\nhost:x', 'x-amz-security-token:***\nhost:x'],
  ['a signature', 'Signature=0123456789abcdef0123456789abcdef', 'Signature=***'],
  ['a secret key', '"secretAccessKey": "abc/def"', '"secretAccessKey": "***"'],
  ['an access key id', 'key AKIAIOSFODNN7EXAMPLE is unknown', 'key AKIAIOSF*** is unknown'],
  ['plain text', 'EACCES: /var/log/app.log', 'EACCES: /var/log/app.log'],
  ['an address without userinfo', 'https://kinesis.eu-west-1.amazonaws.com/a@b', 'https://kinesis.eu-west-1.amazonaws.com/a@b'],
])('%s comes out without what must not be seen', (_name, text, clean) => {
  expect(scrub(text)).toBe(clean);
});

test('an endless message is cut', () => {
  expect(scrub('x'.repeat(100_000))).toHaveLength(4097);
});

test('texts in fields and lists are scrubbed, numbers stay', () => {
  expect(scrubFields({ count: 3, reason: 'password=abc', all: ['session_token=x', 1] })).toEqual({
    count: 3,
    reason: 'password=***',
    all: ['session_token=***', 1],
  });
});
