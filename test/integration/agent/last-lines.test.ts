/** The last lines in an agent's log: of a file that ends, and of the agent itself, with the repeated lines that were held back. */
import { unlinkSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { AgentWorld } from '../../support/whole-agent/agent-world.ts';

test('repeated lines that were held back are written at SIGTERM, and every event is accounted for', async () => {
  await using world = await AgentWorld.begin();
  const rounds = 6;
  const line = (round: number) => `${'x'.repeat(100 - round)} ${round}\n`;
  const agent = await world.start();
  for (let round = 0; round <= rounds; round += 1) {
    writeFileSync(world.path('app.log'), line(round));
    await world.arrived([line(round)]);
  }
  expect(agent.named('fileTruncated')).toHaveLength(3);
  expect(await agent.stop()).toBe(0);
  const truncated = agent.named('fileTruncated');
  expect(truncated).toHaveLength(4);
  expect(truncated[3]).toMatchObject({ repeated: rounds - 3, message: expect.stringMatching(/and 2 more like this in the last minute, this one at 2/) });
});

test('a file that never had a byte comes and goes without a line in the log', async () => {
  await using world = await AgentWorld.begin({ flow: { filePattern: '*.log' } });
  const agent = await world.start();
  writeFileSync(world.path('empty.log'), '');
  await agent.event('fileFound', ({ path }) => path === world.path('empty.log'));
  unlinkSync(world.path('empty.log'));
  writeFileSync(world.path('full.log'), 'one\n');
  await world.arrived(['one\n']);
  unlinkSync(world.path('full.log'));
  await agent.event('fileFinished', ({ path }) => path === world.path('full.log'));
  expect(await agent.stop()).toBe(0);
  expect(agent.named('fileFinished')).toHaveLength(1);
});
