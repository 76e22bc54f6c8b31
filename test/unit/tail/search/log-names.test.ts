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
])('whether a file belongs to %s (%s, %s)', (_title, path, log, { beside, another }) => {
  expect(names.besideLog(path, log)).toBe(beside);
  expect(names.isAnothers(path, log)).toBe(another);
});

test('a forgotten log owns no file', () => {
  const own = new LogNames();
  own.add('/a/app.log');
  own.add('/b/app.log');
  own.delete('/b/app.log');
  expect(own.besideLog('/old/app.log.1', '/a/app.log')).toBe('/a/app.log.1');
});

test.each([
  ['a name of no log, beside the only one', '/c/@40000000692', '/c/current', true],
  ['a number that may be of another instance', '/c/current-1.log', '/c/current', true],
  ['a name of another log, which the flow does not follow', '/c/error.log.1', '/c/current', false],
  ['a name without a number', '/c/error.log', '/c/current', false],
  ['beside two', '/a/@40000000692', '/a/db.log', false],
  ['beside another one', '/c/@40000000692', '/a/db.log', false],
  ['in a directory below', '/c/old/@40000000692', '/c/current', false],
  ['a name of another log', '/c/db.log.1', '/c/current', false],
])('whether a file belongs to the only log in its directory: %s', (_title, path, log, only) => {
  const own = new LogNames();
  for (const each of ['/a/app.log', '/a/db.log', '/c/gone.log', '/c/current']) own.add(each);
  own.delete('/c/gone.log');
  expect(own.isOnlysByPlace(path, log)).toBe(only);
});
