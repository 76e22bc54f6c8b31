import { expect, test } from 'vitest';
import { LogNames } from '../../../../src/tail/search/log-names.ts';

const names = new LogNames();
for (const log of ['/a/app.log', '/b/app.log', '/a/db.log']) names.add(log);

test.each([
  ['the only log of its name', '/old/db.log.1.gz', '/a/db.log', { beside: '/a/db.log.1.gz', another: false }],
  ['a log of another name', '/old/db.log.1.gz', '/a/app.log', { beside: undefined, another: true }],
  ['one of two, by the directory', '/old/b/app.log.1', '/b/app.log', { beside: '/b/app.log.1', another: false }],
  ['the other of two, by the directory', '/old/b/app.log.1', '/a/app.log', { beside: undefined, another: true }],
  ['one of two, where nothing tells', '/old/app.log.1', '/a/app.log', { beside: undefined, another: false }],
  ['a log, next to it', '/a/app.log.1', '/a/app.log', { beside: undefined, another: false }],
  ['a log, in a directory below', '/a/old/app.log.1', '/a/app.log', { beside: undefined, another: false }],
  ['no log, by its name', '/old/whatever', '/a/app.log', { beside: undefined, another: false }],
])('a file as that of %s (%s, %s)', (_title, path, log, { beside, another }) => {
  expect(names.besideLog(path, log)).toBe(beside);
  expect(names.isAnothers(path, log)).toBe(another);
});

test('a log that is forgotten owns nothing', () => {
  const own = new LogNames();
  own.add('/a/app.log');
  own.add('/b/app.log');
  own.delete('/b/app.log');
  expect(own.besideLog('/old/app.log.1', '/a/app.log')).toBe('/a/app.log.1');
});
