/**
 * Everything that a machine gives an agent on a bad day, given to a real agent process: nothing is lost without being
 * counted, one trouble stops nothing else, and a person is told once, and told what to do.
 */
import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, chownSync, mkdirSync, readFileSync, readdirSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { AgentWorld } from '../../support/whole-agent/agent-world.ts';
import { unprivileged } from '../../support/whole-agent/unprivileged.ts';
import { until } from '../../support/whole-agent/until.ts';

/** Makes `count` new files, each after the one before was read: so the agent looks at the directories at least as often. */
async function looks(world: AgentWorld, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const line = `look ${index} ${world.delivered.records.length}\n`;
    writeFileSync(world.path(`look-${world.delivered.records.length}.log`), line);
    await world.arrived([line]);
  }
}

const errorsOf = (world: AgentWorld) => world.agent.events.filter((event) => event.level === 'error').map((event) => event.event);

describe.concurrent('files', () => {
  test('an unreadable file is reported once with what to do, stops nothing else, and is read when it may be', async () => {
    await using world = await AgentWorld.begin({ flow: { filePattern: '*.log' } });
    writeFileSync(world.path('secret.log'), 'secret\n');
    const options = unprivileged(world.root);
    chmodSync(world.path('secret.log'), 0o000);
    await world.start(options);
    await looks(world, 4);
    const [told, ...again] = world.agent.named('fileUnreadable');
    expect(again).toEqual([]);
    expect(told).toMatchObject({ level: 'error', path: world.path('secret.log'), reason: 'EACCES' });
    expect(told?.message).toContain('usermod -aG');
    chmodSync(world.path('secret.log'), 0o600);
    await world.arrived(['secret\n']);
    expect(world.agent.named('fileReadableAgain')).toHaveLength(1);
  });

  test('an unreadable directory is reported once with what to do, stops nothing else, and is read when it may be', async () => {
    await using world = await AgentWorld.begin({ flow: { filePattern: '**/*.log' } });
    mkdirSync(world.path('closed'));
    writeFileSync(world.path('closed/a.log'), 'behind the door\n');
    const options = unprivileged(world.root);
    chmodSync(world.path('closed'), 0o000);
    await world.start(options);
    await looks(world, 4);
    const [told, ...again] = world.agent.named('fileUnreadable');
    expect(again).toEqual([]);
    expect(told).toMatchObject({ path: world.path('closed'), reason: 'EACCES' });
    chmodSync(world.path('closed'), 0o700);
    await world.arrived(['behind the door\n']);
    expect(world.agent.named('fileReadableAgain')).toMatchObject([{ path: world.path('closed') }]);
  });

  test('a binary file goes through byte for byte', async () => {
    await using world = await AgentWorld.begin({ flow: { filePattern: '*.log' } });
    const bytes = Buffer.from(Array.from({ length: 40_000 }, (_, index) => ((index + 1) * 2_654_435_761) >>> 24));
    writeFileSync(world.path('core.log'), Buffer.concat([bytes, Buffer.from('\n')]));
    await world.start();
    const wholeBytes = () => world.delivered.records.reduce((sum, record) => sum + record.length, 0);
    await until('every byte arrived', () => wholeBytes() >= bytes.length + 1);
    const cut = (content: Buffer) => content.toString('latin1').split(/(?<=\n)/).toSorted();
    const sent = world.delivered.records.map((record) => record.toString('latin1')).toSorted();
    expect(sent).toEqual(cut(Buffer.concat([bytes, Buffer.from('\n')])));
  });

  test('an empty file and a file of one byte give nothing until they have a line', async () => {
    await using world = await AgentWorld.begin({ flow: { filePattern: '*.log' } });
    writeFileSync(world.path('empty.log'), '');
    writeFileSync(world.path('one.log'), 'x');
    await world.start();
    await looks(world, 2);
    const texts = () => world.delivered.texts.filter((text) => !text.startsWith('look'));
    expect(texts()).toEqual([]);
    appendFileSync(world.path('empty.log'), 'now\n');
    appendFileSync(world.path('one.log'), 'yz\n');
    await world.arrived(['now\n', 'xyz\n']);
    expect(texts()).toHaveLength(2);
    expect(errorsOf(world)).toEqual([]);
  });

  test('files that vanish while they are looked at trouble nobody', async () => {
    await using world = await AgentWorld.begin({ flow: { filePattern: '*.log' } });
    await world.start();
    for (let index = 0; index < 300; index += 1) {
      const path = world.path(`short-${index}.log`);
      writeFileSync(path, '');
      if (index % 3 === 0) renameSync(path, `${path}.gone`);
      else unlinkSync(path);
      if (index % 100 === 0) await looks(world, 1);
    }
    await looks(world, 1);
    expect(world.agent.events.filter((event) => event.level === 'error' || event.level === 'warn')).toEqual([]);
  });

  test('a last line without newline is held until it is complete, and sent as it is when its file was rotated', async () => {
    await using world = await AgentWorld.begin();
    const log = world.path('app.log');
    writeFileSync(log, 'one\ntw');
    await world.start();
    await world.arrived(['one\n']);
    appendFileSync(log, 'o\nlast words');
    await world.arrived(['two\n']);
    renameSync(log, `${log}.1`);
    writeFileSync(log, 'three\n');
    await world.arrived(['three\n']);
    expect(world.delivered.texts).not.toContain('last words');
    await world.arrived(['last words']);
    expect(world.delivered.texts.toSorted()).toEqual(['last words', 'one\n', 'three\n', 'two\n']);
  });

  test('pipes and directories that match a pattern are passed over', async () => {
    await using world = await AgentWorld.begin({ flow: { filePattern: '*.log' } });
    mkdirSync(world.path('directory.log'));
    execFileSync('mkfifo', [world.path('pipe.log')]);
    await world.start();
    await looks(world, 2);
    expect(errorsOf(world)).toEqual([]);
  });

  test('a line as long as lineBytesMax allows is sent whole, however many flows share the buffer', async () => {
    await using world = await AgentWorld.begin();
    const flows = Array.from({ length: 12 }, (_, index) => world.flow({ id: `f${index}`, filePattern: `${index}.log` }));
    world.configure({ bufferBytesMax: '2MiB', flows });
    const line = `${'x'.repeat(900_000)}\n`;
    writeFileSync(world.path('0.log'), line);
    await world.start();
    await world.arrived([line]);
    expect(world.delivered.records).toHaveLength(1);
  });

  test.for([
    ['truncate', ['a\n', `${'ä'.repeat(49)}\n`, 'z\n'], 401 - 99],
    ['split', ['a\n', ...Array.from({ length: 5 }, () => ''), 'z\n'], 0],
    ['drop', ['a\n', 'z\n'], 401],
  ] as const)('a line longer than allowed: %s, and counted', async ([oversizeRecords, expected, uncounted]) => {
    const flow = { oversizeRecords, lineBytesMax: 100 };
    await using world = await AgentWorld.begin({ flow, root: { prometheus: { listen: '127.0.0.1:0' } } });
    const long = `${'ä'.repeat(200)}\n`;
    writeFileSync(world.path('app.log'), `a\n${long}z\n`);
    await world.start();
    await world.arrived(['z\n']);
    const { address } = await world.agent.event('metricsListening');
    const counted = async () => {
      const page = await (await fetch(`http://${String(address)}/metrics`)).text();
      return page.split('\n').filter((line) => !line.startsWith('#') && line.includes('oversize'));
    };
    await until('all of it is settled', async () => (await (await fetch(`http://${String(address)}/metrics`)).text()).includes('kinship_lag_bytes{flow="app"} 0'));
    expect(world.delivered.records.length).toBe(expected.length);
    for (const record of world.delivered.texts) expect(record).not.toContain('\ufffd');
    expect(world.agent.named('linesOversize').map(({ lines, lineBytesMax }) => [lines, lineBytesMax])).toEqual(oversizeRecords === 'split' ? [] : [[1, 100]]);
    if (oversizeRecords === 'split') {
      expect(world.delivered.texts.join('').replaceAll('\n', '')).toHaveLength(202);
    } else {
      expect(world.delivered.texts.toSorted()).toEqual([...expected].toSorted());
      expect((await counted()).join('\n')).toMatch(oversizeRecords === 'drop' ? new RegExp(` ${uncounted}$`, 'm') : / [1-9]\d*$/m);
    }
  });
});

/** An agent that has delivered a line, and has another one to deliver while the returned connection locks its checkpoint file. */
async function lockedByAnother(world: AgentWorld): Promise<Database.Database> {
  writeFileSync(world.path('app.log'), 'one\n');
  await world.start();
  await world.arrived(['one\n']);
  const other = new Database(world.checkpoints);
  other.exec('BEGIN IMMEDIATE');
  appendFileSync(world.path('app.log'), 'two\n');
  return other;
}

describe.concurrent('a checkpoint file', () => {
  const broken: readonly (readonly [name: string, make: (path: string) => void])[] = [
    ['of arbitrary bytes', (path) => writeFileSync(path, 'this is no database, whatever its name says\n'.repeat(100))],
    [
      'of another program',
      (path) => {
        const other = new Database(path);
        other.exec('CREATE TABLE customers (name TEXT); INSERT INTO customers VALUES (1)');
        other.close();
      },
    ],
  ];

  test.for(broken)('%s is set aside with a date, never written to, and told loudly', async ([, make]) => {
    await using world = await AgentWorld.begin();
    make(world.checkpoints);
    const before = readFileSync(world.checkpoints);
    writeFileSync(world.path('app.log'), 'one\n');
    await world.start();
    await world.arrived(['one\n']);
    const told = await world.agent.event('checkpointSetAside');
    expect(told).toMatchObject({ level: 'error' });
    expect(String(told['path'])).toMatch(/checkpoints\.db\.unusable-\d{4}-\d\d-\d\dT/);
    expect(readFileSync(String(told['path']))).toEqual(before);
    expect(await world.agent.stop()).toBe(0);
    await world.start();
    appendFileSync(world.path('app.log'), 'two\n');
    await world.arrived(['two\n']);
    expect(world.delivered.texts).toEqual(['one\n', 'two\n']);
  });

  test('of a newer kinship is refused and stays as it is: its positions are good', async () => {
    await using world = await AgentWorld.begin();
    const newer = new Database(world.checkpoints);
    newer.exec('CREATE TABLE generations (flow TEXT)');
    newer.pragma(`application_id = ${0x6b6e7370}`);
    newer.pragma('user_version = 99');
    newer.close();
    const before = readFileSync(world.checkpoints);
    const agent = world.launch();
    expect(await agent.exit()).toBe(1);
    expect(agent.text).toMatch(/has layout 99[^]*run the version of kinship that wrote it/);
    expect(readFileSync(world.checkpoints)).toEqual(before);
  });

  test('with damaged pages is set aside, and reading begins anew by initialPosition', async () => {
    await using world = await AgentWorld.begin();
    writeFileSync(world.path('app.log'), 'one\n');
    await world.start();
    await world.arrived(['one\n']);
    expect(await world.agent.stop()).toBe(0);
    const bytes = readFileSync(world.checkpoints);
    bytes.fill(0xa5, 4096);
    writeFileSync(world.checkpoints, bytes);
    await world.start();
    expect(world.agent.named('checkpointSetAside')).toHaveLength(1);
    await until('it is read again from its start', () => world.delivered.records.length === 2);
  });

  test('that the user of the agent may not write is named', async () => {
    await using world = await AgentWorld.begin();
    await world.start();
    expect(await world.agent.stop()).toBe(0);
    const options = unprivileged(world.root);
    chmodSync(world.checkpoints, 0o444);
    if (options.userId !== undefined) chownSync(world.checkpoints, 0, 0);
    const agent = world.launch(options);
    const { hint } = await agent.event('checkpointFailed');
    expect(hint).toBe(`let the user that runs kinship write ${world.checkpoints}`);
  });

  test('that was lost means a start by initialPosition', async () => {
    await using world = await AgentWorld.begin({ flow: { initialPosition: 'END_OF_FILE' } });
    writeFileSync(world.path('app.log'), 'old\n');
    await world.start();
    await world.agent.event('fileFound');
    appendFileSync(world.path('app.log'), 'one\n');
    await world.arrived(['one\n']);
    expect(await world.agent.stop()).toBe(0);
    for (const name of readdirSync(world.state)) unlinkSync(`${world.state}/${name}`);
    await world.start();
    await world.agent.event('fileFound');
    appendFileSync(world.path('app.log'), 'two\n');
    await world.arrived(['two\n']);
    expect(world.delivered.texts).toEqual(['one\n', 'two\n']);
  });

  test('that is deleted while it is in use is written anew, and the next start reads on where the agent was', async () => {
    await using world = await AgentWorld.begin({ flow: { initialPosition: 'END_OF_FILE' } });
    writeFileSync(world.path('app.log'), 'old\n');
    await world.start();
    await world.agent.event('fileFound');
    appendFileSync(world.path('app.log'), 'one\n');
    await world.arrived(['one\n']);
    for (const name of readdirSync(world.state)) if (name.startsWith('checkpoints.db')) unlinkSync(`${world.state}/${name}`);
    expect(await world.agent.event('checkpointRestored')).toMatchObject({ level: 'warn', path: world.checkpoints });
    await world.agent.kill();
    appendFileSync(world.path('app.log'), 'two\n');
    await world.start();
    await world.arrived(['two\n']);
    // Lines accepted within the last second before a crash may come again; lines from before the first start never come.
    expect(new Set(world.delivered.texts)).toEqual(new Set(['one\n', 'two\n']));
  });

  test('that cannot be written at the stop is reported', async () => {
    await using world = await AgentWorld.begin();
    const other = await lockedByAnother(world);
    await world.agent.event('checkpointFailed');
    expect(await world.agent.stop()).toBe(0);
    expect(await world.agent.event('positionsUnstored')).toMatchObject({ level: 'error' });
    other.close();
  });

  test('that is locked by another program for a while stops no line, is told once, and catches up', async () => {
    await using world = await AgentWorld.begin();
    const other = await lockedByAnother(world);
    expect(await world.agent.event('checkpointFailed')).toMatchObject({ level: 'error' });
    await world.arrived(['two\n']);
    other.exec('ROLLBACK');
    other.close();
    await world.agent.event('checkpointRecovered');
    await world.agent.kill();
    await world.start();
    appendFileSync(world.path('app.log'), 'three\n');
    await world.arrived(['three\n']);
    expect(world.delivered.texts).toEqual(['one\n', 'two\n', 'three\n']);
  });
});
