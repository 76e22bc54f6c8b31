import { expect, test } from 'vitest';
import { Logger, type LogOutput } from '../../../src/telemetry/logger.ts';
import { FakeClock } from './fake-clock.ts';

class Lines implements LogOutput {
  readonly kind: LogOutput['kind'];
  readonly lines: string[] = [];
  droppedCount = 0;

  constructor(kind: LogOutput['kind'] = 'stream') {
    this.kind = kind;
  }

  write(line: string): void {
    this.lines.push(line);
  }

  takeDroppedCount(): number {
    const count = this.droppedCount;
    this.droppedCount = 0;
    return count;
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
  expect(last).toMatchObject({ event: 'bytesLost', path: '/a', bytes: 10, repeated: 7 });
  expect(last?.message).toContain('10 bytes of /a were gone');
  expect(last?.message).toContain('(and 6 more like this in the last minute)');
  expect(clock.timerCount).toBe(0);
});

test('ten thousand subjects of one event do not fill the log, and none goes uncounted', async () => {
  const output = new Lines();
  const { clock, log } = logger(output);
  for (let file = 0; file < 10_000; file += 1) log.emit('fileUnreadable', unreadable(`/${file}`));
  expect(output.lines).toHaveLength(100);
  await clock.advance(60_000);
  expect(output.lines).toHaveLength(101);
  expect(output.objects.at(-1)).toMatchObject({ path: '/9999', repeated: 9900 });
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
    '/a is over: of 500 bytes read 400 were delivered in 4 records; not sent: skipped 100 bytes',
    '/a is over: of 500 bytes read (from byte 1000 on) 400 were delivered in 4 records; not sent: skipped 100 bytes; 7 bytes were gone before they could be read',
  ]);
});

test('closing writes what was held back, then flushes', () => {
  const output = new Lines();
  const { log } = logger(output);
  for (let round = 0; round < 4; round += 1) log.emit('fileUnreadable', unreadable('/a'));
  log.close();
  expect(output.lines).toHaveLength(5);
  expect(JSON.parse(output.lines[3] ?? '')).toMatchObject({ repeated: 1 });
  expect(output.lines[4]).toBe('(flushed)\n');
});

test('lines that the reader was too slow for are told of', () => {
  const output = new Lines();
  const { log } = logger(output);
  output.droppedCount = 12;
  log.emit('agentStarted', started);
  expect(output.objects.map((line) => line.event)).toEqual(['logLinesDropped', 'agentStarted']);
  expect(output.objects[0]?.count).toBe(12);
});

test('credentials in the words of others are not written', () => {
  const output = new Lines();
  logger(output).log.emit('fileUnreadable', unreadable('http://user:hunter2@proxy/x-amz-security-token:FwoGZXIvYXdzEBk'));
  expect(output.lines[0]).not.toMatch(/hunter2|FwoGZ/);
});
