/** The config is broken while the agent runs: what `status` and `reload` can still do, on a real socket. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openControlSocket } from '../../../src/agent/control-socket.ts';
import { controlSocketIn } from '../../../src/cli/config-or-socket.ts';
import { reloadCommand } from '../../../src/cli/reload.ts';
import { statusCommand } from '../../../src/cli/status.ts';
import { CommandError } from '../../../src/core/errors.ts';
import { fakeInvocation } from './fake-invocation.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'kinship-broken-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const at = (name: string) => join(directory, name);

/** Makes the config invalid YAML from its fourth line on. */
function writeBroken(): void {
  writeFileSync(at('kinship.yaml'), `region: eu-west-1\ncontrolSocket: ${at('control.sock')} # ours\nflows:\n  - { id: web\n`);
}

async function runningAgent() {
  const asked: string[] = [];
  const opened = await openControlSocket(at('control.sock'), {
    status: () => {
      asked.push('status');
      return { version: '9', startedWallMs: 0, wallMs: 60_000, budgetBytes: 1, budgetUsedBytes: 0, checkpointAgeSeconds: 0, flows: [], ended: [] };
    },
    reload: () => {
      asked.push('reload');
      return Promise.resolve({ kind: 'refused', reasons: [] });
    },
  });
  if (opened.kind !== 'open') throw new Error('the socket is ours');
  return { asked, [Symbol.asyncDispose]: () => opened.socket.close() };
}

const invocation = (json = false) => fakeInvocation({ options: { config: at('kinship.yaml'), json } });

async function faultOf(running: Promise<number>): Promise<CommandError> {
  const outcome = await running.catch((fault: unknown) => fault);
  if (outcome instanceof CommandError) return outcome;
  throw new Error(`it ended with ${String(outcome)}`);
}

test('status shows the running agent, and what is wrong with the config', async () => {
  writeBroken();
  await using agent = await runningAgent();
  const asked = invocation();
  expect(await statusCommand(asked)).toBe(0);
  expect(asked.stdout.text).toBe('kinship 9, up 1 min\nbuffer 0 B of 1 B, positions stored 0 s ago\n');
  expect(asked.stderr.text).toContain(`${at('kinship.yaml')}:`);
  expect(asked.stderr.text).toContain(`the config cannot be used (see above): the agent that answers at ${at('control.sock')} goes on with the one that it read, and this is its status\n`);
  const json = invocation(true);
  expect(await statusCommand(json)).toBe(0);
  expect(JSON.parse(json.stdout.text)).toMatchObject({ source: 'agent', version: '9' });
  expect(agent.asked).toEqual(['status', 'status']);
});

test('if no agent answers, status only says what is wrong with the config', async () => {
  writeBroken();
  for (const command of [statusCommand, reloadCommand]) {
    const fault = await faultOf(command(invocation()));
    expect([fault.exitCode, fault.hint]).toEqual([78, undefined]);
    expect(fault.message).toContain('kinship.yaml:');
  }
});

test('reload does not ask the agent, and says that the agent goes on with the old config', async () => {
  writeBroken();
  await using agent = await runningAgent();
  const fault = await faultOf(reloadCommand(invocation()));
  expect(fault.exitCode).toBe(78);
  expect(fault.hint).toMatch(/^nothing was reloaded: the agent at .*control\.sock goes on with the config that it read/);
  expect(agent.asked).toEqual(['status']);
});

test.each([
  ['controlSocket: /a b: c', '/a'],
  ['region: x\n"controlSocket" : "/a/b c" # mine', '/a/b c'],
  ["{ 'controlSocket': '/a', flows: [", '/a'],
  ['{"region":"x","controlSocket":"/a","flows":[', '/a'],
  ['controlSocket: ${RUNTIME}/c.sock', '/run/me/c.sock'],
  ['controlSocket: ${UNKNOWN}/c.sock', '/run/kinship/control.sock'],
  ['# controlSocket: /a\n  // "controlSocket": "/b"', '/run/kinship/control.sock'],
  ['', '/run/kinship/control.sock'],
])('the socket is found in a config that cannot be read as a whole: %s', (text, path) => {
  expect(controlSocketIn(text, { RUNTIME: '/run/me' })).toBe(path);
});
