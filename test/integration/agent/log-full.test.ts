/** The agent's log on a file system that has no room: /dev/full refuses every byte with ENOSPC, as a full disk does. */
import { appendFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { AgentWorld } from '../../support/whole-agent/agent-world.ts';
import { until } from '../../support/whole-agent/until.ts';

test('an agent whose own log is full goes on shipping, and stops when it is told to', async () => {
  await using world = await AgentWorld.begin();
  const agent = world.launch({ under: ['sh', '-c', 'exec "$0" "$@" >/dev/full'] });
  await until('it listens', () => existsSync(join(world.state, 'control.sock')), { state: () => agent.text });
  appendFileSync(world.path('app.log'), 'one\n');
  await world.arrived(['one\n']);
  expect(await agent.stop()).toBe(0);
  expect(agent.text).toBe('');
});
