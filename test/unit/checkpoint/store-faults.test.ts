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

test('if nothing that exists is forbidden, the error names the directory in which no file can be made', () => {
  const denied = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES', errno: -13 });
  const fault = asStoreFault(denied, { path: path() });
  expect(fault).toBeInstanceOf(StoreFault);
  expect(fault).toMatchObject({ code: 'denied', hint: `let the user that runs kinship write the directory ${directory}, or choose another checkpointFile` });
});
