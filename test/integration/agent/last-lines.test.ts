/** The log of an agent that ends: what the limit of repeated lines held back is in it. */
import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { AgentWorld } from '../../support/whole-agent/agent-world.ts';

test('what was held back is written at SIGTERM, and every event is accounted for', async () => {
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
