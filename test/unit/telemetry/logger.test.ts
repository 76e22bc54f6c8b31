import { expect, test } from 'vitest';
import { Logger, type LogOutput } from '../../../src/telemetry/logger.ts';
import { FakeClock } from '../../support/fake-clock.ts';

class Lines implements LogOutput {
  readonly kind: LogOutput['kind'];
  readonly lines: string[] = [];
  dropped: ReturnType<LogOutput['takeDropped']> = { count: 0 };

  constructor(kind: LogOutput['kind'] = 'stream') {
    this.kind = kind;
  }

  write(line: string): void {
    this.lines.push(line);
  }

  takeDropped(): ReturnType<LogOutput['takeDropped']> {
    const { dropped } = this;
    this.dropped = { count: 0 };
    return dropped;
  }

  flush(): void {
    this.lines.push('(flushed)\n');
  }

  get objects(): readonly Record<string, unknown>[] {
    return this.lines.map((line) => JSON.parse(line));
  }
}

const started = { version: '1.2.3', flows: 2, config: '/etc/kinship/kinship.yaml' };
const unreadable = (path: string) => ({ flow: 'web', path, reason: 'EACCES' });

function logger(output: LogOutput, level: 'debug' | 'info' | 'warn' = 'info', format: 'auto' | 'json' | 'pretty' = 'auto') {
  const clock = new FakeClock();
  return { clock, log: new Logger({ settings: { level, format }, output, clock }) };
}

test('an event is one JSON line: level, time, code, fields, sentence', () => {
  const output = new Lines();
  logger(output).log.emit('agentStarted', started);
  expect(output.lines).toEqual([
    '{"level":"info","time":"2026-01-01T00:00:00.000Z","event":"agentStarted","version":"1.2.3","flows":2,' +
      '"config":"/etc/kinship/kinship.yaml","message":"kinship 1.2.3 started: 2 flow(s) from /etc/kinship/kinship.yaml"}\n',
  ]);
});

test('under systemd each line begins with its syslog priority', () => {
  const output = new Lines('journal');
  const { log } = logger(output, 'debug');
  log.emit('agentStarted', started);
  log.emit('fileUnreadable', unreadable('/a'));
  log.emit('logLevelSwitched', { to: 'info' });
  log.emit('fileRotated', { flow: 'web', path: '/a', to: '/a.1' });
  expect(output.lines.map((line) => line.slice(0, 4))).toEqual(['<6>{', '<3>{', '<4>{', '<7>{']);
});

test('on a terminal it is text, without fields', () => {
  const output = new Lines('terminal');
  logger(output).log.emit('agentStarted', started);
  expect(output.lines).toHaveLength(1);
  expect(output.lines[0]).toContain('kinship 1.2.3 started: 2 flow(s)');
  expect(output.lines[0]).not.toContain('"config"');
});

test('the format can be forced either way', () => {
  const [piped, terminal] = [new Lines('stream'), new Lines('terminal')];
  logger(piped, 'info', 'pretty').log.emit('agentStarted', started);
  logger(terminal, 'info', 'json').log.emit('agentStarted', started);
  expect(piped.lines[0]).toMatch(/^\[.*\] INFO: kinship 1\.2\.3 started.*\n$/);
  expect(terminal.objects[0]?.event).toBe('agentStarted');
});

test('a file name cannot break a line of text, or move the cursor', () => {
  const output = new Lines('terminal');
  logger(output, 'debug').log.emit('fileRotated', { flow: 'web', path: '/a\n[now] ERROR: all is lost', to: '/\u001b[2Ja.1' });
  expect(output.lines).toHaveLength(1);
  expect(output.lines[0]).toContain(String.raw`/a\n[now] ERROR: all is lost`);
  expect(output.lines[0]).toContain(String.raw`/\u001b[2Ja.1`);
  expect(output.lines[0]?.indexOf('\n')).toBe((output.lines[0]?.length ?? 0) - 1);
});

test('the level can be changed while it runs, and SIGUSR2 goes round', () => {
  const output = new Lines();
  const { log } = logger(output, 'warn');
  log.emit('agentStarted', started);
  expect(output.lines).toEqual([]);
  log.level = 'info';
  log.emit('agentStarted', started);
  expect(output.lines).toHaveLength(1);
  expect([log.switchLevel(), log.switchLevel(), log.switchLevel(), log.switchLevel()]).toEqual([
    'debug',
    'warn',
    'error',
    'info',
  ]);
});

test('a repeated event is written three times a minute, the rest as a count with the last of them', async () => {
  const output = new Lines();
  const { clock, log } = logger(output);
  for (let round = 1; round <= 10; round += 1) {
    log.emit('bytesLost', { flow: 'web', path: '/a', bytes: round });
    await clock.advance(1000);
  }
  log.emit('bytesLost', { flow: 'web', path: '/other', bytes: 7 });
  expect(output.objects.map((line) => line.bytes)).toEqual([1, 2, 3, 7]);
  await clock.advance(60_000);
  const last = output.objects.at(-1);
  expect(last).toMatchObject({ event: 'bytesLost', path: '/a', bytes: 10, repeated: 7, occurred: '2026-01-01T00:00:09.000Z' });
  expect(last?.message).toContain('10 bytes of /a were gone');
  expect(last?.message).toContain('(and 6 more like this in the last minute, this one at 2026-01-01T00:00:09.000Z)');
  expect(clock.timerCount).toBe(0);
});

test('answers to a person’s requests are written at once, however many, and in their order', () => {
  const output = new Lines();
  const { log } = logger(output);
  const reloads = ['reloaded', 'reloaded', 'reloaded', 'reloaded', 'reloadRefused', 'reloadRefused', 'reloadRefused', 'reloadRefused', 'reloaded'] as const;
  for (const name of reloads) {
    if (name === 'reloaded') log.emit(name, { added: 0, changed: 1, removed: 0, kept: 2 });
    else log.emit(name, { reasons: '/etc/kinship/kinship.yaml:3:1: …' });
  }
  expect(output.objects.map((line) => line.event)).toEqual(reloads);
});

const destination = 'the Kinesis stream web-logs';
const blocked = { destination, code: 'AccessDeniedException', reason: 'no', hint: 'allow it' };
const recovered = { destination, code: 'ECONNRESET' };

test('a state that changes every second is told a few times, then its last one when the minute is over', async () => {
  const output = new Lines();
  const { clock, log } = logger(output);
  for (let second = 0; second < 29; second += 1) {
    if (second % 2 === 0) log.emit('destinationBlocked', blocked);
    else log.emit('destinationRecovered', recovered);
    await clock.advance(1000);
  }
  expect(output.objects.map((line) => line.event)).toEqual(['destinationBlocked', 'destinationRecovered', 'destinationBlocked']);
  await clock.advance(4000);
  expect(output.objects).toHaveLength(4);
  const last = output.objects.at(-1);
  expect(last).toMatchObject({ event: 'destinationBlocked', repeated: 26, occurred: '2026-01-01T00:00:28.000Z', time: '2026-01-01T00:00:33.000Z' });
  expect(last?.message).toContain('(since 2026-01-01T00:00:28.000Z; 25 earlier lines about it are left out)');
  await clock.advance(60_000);
  expect(output.objects).toHaveLength(4);
  expect(clock.timerCount).toBe(0);
});

test('each of several states is told as soon as it has settled, by itself', async () => {
  const output = new Lines();
  const { clock, log } = logger(output);
  const flap = (path: string) => {
    log.emit('fileUnreadable', unreadable(path));
    log.emit('fileReadableAgain', { flow: 'web', path });
  };
  for (const path of ['/a', '/b']) flap(path);
  flap('/a');
  await clock.advance(3000);
  flap('/b');
  await clock.advance(2000);
  expect(output.objects.slice(6)).toMatchObject([{ event: 'fileReadableAgain', path: '/a', occurred: '2026-01-01T00:00:00.000Z' }]);
  await clock.advance(3000);
  expect(output.objects.slice(7)).toMatchObject([{ event: 'fileReadableAgain', path: '/b', occurred: '2026-01-01T00:00:03.000Z' }]);
});

test('a fault is not written late if a recovery, which the level leaves out, has taken it back', async () => {
  const output = new Lines();
  const { clock, log } = logger(output, 'warn');
  for (let round = 0; round < 4; round += 1) {
    log.emit('destinationBlocked', blocked);
    log.emit('destinationRecovered', recovered);
  }
  await clock.advance(60_000);
  expect(output.objects.map((line) => line.event)).toEqual(['destinationBlocked', 'destinationBlocked']);
});

test('what was held back comes out in the order in which it last happened', async () => {
  const output = new Lines();
  const { clock, log } = logger(output);
  const lost = (path: string) => log.emit('bytesLost', { flow: 'web', path, bytes: 1 });
  for (const path of ['/a', '/b']) for (let round = 0; round < 4; round += 1) lost(path);
  lost('/a');
  await clock.advance(60_000);
  expect(output.objects.slice(6).map((line) => line.path)).toEqual(['/b', '/a']);
});

test('ten thousand subjects of one event do not fill the log, and none goes uncounted', async () => {
  const output = new Lines();
  const { clock, log } = logger(output);
  for (let file = 0; file < 10_000; file += 1) log.emit('fileUnreadable', unreadable(`/${file}`));
  expect(output.lines).toHaveLength(100);
  await clock.advance(5000);
  expect(output.lines).toHaveLength(101);
  await clock.advance(55_000);
  expect(output.lines).toHaveLength(101);
  expect(output.objects.at(-1)).toMatchObject({ path: '/9999', repeated: 9900, message: expect.stringMatching(/and 9899 more like this/) });
});

test('the last state of a file is told by itself, however many others change theirs', async () => {
  const output = new Lines();
  const { clock, log } = logger(output);
  const failing = (path: string) => log.emit('fileUnreadable', unreadable(path));
  const well = (path: string) => log.emit('fileReadableAgain', { flow: 'web', path });
  for (const tell of [failing, well, failing, well, failing]) tell('/a');
  for (let file = 0; file < 200; file += 1) well(`/${file}`);
  well('/a');
  await clock.advance(60_000);
  expect(output.objects.filter((line) => line.path === '/a').at(-1)).toMatchObject({ event: 'fileReadableAgain', repeated: 3 });
});

test.each([30, 1000])('%i files that flap without end do not fill the log, and each line of theirs is counted', async (files) => {
  const output = new Lines();
  const { clock, log } = logger(output);
  const rounds = 50;
  for (let round = 0; round < rounds; round += 1) {
    for (let file = 0; file < files; file += 1) {
      if (round % 2 === 0) log.emit('fileUnreadable', unreadable(`/${file}`));
      else log.emit('fileReadableAgain', { flow: 'web', path: `/${file}` });
    }
    await clock.advance(6000);
  }
  await clock.advance(60_000);
  const linesAMinute = output.lines.length / ((rounds * 6000) / 60_000);
  // A hundred of each code at once, what is left at the minute's end, and a count of the others every few seconds.
  expect(linesAMinute).toBeLessThan(2 * 100 + 100 + 2 * 12);
  const told = output.objects.reduce((sum, line) => sum + Number(line.repeated ?? 1), 0);
  expect(told).toBe(files * rounds);
});

test('the line of progress and debug events have a pace of their own and are never held back', () => {
  const output = new Lines();
  const { log } = logger(output, 'debug');
  const nothing = { flows: 0, filesTracked: 0, filesUnreadable: 0, blocked: [], readRecords: 0, readBytes: 0, deliveredRecords: 0, deliveredBytes: 0, droppedRecords: 0, lostBytes: 0 };
  for (let line = 0; line < 10; line += 1) {
    log.emit('progress', { ...nothing, pendingBytes: 0, lagBytes: 0, lagSeconds: 0, seconds: 1 });
    log.emit('fileRotated', { flow: 'web', path: '/a', to: '/a.1' });
  }
  expect(output.lines).toHaveLength(20);
});

test('every generation of a log has the line of its end, however often the log is rotated', () => {
  const output = new Lines();
  const { log } = logger(output);
  const account = { flow: 'web', path: '/a', lastPath: '/a.1', generation: 1, startBytes: 0, deliveredRecords: 1, droppedBytes: 0, dropped: '', lostBytes: 0 };
  for (let bytes = 1; bytes <= 200; bytes += 1) log.emit('fileFinished', { ...account, endBytes: bytes, readBytes: bytes, deliveredBytes: bytes });
  expect(output.objects.map((line) => line.readBytes)).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
});

test('the line of a generation’s end says from where on it accounts for the bytes, where that is not all of the file', () => {
  const output = new Lines();
  const { log } = logger(output);
  const account = { flow: 'web', path: '/a', lastPath: '/a', generation: 3, readBytes: 500, deliveredBytes: 400, deliveredRecords: 4, droppedBytes: 100, dropped: 'skipped 100 bytes' };
  log.emit('fileFinished', { ...account, startBytes: 0, endBytes: 500, lostBytes: 0 });
  log.emit('fileFinished', { ...account, startBytes: 1000, endBytes: 1507, lostBytes: 7 });
  expect(output.objects.map((line) => line.message)).toEqual([
    '/a is finished: of 500 bytes read 400 were delivered in 4 records; not sent: skipped 100 bytes',
    '/a is finished: of 500 bytes read (from byte 1000 on) 400 were delivered in 4 records; not sent: skipped 100 bytes; 7 bytes were gone before they could be read',
  ]);
});

test('closing writes what was held back, then flushes', () => {
  const output = new Lines();
  const { log } = logger(output);
  for (let round = 0; round < 4; round += 1) log.emit('fileUnreadable', unreadable('/a'));
  log.close();
  expect(output.lines).toHaveLength(5);
  const { repeated, message } = JSON.parse(output.lines[3] ?? '');
  expect(repeated).toBe(1);
  expect(message).toMatch(/\(since 2026-01-01T00:00:00\.000Z\)$/);
  expect(output.lines[4]).toBe('(flushed)\n');
});

test.each([
  { reason: undefined, said: 'nobody read the log fast enough' },
  { reason: 'ENOSPC', said: 'standard output could not be written (ENOSPC)' },
])('dropped lines are reported with the reason: $said', ({ reason, said }) => {
  const output = new Lines();
  const { log } = logger(output);
  output.dropped = { count: 12, reason };
  log.emit('agentStarted', started);
  expect(output.objects.map((line) => line.event)).toEqual(['logLinesDropped', 'agentStarted']);
  expect(output.objects[0]).toMatchObject({ count: 12, message: `12 log line(s) were dropped because ${said}; shipping was not held up` });
});

test('credentials in messages of others are not written', () => {
  const output = new Lines();
  logger(output).log.emit('fileUnreadable', unreadable('http://user:hunter2@proxy/x-amz-security-token:FwoGZXIvYXdzEBk'));
  expect(output.lines[0]).not.toMatch(/hunter2|FwoGZ/);
});
