/** The service is away, slow or lying, and the agent is killed or stopped meanwhile: the log files on disk are the queue. */
import { appendFileSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Fault } from '../../support/kinesis-server/fault.ts';
import { AgentWorld, type AgentWorldOptions } from '../../support/whole-agent/agent-world.ts';
import { LiveWriter, writtenLine } from '../../support/whole-agent/live-writer.ts';
import { until } from '../../support/whole-agent/until.ts';

const SEED = 20_261_121;

const lines = (name: string, count: number) => Array.from({ length: count }, (_, index) => `${name} ${index} ${'x'.repeat(40)}\n`);

/** A world whose PutRecords calls meet `fault` while `isDown`. */
async function beginDown(fault: Fault, options: AgentWorldOptions = {}): Promise<AgentWorld & { isDown: boolean }> {
  const flow = { retryInitialBackoffMillis: 20, retryMaxBackoffMillis: 200, ...options.flow };
  const world = Object.assign(await AgentWorld.begin({ ...options, flow }), { isDown: true });
  world.kinesis.model.fault = ({ operation }) => (world.isDown && operation === 'PutRecords' ? fault : undefined);
  return world;
}

const putCalls = (world: AgentWorld) => world.kinesis.model.calls('PutRecords', 'logs');

async function calls(world: AgentWorld, count: number): Promise<void> {
  const goal = putCalls(world) + count;
  await until(`${goal} calls were made`, () => putCalls(world) >= goal);
}

describe.concurrent('killed', () => {
  test(`between any two of read, send, answer and commit (seed ${SEED}): each line comes, at most once more for each kill`, async () => {
    await using world = await AgentWorld.begin();
    const writer = new LiveWriter(world.path('app.log'));
    let state = SEED;
    const below = (limit: number) => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) % limit;
    const kills = 6;
    for (let kill = 0; kill < kills; kill += 1) {
      const agent = await world.start();
      // The kill comes anywhere from the first event to well past a commit, counted in calls to the service and in turns of the loop.
      const turns = below(400);
      await calls(world, 1 + below(10));
      for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      await agent.kill();
    }
    const written = await writer.stop();
    await world.start();
    await world.arrived(Array.from({ length: written }, (_, number) => writtenLine(number)));
    expect(await world.agent.stop()).toBe(0);
    expect(world.delivered.counts.size).toBe(written);
    expect(Math.max(...world.delivered.counts.values())).toBeLessThanOrEqual(1 + kills);
  });

  test('while the service is down, and started again: nothing is lost and nothing comes twice', async () => {
    await using world = await beginDown({ kind: 'refuse', code: 'ServiceUnavailable' });
    const expected = lines('a', 500);
    writeFileSync(world.path('app.log'), expected.join(''));
    await world.start();
    await calls(world, 3);
    await world.agent.kill();
    await world.start();
    await calls(world, 3);
    world.isDown = false;
    await world.arrived(expected);
    expect(await world.agent.stop()).toBe(0);
    expect(world.delivered.records).toHaveLength(expected.length);
  });

  test('after requests were accepted whose answers were lost: lines may repeat, none is lost', async () => {
    await using world = await beginDown({ kind: 'lose-answer' });
    const expected = lines('a', 500);
    writeFileSync(world.path('app.log'), expected.join(''));
    await world.start();
    await calls(world, 2);
    await world.agent.kill();
    world.isDown = false;
    await world.start();
    await world.arrived(expected);
    expect(world.delivered.counts.size).toBe(expected.length);
  });
});

/** An agent that has read `records`, of which nothing is accepted, and that has little time to stop. */
async function throttledOn(records: readonly string[]) {
  const world = await beginDown({ kind: 'refuse', code: 'ProvisionedThroughputExceededException' }, { root: { shutdownTimeoutMillis: 200 } });
  writeFileSync(world.path('app.log'), records.join(''));
  await world.start();
  await calls(world, 2);
  return world;
}

describe.concurrent('blocked', () => {
  test.for([
    ['InternalFailure'],
    ['ProvisionedThroughputExceededException'],
  ] as const)('three rotations, the oldest compressed and the second one deleted, while nothing is accepted (%s): all is delivered once', async ([code]) => {
    // More than the byte budget: the agent must find later what it cannot read now.
    await using world = await beginDown(
      { kind: 'refuse', code },
      { flow: { filePattern: 'app.log*' }, root: { bufferBytesMax: '2MiB' } },
    );
    const log = world.path('app.log');
    const generations = ['a', 'b', 'c', 'd'].map((name) => lines(name, 30_000));
    writeFileSync(log, generations[0]?.join('') ?? '');
    await world.start();
    for (const [index, records] of generations.entries()) {
      if (index === 0) continue;
      const seen = world.agent.named('fileFound').length;
      renameSync(log, `${log}.${index}`);
      writeFileSync(log, records.join(''));
      await until('the new file is found', () => world.agent.named('fileFound').length > seen);
    }
    writeFileSync(`${log}.1.gz`, gzipSync(readFileSync(`${log}.1`)));
    unlinkSync(`${log}.1`);
    unlinkSync(`${log}.2`);
    await calls(world, 1);
    world.isDown = false;
    await world.arrived(generations.flat());
    expect(await world.agent.stop()).toBe(0);
    expect(world.delivered.records).toHaveLength(generations.flat().length);
    expect(world.agent.named('bytesLost')).toEqual([]);
  });

  test('at a stop the agent reports the bytes of deleted files, which no later start can read', async () => {
    const expected = lines('a', 500);
    await using world = await throttledOn(expected);
    unlinkSync(world.path('app.log'));
    writeFileSync(world.path('app.log'), '');
    await until('the new file is found', () => world.agent.named('fileFound').length > 1);
    expect(await world.agent.stop()).toBe(0);
    expect(await world.agent.event('deletedFilesUnsent')).toMatchObject({ level: 'warn', files: 1, bytes: expected.join('').length });
  });

  test('a stop whose time is over moves no position over what was not accepted', async () => {
    const expected = lines('a', 500);
    await using world = await throttledOn(expected);
    expect(await world.agent.stop()).toBe(0);
    const told = await world.agent.event('agentStopped');
    expect(told).toMatchObject({ pendingBytes: expected.join('').length });
    world.isDown = false;
    await world.start();
    await world.arrived(expected);
    expect(world.delivered.records).toHaveLength(expected.length);
  });

  test('a second signal ends the sending at once, and nothing is lost', async () => {
    await using world = await beginDown({ kind: 'hang', carriedOut: false }, { root: { shutdownTimeoutMillis: 900_000 } });
    const expected = lines('a', 10);
    writeFileSync(world.path('app.log'), expected.join(''));
    await world.start();
    await calls(world, 1);
    world.agent.signal('SIGTERM');
    await world.agent.event('agentStopping');
    expect(await world.agent.stop()).toBe(0);
    world.isDown = false;
    await world.start();
    await world.arrived(expected);
  });

  test('one throttled hot shard does not keep the other one waiting', async () => {
    await using world = await AgentWorld.begin({ flow: { partitionKey: { regex: '^(\\w)' }, retryMaxBackoffMillis: 200 } });
    const [hot, cool] = world.stream.shards.map((shard) => shard.shardId);
    let isHot = true;
    world.kinesis.model.fault = ({ operation }) => {
      if (operation !== 'PutRecords') return undefined;
      const codeOf = ({ shardId }: { shardId: string }) => (isHot && shardId === hot ? 'ProvisionedThroughputExceededException' : undefined);
      return { kind: 'fail-entries', codeOf };
    };
    const all = [...'abcdefgh'].flatMap((key) => lines(key, 20));
    writeFileSync(world.path('app.log'), all.join(''));
    await world.start();
    await calls(world, 6);
    await until('the other shard has its records', () => world.stream.shard(cool ?? '').acceptedCount > 0);
    expect(world.stream.shard(hot ?? '').acceptedCount).toBe(0);
    isHot = false;
    await world.arrived(all);
    expect(world.delivered.records).toHaveLength(all.length);
    for (const key of 'abcdefgh') {
      expect(world.delivered.texts.filter((text) => text.startsWith(key))).toEqual(lines(key, 20));
    }
  });
});

describe.concurrent('refused', () => {
  test.for([
    ['a stream that is not there', 'ResourceNotFoundException', /no stream others in eu-west-1/],
    ['no permission', 'AccessDeniedException', /kinesis:PutRecords/],
    ['a key of KMS that is switched off', 'KMSDisabledException', /key/i],
    ['credentials that are wrong', 'UnrecognizedClientException', /credential|key/i],
  ] as const)('%s: one error that says what to do, the other flow unharmed, everything there when it is put right', async ([, code, hint]) => {
    await using world = await AgentWorld.begin();
    world.kinesis.model.createStream('others', { shards: 1 });
    let isRefused = true;
    world.kinesis.model.fault = ({ operation, stream }) =>
      isRefused && operation === 'PutRecords' && stream === 'others' ? { kind: 'refuse', code } : undefined;
    world.configure({ flows: [world.flow({}), world.flow({ id: 'other', filePattern: 'other.log', kinesisStream: 'others' })] });
    const expected = lines('o', 50);
    writeFileSync(world.path('other.log'), expected.join(''));
    await world.start();
    const told = await world.agent.event('destinationBlocked');
    expect(told).toMatchObject({ level: 'error', code });
    expect(String(told['destination'])).toContain('others');
    expect(String(told['hint'])).toMatch(hint);
    appendFileSync(world.path('app.log'), 'unharmed\n');
    await world.arrived(['unharmed\n']);
    expect(world.agent.named('destinationBlocked')).toHaveLength(1);
    isRefused = false;
    await world.agent.kill();
    await world.start();
    const others = world.deliveredTo('others');
    await until('the other stream has everything', () => others.missing(expected).length === 0);
    expect(others.records).toHaveLength(expected.length);
  });
});
