import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSqliteStore } from '../../../src/checkpoint/open-store.ts';
import { asStoreFault, storeHint } from '../../../src/checkpoint/store-faults.ts';
import { StoreFault } from '../../../src/core/errors.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'kinship-faults-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const path = () => join(directory, 'checkpoints.db');
const codes = ['busy', 'full', 'corrupt', 'foreign', 'misplaced', 'newer', 'denied', 'too-many-open', 'other'] as const;

test.each(codes)('%s: the error for a command that only reads does not say what an agent would do', (code) => {
  const hint = storeHint(code, { path: path(), readonly: true });
  expect(hint).not.toMatch(/tried again|^it is set aside|a new one is begun|let the user that runs kinship/);
});

test('a command that only reads is refused a file that is no store, and told what kinship run would do with it', () => {
  writeFileSync(path(), 'this is no database, whatever its name says\n'.repeat(100));
  const read = () => openSqliteStore({ path: path(), wallMs: () => 0, readonly: true });
  expect(read).toThrow(expect.objectContaining({ code: 'foreign', hint: expect.stringMatching(/^is that the right checkpointFile\? kinship run sets it aside when it starts/) }));
});

const systemError = (code: string) => Object.assign(new Error(`${code}: what the system says`), { code, errno: -1 });

test.each([
  { code: 'EROFS', at: 'new/checkpoints.db', says: /^make the directory \S+\/new for the user that runs kinship; nobody can write \S+\/new: in the service allow it .*ReadWritePaths=\S+\/new, .*findmnt/ },
  { code: 'EROFS', at: 'checkpoints.db', says: /^nobody can write \S+: in the service allow it .*ReadWritePaths=.*findmnt/ },
  { code: 'EACCES', at: 'new/checkpoints.db', says: /^make the directory \S+\/new and let the user that runs kinship write it, or choose another checkpointFile$/ },
  { code: 'ENOTCONN', at: 'checkpoints.db', says: /^the program behind this file system \(FUSE\) is gone: umount -l/ },
  { code: 'ENAMETOOLONG', at: 'checkpoints.db', says: /^its name, or its whole path, is longer than Linux takes .*: choose another checkpointFile$/ },
  { code: 'ELOOP', at: 'checkpoints.db', says: /^its symbolic links form a loop: correct them, or choose another checkpointFile$/ },
  { code: 'EIO', at: 'checkpoints.db', says: /^look at the disk/ },
])('$code is told with what helps against it: $at', ({ code, at, says }) => {
  expect(asStoreFault(systemError(code), { path: join(directory, at) }).hint).toMatch(says);
});

test.each([
  ['EROFS', /^its file system is read-only \(findmnt, dmesg\).* copy checkpoints\.db\* elsewhere/],
  ['EACCES', /^run as the agent’s user, or as root$/],
  ['ENOTCONN', /umount -l/],
  ['ELOOP', /^its symbolic links/],
])('%s is told to who only reads with what helps against it', (code, says) => {
  expect(asStoreFault(systemError(code), { path: path(), readonly: true }).hint).toMatch(says);
});

test('if nothing that exists is forbidden, the error names the directory in which no file can be made', () => {
  const fault = asStoreFault(systemError('EACCES'), { path: path() });
  expect(fault).toBeInstanceOf(StoreFault);
  expect(fault).toMatchObject({ code: 'denied', hint: `let the user that runs kinship write the directory ${directory}, or choose another checkpointFile` });
});
