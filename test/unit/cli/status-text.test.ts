/** The table of `kinship status`. */
import { describe, expect, test } from 'vitest';
import { statusText } from '../../../src/cli/positions/status-text.ts';
import type { AgentStatus, FileStatus, FlowStatus } from '../../../src/core/status.ts';

const none = { bytes: 0, records: 0 };
const outcomes = {
  delivered: none,
  filtered: none,
  unparsable: none,
  oversize: none,
  rejected: none,
  skipped: none,
  lost: none,
};

const file: FileStatus = {
  path: '/var/log/nginx/access.log',
  generation: 2,
  state: 'active',
  sizeBytes: 2_000_000,
  positionBytes: 1_000_000,
  pendingBytes: 0,
  startBytes: 0,
  readBytes: 1_000_000,
  outcomes: { delivered: { bytes: 1_000_000, records: 5000 } },
  lagBytes: 1_000_000,
  lagSeconds: 65,
  open: true,
};

function flow(changes: Partial<FlowStatus>): FlowStatus {
  return {
    id: 'web',
    startedWallMs: 0,
    files: [file],
    filesTracked: 1,
    filesOpen: 1,
    filesBehind: 1,
    filesUnreadable: 0,
    unreadable: [],
    recordsRead: 0,
    bytesRead: 0,
    outcomes: { ...outcomes, delivered: { bytes: 1_000_000, records: 5000 } },
    pendingBytes: 2048,
    lagBytes: 1_000_000,
    lagSeconds: 65,
    destinations: [],
    unparsableSent: { keptRecords: 0, wrappedRecords: 0 },
    unparsableSamples: [],
    ...changes,
  };
}

function agent(flows: readonly FlowStatus[], wallMs = 100_000): AgentStatus {
  return {
    version: '1.2.3',
    startedWallMs: 0,
    wallMs,
    budgetBytes: 32 * 1024 ** 2,
    budgetUsedBytes: 2048,
    checkpointAgeSeconds: 0.4,
    flows,
    ended: [],
  };
}

describe('the status', () => {
  test('says why positions cannot be stored', () => {
    expect(statusText({ now: { ...agent([]), checkpointFault: 'database or disk is full' } })).toContain(
      'positions cannot be stored (database or disk is full):\n  a crash now would repeat what was sent since\n',
    );
  });

  test('is a table of at most 80 columns', () => {
    const rich = flow({
      outcomes: {
        ...outcomes,
        delivered: { bytes: 1_000_000, records: 5000 },
        unparsable: { bytes: 100, records: 3 },
        lost: { bytes: 4096, records: 0 },
      },
      destinations: [
        {
          name: 'KinesisStream:web-logs',
          state: 'throttled',
          waitingRecords: 1200,
          waitingBytes: 600_000,
          inFlightRecords: 0,
          inFlightRequests: 4,
          lastError: 'ProvisionedThroughputExceededException: Rate exceeded for shard shardId-000000000001 in stream web-logs',
          shards: [
            {
              shardId: 'shardId-000000000001',
              throttledEntries: 5,
              acceptedEntries: 95,
              bytesPerSecond: 900_000,
              hottestKeyShare: 0.81,
            },
            { shardId: 'shardId-000000000002', throttledEntries: 0, acceptedEntries: 10, bytesPerSecond: 900_000 },
            { shardId: 'shardId-000000000003', throttledEntries: 0, acceptedEntries: 10, bytesPerSecond: 1000 },
          ],
          streamMode: 'provisioned',
          recordsWithoutKey: 1234,
        },
      ],
      unparsableSent: { keptRecords: 1200, wrappedRecords: 0 },
      unparsableSamples: ['line 1\nof two'],
      files: [
        file,
        {
          ...file,
          path: '/srv/application/with/a/long/path/logs/application.log',
          lagBytes: 0,
          lagSeconds: 0,
          state: 'rotated',
          lastError: 'EACCES',
        },
      ],
    });
    const text = statusText({ now: agent([rich]) });
    expect(text).toBe(`kinship 1.2.3, up 1 min 40 s
buffer 2.0 KiB of 32 MiB, positions stored 0 s ago

web
  files 1 (1 behind, 1 open)
  delivered 5,000 records, 977 KiB; on the way 2.0 KiB
  behind 977 KiB, 1 min 5 s
  not sent: unparsable 3 (100 B), lost 0 (4.0 KiB)
  sent though unparsable, as they are: 1,200
  KinesisStream:web-logs throttled: 1,200 records (586 KiB) wait, 4 requests
    throttled shardId-000000000001: 5.0 % refused, 879 KiB/s, hottest key 81 %
    busy shardId-000000000002: 879 KiB/s
    a provisioned stream: it takes more with more shards
    1,234 records gave no partition key: in no order
    ProvisionedThroughputExceededException: Rate exceeded for shard
    shardId-000000000001 in stream web-logs
  does not parse: line 1\\nof two
  file                                 gen position     size       lag state
  /var/log/nginx/access.log              2  977 KiB  1.9 MiB 1 min 5 s active
    1,000,000 bytes read = 1,000,000 delivered; 1,000,000 behind
  …th/a/long/path/logs/application.log   2  977 KiB  1.9 MiB       0 s rotated
    1,000,000 bytes read = 1,000,000 delivered
    EACCES
`);
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  test.each([
    ['catching up: the speed and the time left', 3_000_000, 2_000_000, '; 977 KiB/s, caught up in 1 s'],
    ['keeping up with the writer only', 1_000_000, 2_000_000, '; 977 KiB/s, not catching up'],
    ['standing still', 1_000_000, 1_000_000, '; nothing is accepted at present'],
  ])('%s', (_title, lagBefore, delivered, expected) => {
    const before = flow({ lagBytes: lagBefore });
    const now = flow({ lagBytes: 1_000_000, outcomes: { ...outcomes, delivered: { bytes: delivered, records: 1 } } });
    expect(statusText({ before: agent([before], 99_000), now: agent([now]) })).toContain(
      `  behind 977 KiB, 1 min 5 s${expected}\n`,
    );
  });

  test('an unfinished last line does not count as refused by the destination', () => {
    const waits = flow({ lagBytes: 12, lagSeconds: 0, pendingBytes: 0 });
    expect(statusText({ before: agent([waits], 99_000), now: agent([waits]) })).toContain('  behind 12 B, 0 s; only of lines that have not ended yet\n');
  });

  test('a name with a newline or an escape sequence keeps its line of the table', () => {
    const path = '/var/log/a\nb\u001b[2J.log';
    const unreadable = [{ path: '/first', reason: 'EIO', seconds: 1 }, { path, reason: 'EIO', seconds: 1 }];
    const lastError = `cannot read ${path} (EIO)`;
    const text = statusText({ now: agent([flow({ files: [{ ...file, path, lastError }], lastError, unreadable, filesUnreadable: 2 })]) });
    const escaped = String.raw`/var/log/a\nb\u001b[2J.log`;
    expect(text.split('\n').filter((line) => line.includes(escaped))).toEqual([
      `  last error: cannot read ${escaped} (EIO)`,
      `  cannot read ${escaped} (EIO) for 1 s`,
      `  ${escaped.padEnd(36)}   2  977 KiB  1.9 MiB 1 min 5 s active`,
      `    cannot read ${escaped} (EIO)`,
    ]);
    expect(text).not.toContain('\u001b');
  });

  test('names files that cannot be read, and counts those it does not name', () => {
    const unreadable = Array.from({ length: 20 }, (_, index) => ({ path: `/var/log/secret-${index}.log`, reason: 'EACCES', seconds: 100 }));
    const lastError = 'cannot read /var/log/secret-0.log (EACCES) for 100 s: let the user that runs kinship read it, or exclude it';
    const lines = statusText({ now: agent([flow({ unreadable, filesUnreadable: 300, lastError })]) }).split('\n');
    expect(lines).toContain('  last error: cannot read /var/log/secret-0.log (EACCES) for 100 s: let the user');
    expect(lines.filter((line) => line.startsWith('  cannot read /var/log/secret-'))).toHaveLength(4);
    expect(lines).toContain('  cannot read 295 more: kinship status --json shows them');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test('says that a flow counts anew since a reload', () => {
    const text = statusText({ now: { ...agent([flow({ startedWallMs: 3_600_000 })], 3_720_000) } });
    expect(text).toContain('  set up anew by a reload 2 min ago: it counts since then');
    expect(statusText({ now: agent([flow({})]) })).not.toContain('set up anew');
  });

  test('has room for every reason why something was not sent', () => {
    const count = { bytes: 123_456_789, records: 1_234_567 };
    const all = { delivered: count, filtered: count, unparsable: count, oversize: count, rejected: count, skipped: count, lost: count };
    const lines = statusText({ now: agent([flow({ outcomes: all })]) }).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(lines.join(' ').replace(/ +/g, ' ')).toContain('lost 1,234,567 (118 MiB)');
  });
});
