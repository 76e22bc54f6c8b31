/** The control socket, on a real Unix socket. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { askAgent, type ControlHandlers, openControlSocket } from '../../../src/agent/control-socket.ts';
import type { AgentStatus } from '../../../src/core/status.ts';

const status: AgentStatus = {
  version: '1',
  startedWallMs: 0,
  wallMs: 1,
  budgetBytes: 2,
  budgetUsedBytes: 1,
  checkpointAgeSeconds: 0,
  flows: [],
  ended: [],
};
const handlers: ControlHandlers = {
  status: () => status,
  reload: () => Promise.resolve({ kind: 'reloaded', added: 1, changed: 2, removed: 3, kept: 4, waiting: [], warnings: [] }),
};
const TIMEOUT_MS = 5000;

let directory = '';
let path = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'kinship-control-'));
  path = join(directory, 'run', 'control.sock');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

async function opened(own: ControlHandlers = handlers) {
  const result = await openControlSocket(path, own);
  if (result.kind !== 'open') throw new Error(result.kind);
  return result.socket;
}

describe('the control socket', () => {
  test('where nothing can be made, that is said at once', async () => {
    expect(await openControlSocket('/proc/no-such-place/control.sock', handlers)).toEqual({ kind: 'failed', message: expect.stringMatching(/ENOENT/) });
  });

  test('answers status and reload, and is gone when closed', async () => {
    const socket = await opened();
    expect(await askAgent(path, { command: 'status' }, TIMEOUT_MS)).toEqual({
      kind: 'answered',
      reply: { kind: 'status', status },
    });
    expect(await askAgent(path, { command: 'reload' }, TIMEOUT_MS)).toMatchObject({
      reply: { outcome: { kind: 'reloaded', changed: 2 } },
    });
    await socket.close();
    expect(await askAgent(path, { command: 'status' }, TIMEOUT_MS)).toEqual({ kind: 'absent' });
  });

  test('is not there where links form a loop', async () => {
    symlinkSync('loop', join(directory, 'loop'));
    expect(await askAgent(join(directory, 'loop'), { command: 'status' }, TIMEOUT_MS)).toEqual({ kind: 'absent' });
  });

  test('is readable and writable by its owner only, and its directory is the owner’s', async () => {
    await using socket = await opened();
    expect(statSync(socket.path).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory, 'run')).mode & 0o777).toBe(0o700);
  });

  test('is refused to a second agent while the first one lives', async () => {
    await using socket = await opened();
    expect(await openControlSocket(path, handlers)).toEqual({ kind: 'taken' });
    expect(await askAgent(socket.path, { command: 'status' }, TIMEOUT_MS)).toMatchObject({ kind: 'answered' });
  });

  test('is there again where its file was deleted', async () => {
    await using socket = await opened();
    expect(await socket.secure()).toBe(false);
    rmSync(socket.path);
    expect(await socket.secure()).toBe(true);
    expect(await askAgent(socket.path, { command: 'status' }, TIMEOUT_MS)).toMatchObject({ kind: 'answered' });
    rmSync(join(directory, 'run'), { recursive: true });
    expect(await socket.secure()).toBe(false);
  });

  test('leaves a file alone that is no socket', async () => {
    path = join(directory, 'precious.txt');
    writeFileSync(path, 'precious');
    expect(await openControlSocket(path, handlers)).toEqual({ kind: 'failed', message: expect.stringContaining('name another path') });
    expect(readFileSync(path, 'utf8')).toBe('precious');
  });

  test('replaces what a dead agent left behind', async () => {
    const dead = join(directory, 'dead.sock');
    const script = `require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', script, dead]);
    expect(statSync(dead).isSocket()).toBe(true);
    const again = await openControlSocket(dead, handlers);
    expect(again.kind).toBe('open');
    if (again.kind === 'open') await again.socket.close();
  });

  test('tells where it cannot be', async () => {
    writeFileSync(join(directory, 'run'), 'a file');
    expect(await openControlSocket(path, handlers)).toMatchObject({ kind: 'failed' });
  });

  test.each([
    ['not JSON', 'status\n'],
    ['not an object', '5\n'],
    ['an unknown command', '{"command":"halt"}\n'],
    ['more than a request', 'x'.repeat(5000)],
  ])('answers %s with what a request is', async (_title, request) => {
    await using _socket = await opened();
    const reply = await new Promise<string>((resolve) => {
      const connection = createConnection(path);
      let text = '';
      connection.setEncoding('utf8');
      connection.on('data', (chunk: string) => {
        text += chunk;
      });
      connection.on('end', () => resolve(text));
      connection.write(request);
    });
    expect(JSON.parse(reply)).toEqual({
      kind: 'error',
      message: 'not a request: {"command":"status"} or {"command":"reload"}',
    });
  });

  test('gives the reason where a handler fails', async () => {
    await using _socket = await opened({ ...handlers, reload: () => Promise.reject(new Error('no such luck')) });
    expect(await askAgent(path, { command: 'reload' }, TIMEOUT_MS)).toEqual({
      kind: 'answered',
      reply: { kind: 'error', message: 'no such luck' },
    });
  });

  test('closes although a request is under way', async () => {
    const socket = await opened({ ...handlers, reload: () => new Promise(() => undefined) });
    const asked = askAgent(path, { command: 'reload' }, TIMEOUT_MS);
    const connection = createConnection(path);
    connection.on('error', () => connection.destroy());
    await new Promise<void>((resolve) => {
      connection.on('connect', () => resolve());
    });
    await socket.close();
    expect(await asked).toMatchObject({ kind: 'silent' });
    connection.destroy();
  });

  test('takes a status of ten thousand files', async () => {
    const unparsableSamples = Array.from({ length: 10_000 }, (_, index) => `${index} ${'x'.repeat(300)}`);
    const large = { ...status, flows: [{ unparsableSamples }] } as unknown as AgentStatus;
    await using _socket = await opened({ ...handlers, status: () => large });
    const asked = await askAgent(path, { command: 'status' }, TIMEOUT_MS);
    expect(asked).toEqual({ kind: 'answered', reply: { kind: 'status', status: large } });
  });
});
