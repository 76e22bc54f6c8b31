/** Config files on the real file system. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FileFault } from '../../../src/core/errors.ts';
import { NodeConfigReader } from '../../../src/platform/node-config-reader.ts';

let directory = '';
const at = (name: string) => join(directory, name);
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'kinship-config-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test.each([
  [0o600, false],
  [0o640, true],
  [0o604, true],
  [0o644, true],
  [0o622, false],
])('a file of mode %o is readable by others: %s', async (mode, readableByOthers) => {
  writeFileSync(at('a.yaml'), 'région: x');
  chmodSync(at('a.yaml'), mode);
  expect(await new NodeConfigReader().read(at('a.yaml'))).toEqual({ text: 'région: x', readableByOthers });
});

test.each([
  ['Latin-1', Buffer.from('a: caf\xe9\n', 'latin1'), 6],
  ['Latin-1 after a replacement character of its own and one of two units', Buffer.concat([Buffer.from('\uFFFD😀'), Buffer.from('\xe9 \xe9', 'latin1')]), 3],
  ['UTF-16', Buffer.from('\uFEFFa: b', 'utf16le'), 0],
  ['a character that is cut at the end', Buffer.from('a: é').subarray(0, 4), 3],
  ['a replacement character that stands there', Buffer.from('a: \uFFFD'), undefined],
])('where the text is not UTF-8: %s', async (_title, bytes, notUtf8At) => {
  writeFileSync(at('a.yaml'), bytes);
  expect((await new NodeConfigReader().read(at('a.yaml'))).notUtf8At).toBe(notUtf8At);
});

test('a directory lists its files and links, not its directories', async () => {
  writeFileSync(at('a.yaml'), '');
  symlinkSync(at('a.yaml'), at('b.yaml'));
  mkdirSync(at('c.yaml'));
  expect([...(await new NodeConfigReader().list(directory))].toSorted()).toEqual(['a.yaml', 'b.yaml']);
});

test('what is no file is a fault at once: a FIFO would be waited for without end, also when the agent is stopped', async () => {
  execFileSync('mkfifo', [at('fifo')]);
  for (const path of [at('fifo'), '/dev/zero']) {
    await expect(new NodeConfigReader().read(path)).rejects.toThrow(expect.objectContaining({ systemCode: 'no regular file' }));
  }
  await expect(new NodeConfigReader().read(directory)).rejects.toThrow(expect.objectContaining({ systemCode: 'EISDIR' }));
});

test('a link to /dev/null is an empty file, as systemd takes it', async () => {
  symlinkSync('/dev/null', at('masked.conf'));
  expect((await new NodeConfigReader().read(at('masked.conf'))).text).toBe('');
});

test('a pipe that a shell hands over is read: kinship check -c <(…)', () => {
  const main = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
  const command = `'${process.execPath}' --disable-warning=ExperimentalWarning '${main}' check -c <(echo 'regiom: x')`;
  const { stderr, status } = spawnSync('bash', ['-c', command], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([78, expect.stringMatching(/^\/dev\/fd\/\d+:1:1: unknown key "regiom" \(did you mean "region"\?\)\n/)]);
});

test('a path that is not there, is a directory or is far too large is a fault', async () => {
  const reader = new NodeConfigReader();
  await expect(reader.read(at('none'))).rejects.toThrow(expect.objectContaining({ code: 'not-found' }));
  await expect(reader.list(at('none'))).rejects.toThrow(expect.objectContaining({ code: 'not-found' }));
  await expect(reader.read(directory)).rejects.toBeInstanceOf(FileFault);
  writeFileSync(at('huge'), '');
  truncateSync(at('huge'), 17 * 1024 ** 2);
  await expect(reader.read(at('huge'))).rejects.toThrow(expect.objectContaining({ systemCode: 'EFBIG' }));
});
