/** Many files and few handles, long lines and little memory: the bounds of the agent, seen from outside of its process. */
import { spawnSync } from 'node:child_process';
import { appendFileSync, closeSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { AgentWorld } from '../../support/whole-agent/agent-world.ts';
import { findProgram } from '../../support/whole-agent/logrotate.ts';
import { until } from '../../support/whole-agent/until.ts';

const DIRECTORIES = 200;
const FILES_EACH = 50;
const OPEN_FILES_MAX = 64;
/** Open handles that are not of log files: libraries, sockets, the store, the watcher, a listing under way. */
const OTHER_HANDLES = 100;

const handles = (world: AgentWorld) => readdirSync(`/proc/${world.agent.pid}/fd`).length;
const peakMemoryMiB = (world: AgentWorld) =>
  Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${world.agent.pid}/status`, 'utf8'))?.[1]) / 1024;

describe('many files', () => {
  test('10,000 in 200 directories, a hundred of them written to: all are read, few are held open', async () => {
    await using world = await AgentWorld.begin({
      flow: { filePattern: '*/*.log' },
      root: { openFilesMax: OPEN_FILES_MAX, log: { level: 'info', format: 'json' } },
    });
    const first: string[] = [];
    for (let directory = 0; directory < DIRECTORIES; directory += 1) {
      mkdirSync(world.path(`d${directory}`));
      for (let file = 0; file < FILES_EACH; file += 1) {
        const line = `first of ${directory} ${file}\n`;
        first.push(line);
        writeFileSync(world.path(`d${directory}/${file}.log`), line);
      }
    }
    await world.start();
    await world.arrived(first);
    const second: string[] = [];
    for (let index = 0; index < 100; index += 1) {
      const line = `second of ${index}\n`;
      second.push(line);
      appendFileSync(world.path(`d${index * 2}/${index % FILES_EACH}.log`), line);
    }
    await world.arrived(second);
    expect(world.delivered.records).toHaveLength(first.length + second.length);
    await until('idle handles are closed', () => handles(world) <= OPEN_FILES_MAX + OTHER_HANDLES);
    expect(world.agent.events.filter((event) => event.level === 'error')).toEqual([]);
  });

  const prlimit = findProgram('prlimit');
  if (prlimit === undefined) console.warn('SKIPPED: scale.test.ts, open files: prlimit is not installed (util-linux)');

  test.skipIf(prlimit === undefined)('more than the process may open: told once with what to do, and every line is delivered', async () => {
    await using world = await AgentWorld.begin({ flow: { filePattern: '*.log' }, root: { openFilesMax: 2000 } });
    const expected: string[] = [];
    for (let file = 0; file < 300; file += 1) {
      const line = `only line of ${file}\n`;
      expected.push(line);
      writeFileSync(world.path(`${file}.log`), line);
    }
    await world.start({ under: [prlimit ?? '', '--nofile=128:128'] });
    await world.arrived(expected);
    expect(world.delivered.records).toHaveLength(expected.length);
    const [bounded, ...more] = world.agent.named('openFilesBounded');
    expect(bounded?.message).toContain('LimitNOFILE');
    expect(more).toEqual([]);
    expect(world.agent.named('openFilesExhausted').length).toBeLessThanOrEqual(1);
  });
});

/**
 * Runs a command with few inotify watches, in a user namespace with limits of its own: those of the machine are not changed.
 * Source: user_namespaces(7), namespaces(7).
 */
const fewWatches = ['unshare', '--user', '--map-root-user', 'sh', '-c', 'echo 20 > /proc/sys/user/max_inotify_watches && exec "$0" "$@"'];
const canLimit = spawnSync(fewWatches[0] ?? '', [...fewWatches.slice(1), 'true']).status === 0;
if (!canLimit) console.warn('SKIPPED: scale.test.ts, watches: unshare(1) cannot make a user namespace here');

test.skipIf(!canLimit)('more directories than may be watched: told once with the sysctl to raise, and every line is delivered', async () => {
  await using world = await AgentWorld.begin({ flow: { filePattern: '*/*.log' } });
  const first: string[] = [];
  const write = (directory: number, line: string) => appendFileSync(world.path(`d${directory}/app.log`), line);
  for (let directory = 0; directory < 60; directory += 1) {
    mkdirSync(world.path(`d${directory}`));
    first.push(`first of ${directory}\n`);
    write(directory, `first of ${directory}\n`);
  }
  await world.start({ under: fewWatches });
  await world.arrived(first);
  const second = first.map((line) => line.replace('first', 'second'));
  for (const [directory, line] of second.entries()) write(directory, line);
  await world.arrived(second);
  const told = world.agent.named('hintsUnavailable');
  expect(told).toHaveLength(1);
  expect(told[0]?.message).toContain('sysctl fs.inotify.max_user_watches');
});

describe('a line', () => {
  test('of 100 MB is cut at its limit, its rest counted, in bounded memory', async () => {
    await using world = await AgentWorld.begin();
    const piece = Buffer.alloc(1024 * 1024, 'x');
    const file = openSync(world.path('app.log'), 'w');
    writeSync(file, 'before\n');
    for (let count = 0; count < 100; count += 1) writeSync(file, piece);
    writeSync(file, '\nafter\n');
    closeSync(file);
    await world.start();
    await world.arrived(['before\n', 'after\n']);
    const long = world.delivered.records.filter((record) => record.length > 10);
    expect(long).toHaveLength(1);
    expect(long[0]?.length).toBeLessThanOrEqual(1024 * 1024);
    expect(peakMemoryMiB(world)).toBeLessThan(250);
  });
});
