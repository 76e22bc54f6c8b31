/** Files that cannot be read and may be the compressed form of an open file. */
import { expect, test } from 'vitest';
import { FileFault, type FileFaultCode } from '../../../../src/core/errors.ts';
import { UnreadForms } from '../../../../src/tail/recognition/unread-forms.ts';
import { LogNames } from '../../../../src/tail/search/log-names.ts';
import { memoryGeneration } from '../../../support/memory-files.ts';

function unreadForms(...logs: readonly string[]): UnreadForms {
  const logNames = new LogNames();
  for (const log of logs) logNames.add(log);
  return new UnreadForms(logNames);
}

const failing = (code: FileFaultCode) => () => Promise.reject(new FileFault({ code, systemCode: code, path: '' }));

async function fail(forms: UnreadForms, path: string, nowMs: number, code: FileFaultCode = 'other'): Promise<void> {
  await expect(forms.judging(path, nowMs, failing(code))).rejects.toThrow(FileFault);
}

test.each([
  { title: 'cannot be read', path: '/app.log.1.gz', code: 'other', may: true },
  { title: 'cannot be opened', path: '/app.log.1.gz', code: 'too-many-open', may: true },
  { title: 'is gone', path: '/app.log.1.gz', code: 'not-found', may: false },
  { title: 'is of another log', path: '/other.log.1.gz', code: 'other', may: false },
] as const)('a file that $title may repeat /app.log: $may', async ({ path, code, may }) => {
  const forms = unreadForms('/app.log');
  await fail(forms, path, 0, code);
  expect(forms.mayRepeat(await memoryGeneration('line\n'), 0)).toBe(may);
});

test.each([
  { title: 'of the only log that is called so', logs: ['/app.log'], may: true },
  { title: 'of one of several logs that are called so', logs: ['/app.log', '/far/app.log'], may: false },
])('a file far from all logs, $title, may repeat /app.log: $may', async ({ logs, may }) => {
  const forms = unreadForms(...logs);
  await fail(forms, '/far/away/app.log.1.gz', 0);
  expect(forms.mayRepeat(await memoryGeneration('line\n'), 0)).toBe(may);
});

test('a file may be a compressed form until it is judged, or is not asked for in ten seconds, or has failed for a minute', async () => {
  const generation = await memoryGeneration('line\n');
  const forms = unreadForms('/app.log');
  await fail(forms, '/app.log.1.gz', 0);
  expect(await forms.judging('/app.log.1.gz', 1000, () => Promise.resolve('covered'))).toBe('covered');
  expect(forms.mayRepeat(generation, 1000)).toBe(false);
  await fail(forms, '/app.log.1.gz', 2000);
  expect(forms.mayRepeat(generation, 12_000)).toBe(true);
  expect(forms.mayRepeat(generation, 12_001)).toBe(false);
  for (let nowMs = 20_000; nowMs <= 80_000; nowMs += 10_000) {
    await fail(forms, '/app.log.1.gz', nowMs);
    expect(forms.mayRepeat(generation, nowMs)).toBe(nowMs < 80_000);
  }
});
