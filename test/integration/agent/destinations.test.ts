/** One file to two streams: each has its own position, pace and trouble. */
import { expect, test } from 'vitest';
import { askAgent } from '../../../src/agent/control-socket.ts';
import { AgentWorld } from '../../support/whole-agent/agent-world.ts';
import { LiveWriter, writtenLine } from '../../support/whole-agent/live-writer.ts';
import { until } from '../../support/whole-agent/until.ts';

const lines = (count: number) => Array.from({ length: count }, (_, number) => writtenLine(number));

test('a stream that is down does not delay the other, and gets everything when it is back', async () => {
  await using world = await AgentWorld.begin();
  world.kinesis.model.createStream('down', { shards: 1 });
  let isDown = true;
  world.kinesis.model.fault = ({ operation, stream }) =>
    isDown && operation === 'PutRecords' && stream === 'down' ? { kind: 'refuse', code: 'InternalFailure' } : undefined;
  world.configure({ flows: [world.flow({ id: 'up' }), world.flow({ id: 'down', kinesisStream: 'down', retryMaxBackoffMillis: 200 })] });
  const agent = await world.start();
  const writer = new LiveWriter(world.path('app.log'));
  await writer.more(200);
  const written = await writer.stop();
  await world.arrived(lines(written));
  const down = world.deliveredTo('down');
  expect(down.records).toEqual([]);
  const asked = await askAgent(`${world.state}/control.sock`, { command: 'status' }, 5000);
  const flows = asked.kind === 'answered' && asked.reply.kind === 'status' ? asked.reply.status.flows : [];
  expect(flows.map((flow) => [flow.id, flow.lagBytes === 0])).toEqual([['up', true], ['down', false]]);
  isDown = false;
  await until('the other stream has everything', () => down.missing(lines(written)).length === 0);
  expect(await agent.stop()).toBe(0);
  expect([...down.counts.values(), ...world.delivered.counts.values()].every((count) => count === 1)).toBe(true);
});
