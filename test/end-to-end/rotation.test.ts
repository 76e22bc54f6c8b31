/**
 * The real logrotate(8), a program that writes 2,000 lines a second all the while, and a real agent process that is killed in
 * between. Every line that the disk holds at the end, in whatever file, must have been delivered, byte for byte.
 *
 * Before the first SIGKILL each line comes once. Afterwards a line may come once more for each kill.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { AgentWorld } from '../support/whole-agent/agent-world.ts';
import { LiveWriter, writtenLine } from '../support/whole-agent/live-writer.ts';
import { findProgram, Logrotate } from '../support/whole-agent/logrotate.ts';
import { until } from '../support/whole-agent/until.ts';

const logrotate = findProgram('logrotate');
if (logrotate === undefined) {
  console.warn('SKIPPED: test/end-to-end/rotation.test.ts: logrotate is not installed (apt-get install logrotate)');
}

interface Mode {
  readonly name: string;
  readonly directives: readonly string[];
  /** Patterns of the flow: only the log itself, or its rotated names too. */
  readonly pattern: readonly string[];
  /** How often the log is rotated while no agent runs. */
  readonly awayCount: number;
}

/** Makes the writer open its log anew, and waits until it has done so, before anything is compressed. */
const REOPEN = ['sharedscripts', 'postrotate', '  kill -HUP WRITER', '  sleep 0.1', 'endscript'];

const modes: readonly Mode[] = [
  { name: 'create', directives: ['create 0640', ...REOPEN], pattern: ['app.log'], awayCount: 3 },
  { name: 'create, rotated names in the pattern', directives: ['create 0640', ...REOPEN], pattern: ['app.log*'], awayCount: 3 },
  { name: 'nocreate', directives: ['nocreate', ...REOPEN], pattern: ['app.log'], awayCount: 2 },
  { name: 'copytruncate', directives: ['copytruncate'], pattern: ['app.log*'], awayCount: 1 },
  { name: 'copytruncate, the copies not in the pattern', directives: ['copytruncate'], pattern: ['app.log'], awayCount: 2 },
  { name: 'compress', directives: ['create 0640', 'compress', ...REOPEN], pattern: ['app.log*'], awayCount: 2 },
  { name: 'delaycompress', directives: ['create 0640', 'compress', 'delaycompress', ...REOPEN], pattern: ['app.log'], awayCount: 3 },
  { name: 'dateext', directives: ['create 0640', 'dateext', 'dateformat -%Y%m%d-%s', ...REOPEN], pattern: ['app.log*'], awayCount: 2 },
  { name: 'olddir', directives: ['create 0640', 'olddir LOGS/old', 'createolddir 0750', ...REOPEN], pattern: ['app.log'], awayCount: 2 },
];

describe.skipIf(logrotate === undefined).concurrent('logrotate', () => {
  test.for(modes)('$name: what the disk holds was delivered, each line once until the agent is killed', async (mode) => {
    await using world = await AgentWorld.begin({ flow: { filePattern: mode.pattern } });
    const writer = new LiveWriter(world.path('app.log'));
    const directives = mode.directives.map((line) => line.replace('WRITER', String(writer.pid)).replace('LOGS', world.logs));
    using rotation = new Logrotate(logrotate ?? '', { log: world.path('app.log'), parent: world.root, directives });
    let rotatedMs = 0;
    const rotate = async () => {
      if (mode.name === 'dateext') await nextSecond();
      await rotation.rotate();
      rotatedMs = Date.now();
      await writer.more(400);
    };

    await world.start();
    await delivers(world, 400);
    for (let turn = 0; turn < 3; turn += 1) {
      await rotate();
      await delivers(world, 400);
    }
    expect(repeated(world, 1)).toEqual([]);

    for (let kills = 1; kills <= 2; kills += 1) {
      await until('the store knows the newest file', () => knows(world, { path: world.path('app.log'), rotatedMs }));
      await world.agent.kill();
      for (let turn = 0; turn < mode.awayCount; turn += 1) await rotate();
      await world.start();
      await delivers(world, 400);
      await rotate();
    }

    const written = await writer.stop();
    const onDisk = linesOnDisk(world.logs);
    await world.arrived(onDisk);
    // The disk misses only lines that were written between the copy and the cut of copytruncate.
    if (!mode.directives.includes('copytruncate')) expect(onDisk.size).toBe(written);
    expect(repeated(world, 3)).toEqual([]);
    expect(unexplained(world, { written, cut: mode.directives.includes('copytruncate') })).toEqual([]);
    expect(await world.agent.stop()).toBe(0);
  });
});

/** Resolves when the agent has delivered `count` records more than now. */
async function delivers(world: AgentWorld, count: number): Promise<void> {
  const goal = world.delivered.records.length + count;
  await until(`${goal} records are delivered`, () => world.delivered.records.length >= goal);
}

/** Waits for the next second: names by date end in the second, so two rotations in one would collide. logrotate's clock is some ms late. */
async function nextSecond(): Promise<void> {
  const second = () => Math.floor((Date.now() - 50) / 1000);
  const now = second();
  await until('the next second', () => second() > now);
}

/** Lines that came more often than `copiesMax` times, a few of them. */
function repeated(world: AgentWorld, copiesMax: number): readonly string[] {
  const often = [...world.delivered.counts].filter(([, count]) => count > copiesMax);
  return often.slice(0, 3).map(([line, count]) => `${count} times: ${line}`);
}

/** Records that are no line the writer wrote; copytruncate can cut one line of a copy in two. */
function unexplained(world: AgentWorld, { written, cut }: { written: number; cut: boolean }): readonly string[] {
  const isLine = (record: string) => {
    const number = Number(record.slice(0, 9));
    return number < written && record === writtenLine(number);
  };
  const strange = [...world.delivered.counts.keys()].filter((record) => !isLine(record));
  return strange.filter((record) => !(cut && !record.endsWith(writtenLine(0).slice(-20))));
}

/** Every whole line in every file, compressed or not. */
function linesOnDisk(directory: string): ReadonlySet<string> {
  const lines = new Set<string>();
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const bytes = readFileSync(join(entry.parentPath, entry.name));
    const text = (entry.name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
    for (const line of text.split(/(?<=\n)/)) if (line.length === writtenLine(0).length) lines.add(line);
  }
  return lines;
}

/** Whether the checkpoints hold a position in the log as it is since its last rotation. */
function knows(world: AgentWorld, { path, rotatedMs }: { path: string; rotatedMs: number }): boolean {
  const { ino, size } = statSync(path);
  const store = new Database(world.checkpoints, { readonly: true });
  try {
    const newest = store.prepare(
      "SELECT offset FROM generations WHERE state = 'active' AND path = ? AND inode = ? AND updated_ms > ? AND offset BETWEEN 1 AND ?",
    );
    return newest.all(path, String(ino), rotatedMs, size).length > 0;
  } finally {
    store.close();
  }
}
