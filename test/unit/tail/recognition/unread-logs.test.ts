/** Which files wait for a log that cannot be read. */
import { expect, test } from 'vitest';
import { UnreadLogs } from '../../../../src/tail/recognition/unread-logs.ts';

const failing = new Map([
  ['/logs/app.log', 1000],
  ['/logs/read.log', 1000],
]);

test.each([
  { path: '/logs/app.log.1', nowMs: 10_999, waits: true },
  { path: '/logs/app.log.1', nowMs: 11_000, waits: false },
  { path: '/logs/old/app.log-20261121.gz', nowMs: 2000, waits: true },
  { path: '/logs/app.log', nowMs: 2000, waits: false },
  { path: '/logs/other.log.1', nowMs: 2000, waits: false },
  { path: '/logs/a/b/app.log.1', nowMs: 2000, waits: false },
  { path: '/logs/read.log.1', nowMs: 2000, waits: false },
])('$path waits, at $nowMs ms: $waits', ({ path, nowMs, waits }) => {
  const logs = new UnreadLogs({ looks: { failing: () => failing }, isRead: (log) => log === '/logs/read.log', nowMs });
  expect(logs.hasLogOf(path)).toBe(waits);
});

test('the unreadable logs are those of the first question; later changes do not count', () => {
  const looks = { failing: () => [...now] };
  const now = new Map([['/a.log', 0]]);
  const logs = new UnreadLogs({ looks, isRead: () => false, nowMs: 0 });
  expect(logs.hasLogOf('/a.log.1')).toBe(true);
  now.clear();
  expect(logs.hasLogOf('/a.log.1')).toBe(true);
  expect(new UnreadLogs({ looks, isRead: () => false, nowMs: 0 }).hasLogOf('/a.log.1')).toBe(false);
});
