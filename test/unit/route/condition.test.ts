import { expect, test } from 'vitest';
import { condition } from '../../../src/route/condition.ts';
import type { RouteEntry } from '../../../src/route/config.ts';

const cases: readonly [title: string, when: RouteEntry['when'], record: unknown, holds: boolean][] = [
  ['equals: the same text', { field: 'level', equals: 'error' }, { level: 'error' }, true],
  ['equals: another text', { field: 'level', equals: 'error' }, { level: 'warn' }, false],
  ['equals: a number is its text', { field: 'status', equals: 500 }, { status: '500' }, true],
  ['in: one of them', { field: 'level', in: ['warn', 'error'] }, { level: 'warn' }, true],
  ['in: none of them', { field: 'level', in: ['warn', 'error'] }, { level: 'info' }, false],
  ['matches: found anywhere', { field: 'message', matches: 'time-?out' }, { message: 'a timeout!' }, true],
  ['matches: not found', { field: 'message', matches: '^x' }, { message: 'a x' }, false],
  ['a field within a field', { field: 'http.status', equals: 404 }, { http: { status: 404 } }, true],
  ['a missing field never holds', { field: 'level', matches: '' }, {}, false],
  ['what is no JSON never holds', { field: 'level', matches: '' }, undefined, false],
];

test.each(cases)('%s', (_title, when, record, holds) => {
  const test_ = condition(when);
  expect([test_(record), test_(record)]).toEqual([holds, holds]);
});
