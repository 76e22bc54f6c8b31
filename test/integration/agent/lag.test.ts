/** The agent tells truly how far behind it is, even after it was killed or its config was reloaded. */
import { appendFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { askAgent } from '../../../src/agent/control-socket.ts';
import { join } from '../../../src/core/paths.ts';
import type { FlowStatus } from '../../../src/core/status.ts';
import { AgentWorld } from '../../support/whole-agent/agent-world.ts';
import { until } from '../../support/whole-agent/until.ts';

const fast = { retryInitialBackoffMillis: 20, retryMaxBackoffMillis: 200 };

/** A world whose service takes no records until `isDown` is set to false. */
async function beginDown(): Promise<AgentWorld & { isDown: boolean }> {
  const world = Object.assign(await AgentWorld.begin({ flow: fast }), { isDown: true });
  world.kinesis.model.fault = ({ operation }) => (world.isDown && operation === 'PutRecords' ? { kind: 'refuse', code: 'ServiceUnavailable' } : undefined);
  return world;
}

async function flowStatus(world: AgentWorld): Promise<FlowStatus | undefined> {
  const asked = await askAgent(join(world.state, 'control.sock'), { command: 'status' }, 5000);
  return asked.kind === 'answered' && asked.reply.kind === 'status' ? asked.reply.status.flows[0] : undefined;
}

/** How long the oldest byte has waited: as the agent tells it, and the least and the most that the test's own clock allows. */
async function lateness(world: AgentWorld, writtenMs: number): Promise<{ readonly least: number; readonly told: number; readonly most: number }> {
  const least = (performance.now() - writtenMs) / 1000;
  const told = (await flowStatus(world))?.lagSeconds ?? Number.NaN;
  return { least, told, most: (performance.now() - writtenMs) / 1000 };
}

const putCalls = (world: AgentWorld) => world.kinesis.model.calls('PutRecords', 'logs');

async function calls(world: AgentWorld, count: number): Promise<void> {
  const goal = putCalls(world) + count;
  await until(`${goal} calls were made`, () => putCalls(world) >= goal);
}

/** Resolves when the oldest byte has waited so long that a row tells since when: rows are stored once a second. */
async function stored(world: AgentWorld): Promise<void> {
  await until('its age is stored', async () => ((await flowStatus(world))?.lagSeconds ?? 0) > 1.5);
}

describe.concurrent('the lag of the oldest waiting byte', () => {
  test('goes on after a kill and a restart, though the file grew all the time', async () => {
    await using world = await beginDown();
    writeFileSync(world.path('app.log'), '');
    await world.start();
    const writtenMs = performance.now();
    appendFileSync(world.path('app.log'), 'the first\n');
    await stored(world);
    appendFileSync(world.path('app.log'), 'the second\n');
    await calls(world, 2);
    await stored(world);
    await world.agent.kill();
    appendFileSync(world.path('app.log'), 'the third\n');
    await world.start();
    const { least, told, most } = await lateness(world, writtenMs);
    // The byte was seen a moment after it was written, or counts since the look before that. A row has whole milliseconds.
    expect(told).toBeGreaterThan(least - 1);
    expect(told).toBeLessThan(most + 2.5);
    expect(told).toBeGreaterThan(1.5);
    world.isDown = false;
    await world.arrived(['the first\n', 'the second\n', 'the third\n']);
    await until('nothing is late', async () => (await flowStatus(world))?.lagSeconds === 0);
    expect(await world.agent.stop()).toBe(0);
  });

  test('goes on after a reload that changes the flow, while the byte stays unsent', async () => {
    await using world = await beginDown();
    writeFileSync(world.path('app.log'), '');
    const agent = await world.start();
    const writtenMs = performance.now();
    appendFileSync(world.path('app.log'), 'the first\n');
    await stored(world);
    appendFileSync(world.path('app.log'), 'the second\n');
    world.configure({ flows: [world.flow({ ...fast, recordMaxBufferedTimeMillis: 60 })], shutdownTimeoutMillis: 100 });
    agent.signal('SIGHUP');
    await agent.event('reloaded');
    const { least, told, most } = await lateness(world, writtenMs);
    expect(told).toBeGreaterThan(least - 1);
    expect(told).toBeLessThan(most + 0.1);
    world.isDown = false;
    await world.arrived(['the first\n', 'the second\n']);
    await until('nothing is late', async () => (await flowStatus(world))?.lagSeconds === 0);
    expect(await agent.stop()).toBe(0);
  });
});

test('a file that is read for the first time lags by its age', async () => {
  await using world = await beginDown();
  const writtenMs = performance.now();
  writeFileSync(world.path('app.log'), 'the first\n');
  await until('it is a second old', () => performance.now() - writtenMs > 1000);
  appendFileSync(world.path('app.log'), 'the second\n');
  await world.start();
  const { least, told, most } = await lateness(world, writtenMs);
  expect(told).toBeGreaterThan(least - 0.1);
  expect(told).toBeLessThan(most + 0.1);
  expect(await world.agent.stop()).toBe(0);
});
