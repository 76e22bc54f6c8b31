/** SIGHUP under load: the new config is taken over without losing or repeating a line, or refused with the reason. */
import { expect, test } from 'vitest';
import { AgentWorld } from '../../support/whole-agent/agent-world.ts';
import { LiveWriter, writtenLine } from '../../support/whole-agent/live-writer.ts';
import { until } from '../../support/whole-agent/until.ts';

const lines = (count: number) => Array.from({ length: count }, (_, number) => writtenLine(number));

test('flows that changed go on where they were, others untouched; nothing is lost or repeated', async () => {
  await using world = await AgentWorld.begin();
  const kept = world.flow({ id: 'kept', filePattern: 'kept.log' });
  const changing = (milliseconds: number) =>
    world.flow({ id: 'changing', filePattern: 'changing.log', kinesisStream: 'others', recordMaxBufferedTimeMillis: milliseconds });
  world.kinesis.model.createStream('others', { shards: 2 });
  world.configure({ flows: [kept, changing(50)] });
  const agent = await world.start();
  const keptWriter = new LiveWriter(world.path('kept.log'));
  const changingWriter = new LiveWriter(world.path('changing.log'));
  await keptWriter.more(50);
  for (const milliseconds of [60, 70, 80]) {
    world.configure({ flows: [kept, changing(milliseconds)] });
    const before = agent.named('reloaded').length;
    agent.signal('SIGHUP');
    await agent.event('reloaded', () => agent.named('reloaded').length > before);
    await changingWriter.more(50);
  }
  const written = [await keptWriter.stop(), await changingWriter.stop()];
  await world.arrived(lines(written[0] ?? 0));
  expect(await agent.stop()).toBe(0);
  expect(agent.named('reloaded').at(-1)).toMatchObject({ added: 0, changed: 1, removed: 0, kept: 1 });
  expect([...world.delivered.counts.values()].every((count) => count === 1)).toBe(true);
  const others = world.deliveredTo('others');
  expect(others.missing(lines(written[1] ?? 0))).toEqual([]);
  expect([...others.counts.values()].every((count) => count === 1)).toBe(true);
});

test('a flow that is added begins, one that is removed ends after what it read was sent', async () => {
  await using world = await AgentWorld.begin();
  const first = world.flow({ id: 'first', filePattern: 'first.log' });
  const second = world.flow({ id: 'second', filePattern: 'second.log', kinesisStream: 'others' });
  world.kinesis.model.createStream('others', { shards: 1 });
  world.configure({ flows: [first] });
  const agent = await world.start();
  const writer = new LiveWriter(world.path('first.log'));
  await writer.more(20);
  const written = await writer.stop();
  await world.arrived(lines(written));
  world.configure({ flows: [second] });
  agent.signal('SIGHUP');
  await agent.event('reloaded');
  expect(agent.named('reloaded')[0]).toMatchObject({ added: 1, changed: 0, removed: 1, kept: 0 });
  const other = new LiveWriter(world.path('second.log'));
  await other.more(20);
  const more = await other.stop();
  const others = world.deliveredTo('others');
  await until('the added flow delivered everything', () => others.missing(lines(more)).length === 0);
  expect(await agent.stop()).toBe(0);
});

test('a config with errors is refused, every error named, and the old one goes on', async () => {
  await using world = await AgentWorld.begin();
  const agent = await world.start();
  world.configure({ flows: [{ ...world.flow({}), initialPositoin: 'START_OF_FILE' }] });
  agent.signal('SIGHUP');
  const refused = await agent.event('reloadRefused');
  expect(refused.message).toContain('unknown key "initialPositoin" in flows[0] (did you mean "initialPosition"?)');
  const writer = new LiveWriter(world.path('app.log'));
  await writer.more(20);
  await world.arrived(lines(await writer.stop()));
  expect(await agent.stop()).toBe(0);
});
