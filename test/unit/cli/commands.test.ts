/** Commands on real files in a directory of their own: no agent, no network. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openControlSocket } from '../../../src/agent/control-socket.ts';
import { openSqliteStore } from '../../../src/checkpoint/open-store.ts';
import { checkCommand } from '../../../src/cli/check.ts';
import { checkpointsCommand } from '../../../src/cli/checkpoints.ts';
import type { Command, CommandOptions } from '../../../src/cli/usage/invocation.ts';
import { bytesText } from '../../../src/cli/usage/quantity-text.ts';
import { reloadCommand } from '../../../src/cli/reload.ts';
import { statusCommand } from '../../../src/cli/status.ts';
import { tryCommand } from '../../../src/cli/try.ts';
import { type CheckpointRow, type FlowLook, NO_ENDS } from '../../../src/core/checkpoint-row.ts';
import { CommandError } from '../../../src/core/errors.ts';
import { pathToBytes } from '../../../src/core/file-path.ts';
import { limits } from '../../../src/core/limits.ts';
import type { AgentStatus } from '../../../src/core/status.ts';
import { fakeInvocation } from './fake-invocation.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'kinship-cli-'));
  mkdirSync(join(directory, 'logs'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const at = (name: string) => join(directory, name);

function writeConfig(flows: string, name = 'kinship.yaml'): string {
  const text = `region: eu-west-1\ncheckpointFile: ${at('checkpoints.db')}\ncontrolSocket: ${at('control.sock')}\nflows:\n${flows}\n`;
  writeFileSync(at(name), text);
  return at(name);
}

const webFlow = () => `  - { id: web, filePattern: ${at('logs/*.log')}, kinesisStream: web-logs }`;

async function run(
  command: Command,
  given: { options?: CommandOptions; positionals?: readonly string[]; stdin?: readonly string[] } = {},
) {
  const invocation = fakeInvocation({ ...given, options: { config: at('kinship.yaml'), ...given.options } });
  try {
    const code = await command(invocation);
    return { code, out: invocation.stdout.text, err: invocation.stderr.text };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return {
      code: error.exitCode,
      out: invocation.stdout.text,
      err: invocation.stderr.text,
      message: error.message,
      hint: error.hint,
    };
  }
}

describe('check', () => {
  test('says per flow where it goes and what it would read', async () => {
    writeConfig(webFlow());
    writeFileSync(at('logs/a.log'), 'one\n');
    writeFileSync(at('logs/b.log'), 'three\n');
    writeFileSync(at('logs/c.txt'), 'other\n');
    expect(await run(checkCommand)).toEqual({
      code: 0,
      err: '',
      out: `${at('kinship.yaml')}: valid, 1 flow

web
  to stream web-logs
  region eu-west-1 (from the config), https://kinesis.eu-west-1.amazonaws.com
  credentials: profile default, else the role of the EC2 instance
  packed as kpl up to 50KiB, sent after 100 ms at the latest, partition key random
  ${at('logs/*.log')}
    2 files, 10 B; at the first start read from their end

CloudWatch metrics: at most 37 different ones in namespace AWSKinesisAgent (level summary), and one for each further code of errors
`,
    });
  });

  test('says that a region which an agent.json does not name is the default of the Java agent', async () => {
    const flows = [{ filePattern: at('logs/a.log'), kinesisStream: 's' }, { filePattern: at('logs/b.log'), deliveryStream: 'd' }];
    writeFileSync(at('agent.json'), JSON.stringify({ 'kinesis.region': 'eu-west-1', flows }));
    const { out, err } = await run(checkCommand, { options: { config: at('agent.json') } });
    expect(out).toContain('  region eu-west-1 (from the config), ');
    expect(out).toContain('  region us-east-1 (the default of the Java agent), https://firehose.us-east-1.amazonaws.com');
    expect(err).toContain('set firehose.region');
  });

  test('says what is wrong with a CA bundle that cannot be used, as with everything that keeps a flow from AWS', async () => {
    writeConfig(webFlow());
    writeFileSync(at('kinship.yaml'), `caBundle: ${at('ca.pem')}\n${readFileSync(at('kinship.yaml'), 'utf8')}`);
    const missing = await run(checkCommand);
    expect(missing.code).toBe(0);
    expect(missing.out).toContain(`  cannot reach AWS as configured: the CA bundle ${at('ca.pem')} cannot be used: ENOENT`);
    writeFileSync(at('ca.pem'), 'junk');
    expect((await run(checkCommand)).out).toContain('cannot be used: it holds no certificate in PEM form\n    → caBundle');
  });

  test('says for each reason why files cannot be read what to do, and recommends rights only if rights are missing', async () => {
    writeConfig(webFlow());
    for (const name of ['one', 'two']) symlinkSync(`${name}.log`, at(`logs/${name}.log`));
    const { out } = await run(checkCommand);
    expect(out).toContain(`    cannot be read: ${at('logs/one.log')} (ELOOP)\n    cannot be read: ${at('logs/two.log')} (ELOOP)\n    → ELOOP: its symbolic links`);
    expect(out).not.toContain('usermod');
  });

  test.each([
    { pattern: 'lgos/*.log', note: () => `${at('lgos')} is not there: if it is spelt right, its files are read from their start once it comes` },
    { pattern: 'logs', note: () => `${at('logs')} is a directory: ${at('logs/*')} takes the files in it` },
    { pattern: 'logs/a.log/*.log', note: () => `${at('logs/a.log')} is no directory: nothing is found below it` },
    { pattern: 'logs/*.none', note: () => 'nothing matches now; files that appear later are read from their start' },
  ])('says why a pattern finds nothing: $pattern', async ({ pattern, note }) => {
    writeFileSync(at('logs/a.log'), 'one\n');
    writeConfig(`  - { id: web, filePattern: ['${at(pattern)}'], kinesisStream: s }`);
    const { out } = await run(checkCommand);
    expect(out).toContain(`    0 files, 0 B; at the first start read from their end\n    → ${note()}\n`);
  });

  test('says of an agent.json that matches compressed files only that they are not read', async () => {
    writeFileSync(at('logs/a.log.1.gz'), 'packed');
    writeFileSync(at('agent.json'), JSON.stringify({ 'kinesis.region': 'eu-west-1', flows: [{ filePattern: at('logs/*.gz'), kinesisStream: 's' }] }));
    const { out } = await run(checkCommand, { options: { config: at('agent.json') } });
    expect(out).toContain('    → 1 file that matches is .gz, .bz2 or .zip: as in the Java agent, such files are not read\n');
  });

  test('counts the metrics of every stream that records may be routed to', async () => {
    const flow = (more: string) => `  - { id: web, filePattern: ${at('logs/*.log')}, kinesisStream: web-logs${more} }`;
    const route = (stream: string) => `, routes: [{ when: { field: level, equals: error }, kinesisStream: '${stream}' }]`;
    const countOf = async (written: string) => {
      writeConfig(written);
      return Number(/at most ([\d,]+) different/.exec((await run(checkCommand)).out)?.[1]?.replace(',', ''));
    };
    const one = await countOf(flow(''));
    const two = await countOf(flow(route('errors')));
    expect(two).toBeGreaterThan(one);
    expect(await countOf(flow(route('web-logs')))).toBe(one);
    // One for each stream that the template may name, and one for the fallback stream.
    const template = `${route('tenant-{tenant}')}, streamsAllowed: ['tenant-*'], streamFallback: unrouted`;
    expect(await countOf(flow(template))).toBe(one + (limits.routedStreamsMax + 1) * (two - one));
  });

  test('lists every error, and exits with 78', async () => {
    writeConfig('  - { filePatern: /a, kinesisStream: s }\n  - { filePattern: b, kinesisStream: s }');
    const { code, out, err } = await run(checkCommand);
    expect([code, out]).toEqual([78, '']);
    expect(err.trimEnd().split('\n')).toHaveLength(3);
    expect(err).toContain(
      `${at('kinship.yaml')}:5:7: unknown key "filePatern" in flows[0] (did you mean "filePattern"?)\n`,
    );
  });

  describe.each([
    ['multiLineStartPattern', String.raw`multiLineStartPattern: '^\s*(\w+\s?)*ERROR'`],
    ['matchPattern', String.raw`dataProcessingOptions: [{ optionName: LOGTOJSON, logFormat: COMMONAPACHELOG, matchPattern: '^(\S+\s*)+ (\d+)$', customFieldNames: [a, b] }]`],
  ])('a %s that can match without end', (_key, lines) => {
    const said = /kinship\.yaml:5:\d+: flows\[0\]: the time to match can double with every character/;

    test('is refused, at its place', async () => {
      writeConfig(`  - { filePattern: /a, kinesisStream: s, ${lines} }`);
      expect(await run(checkCommand)).toMatchObject({ code: 78, err: expect.stringMatching(said) });
    });

    test('is a warning if the Java agent took it: the agent has to start', async () => {
      writeConfig(`  - { filePattern: /a, kinesisStream: s, compatibility: amazon-kinesis-agent, ${lines} }`);
      const { code, err } = await run(checkCommand);
      expect(code).toBe(0);
      expect(err).toMatch(said);
      expect(err).toMatch(/^warning: /);
    });
  });

  test('refuses what the converters refuse, at its place', async () => {
    writeConfig(
      `  - { filePattern: /a, kinesisStream: s, dataProcessingOptions: [{ optionName: LOGTOJSON, matchPattern: '(' }] }`,
    );
    const { code, err } = await run(checkCommand);
    expect(code).toBe(78);
    expect(err).toMatch(/^\S+kinship\.yaml:5:\d+: flows\[0\]: /);
  });

  test('gives JSON for machines', async () => {
    writeConfig(webFlow());
    const { out } = await run(checkCommand, { options: { json: true } });
    expect(JSON.parse(out)).toMatchObject({
      valid: true,
      warnings: [],
      flows: [{ id: 'web', count: 0, bytes: 0, unreadable: [] }],
    });
    writeConfig('  - {}');
    const wrong = await run(checkCommand, { options: { json: true } });
    expect(JSON.parse(wrong.out)).toMatchObject({
      valid: false,
      errors: [{ file: at('kinship.yaml'), line: 5, column: 5 }],
    });
  });

  test('ends with the differences for a config of the Java agent', async () => {
    writeFileSync(at('agent.json'), '{ "flows": [ { "filePattern": "/tmp/none/app.log*", "kinesisStream": "app" } ] }');
    const { code, out } = await run(checkCommand, { options: { config: at('agent.json') } });
    expect(code).toBe(0);
    expect(out).toMatch(/What is different from the Java agent:\n(?: {2}- .+\n)+$/);
  });

  test('does not count what the Java agent never reads', async () => {
    for (const name of ['a.log', 'a.log.gz', 'a.log.Bz2', 'a.log.ZIP']) writeFileSync(at(`logs/${name}`), '1234');
    writeFileSync(at('agent.json'), `{ "flows": [ { "filePattern": "${at('logs/a*')}", "kinesisStream": "app" } ] }`);
    const { out } = await run(checkCommand, { options: { config: at('agent.json') } });
    expect(out).toContain('    1 file, 4 B;');
  });

  test.each([
    ['kinship.yaml', '\uFEFFflows:\n  - { filePattern: /tmp/caf\xe9/*.log, kinesisStream: s }', '2:28'],
    ['agent.json', '{ "flows": [ { "filePattern": "/tmp/caf\xe9/*.log", "kinesisStream": "s" } ] }', '1:40'],
  ])('says where a %s is not UTF-8', async (name, text, place) => {
    const [mark, rest] = text.startsWith('\uFEFF') ? ['\uFEFF', text.slice(1)] : ['', text];
    writeFileSync(at(name), Buffer.concat([Buffer.from(mark), Buffer.from(rest, 'latin1')]));
    expect(await run(checkCommand, { options: { config: at(name) } })).toMatchObject({
      code: 78,
      err: `${at(name)}:${place}: what stands here is not UTF-8: save the file as UTF-8\n`,
    });
  });

  test('says that a file is not there', async () => {
    expect(await run(checkCommand, { options: { config: at('none.yaml') } })).toMatchObject({
      code: 78,
      err: `${at('none.yaml')}:1:1: there is no such file\n`,
    });
  });
});

describe('try', () => {
  test('prints files as the flow would send them, and sums up', async () => {
    writeConfig(webFlow());
    writeFileSync(at('logs/a.log'), 'one\ntwo\n');
    writeFileSync(at('logs/b.log'), 'three');
    expect(await run(tryCommand, { positionals: [at('logs/a.log'), at('logs/b.log')] })).toEqual({
      code: 0,
      out: 'one\ntwo\nthree\n',
      err: expect.stringMatching(
        /^web: 3 lines \(13 B\), 3 records\n {2}to web-logs: 2 Kinesis records, .*\n {2}partition keys: random/,
      ),
    });
  });

  test('reads standard input, runs the converters and counts what is not sent', async () => {
    writeConfig(`  - id: json
    filePattern: /a
    kinesisStream: s
    onUnparsable: drop
    partitionKey: { field: level }
    dataProcessingOptions: [{ optionName: LOGTOJSON, matchPattern: '(?<level>\\w+): (?<message>.*)' }]`);
    const { out, err } = await run(tryCommand, { stdin: ['info: sta', 'rted\nnonsense\nwarn: hot\n', 'info: cool'] });
    expect(out).toBe(
      '{"level":"info","message":"started"}\n{"level":"warn","message":"hot"}\n{"level":"info","message":"cool"}\n',
    );
    expect(err).toContain('json: 4 lines (43 B), 3 records\n  not sent, unparsable: 1 (9 B)\n');
    expect(err).toContain('nonsense');
    expect(err).toContain('  partition keys: 2; records each:\n    "info" 2 (66.7 %)\n    "warn" 1 (33.3 %)\n');
  });

  test.each([
    ['keep', 'nonsense\n', '  sent though unparsable, as they are: 2\n'],
    ['wrap', '{"message":"nonsense","error":"the line is not a JSON object"}\n', '  sent though unparsable, wrapped: 2\n'],
  ])('counts the lines that do not parse and are sent all the same: %s', async (onUnparsable, first, told) => {
    writeConfig(
      `  - { id: json, filePattern: /a, kinesisStream: s, onUnparsable: ${onUnparsable}, dataProcessingOptions: [{ optionName: JSON }] }`,
    );
    const { out, err } = await run(tryCommand, { stdin: ['nonsense\n{"a":1}\n', 'more\n'] });
    expect(out).toContain(`${first}{"a":1}\n`);
    expect(err).toContain(`json: 3 lines (22 B), 3 records\n${told}`);
  });

  test('ends a line that lineBytesMax cuts like a record that is cut', async () => {
    writeConfig('  - { id: web, filePattern: /a, kinesisStream: s, lineBytesMax: 64, truncatedRecordTerminator: "…\\n" }');
    const { out, err } = await run(tryCommand, { stdin: [`${'x'.repeat(100)}\nshort\n`] });
    expect(out).toBe(`${'x'.repeat(60)}…\nshort\n`);
    expect(err).toContain('web: 2 lines (107 B), 2 records\n  not sent, oversize: 1 (41 B)\n');
  });

  test.each([
    ['kinesisStream: s', [1_047_550, 1_047_550, 404_900], 1_452_451],
    ['kinesisStream: s, partitionKey: { constant: k }', [1_047_550, 1_047_550, 404_900], 1_452_451],
    ['kinesisStream: s, lineBytesMax: 2MiB', [2_096_126, 403_874], 403_875],
    ['deliveryStream: d, lineBytesMax: 1MiB', [1_023_998, 1_023_998, 452_004], 1_476_003],
    ['deliveryStream: d', [1_023_998, 1_023_998, 452_004], 1_476_003],
  ])('a line that is too long is cut once, and what is cut fits a record with its key: %s', async (destination, pieces, droppedBytes) => {
    const stdin = [`${'x'.repeat(2_500_000)}\nnext\n`];
    const lengths = (out: string) => out.split('\n').map((line) => line.length);
    writeConfig(`  - { id: web, filePattern: /a, ${destination} }`);
    const truncated = await run(tryCommand, { stdin });
    expect(lengths(truncated.out)).toEqual([pieces[0], 4, 0]);
    expect(truncated.err).toContain(`  not sent, oversize: 1 (${bytesText(droppedBytes)})\n`);
    writeConfig(`  - { id: web, filePattern: /a, ${destination}, oversizeRecords: split }`);
    expect(lengths((await run(tryCommand, { stdin })).out)).toEqual([...pieces, 4, 0]);
  });

  test('joins lines as the flow does', async () => {
    writeConfig(
      `  - { filePattern: /a, kinesisStream: s, multiLineStartPattern: '\\d', dataProcessingOptions: [{ optionName: SINGLELINE }] }`,
    );
    const { out } = await run(tryCommand, { stdin: ['1 a\n at b\n2 c\n'] });
    expect(out).toBe('1 aat b\n2 c\n');
  });

  test('asks which flow is meant if there are several', async () => {
    writeConfig(`${webFlow()}\n  - { id: app, filePattern: /b, kinesisStream: s }`);
    expect(await run(tryCommand)).toMatchObject({
      code: 64,
      message: 'the config has several flows: name one with --flow ID',
      hint: 'flows: web, app',
    });
    expect(await run(tryCommand, { options: { flow: 'wep' } })).toMatchObject({
      code: 64,
      message: 'the config has no flow "wep" (did you mean "web"?)',
    });
    expect(await run(tryCommand, { options: { flow: 'app' }, stdin: ['x\n'] })).toMatchObject({ code: 0, out: 'x\n' });
  });

  test('fails if a file is not there', async () => {
    writeConfig(webFlow());
    expect(await run(tryCommand, { positionals: [at('none')] })).toMatchObject({
      code: 1,
      message: `${at('none')} cannot be read (ENOENT)`,
    });
  });
});

function storeRow(path: string, changes: Partial<CheckpointRow> = {}): CheckpointRow {
  const stat = statSync(pathToBytes(path));
  return {
    flow: 'web',
    generation: 1,
    path,
    originalPath: path,
    device: String(stat.dev),
    inode: String(stat.ino),
    head: { lengthBytes: 4, digest: 'ab' },
    tailMarker: '',
    cuts: [],
    waits: [],
    ends: NO_ENDS,
    offset: 4,
    sizeBytes: 4,
    modifiedMs: 0,
    state: 'active',
    storage: 'plain',
    updatedWallMs: Date.now(),
    ...changes,
  };
}

function store(rows: readonly CheckpointRow[], looks: readonly FlowLook[] = []): void {
  const { store: opened } = openSqliteStore({ path: at('checkpoints.db'), wallMs: () => Date.now() });
  opened.commit({ upserts: rows, removals: [], directoriesSeen: [], looks });
  opened.close();
}

function stored(): readonly CheckpointRow[] {
  const { store: opened } = openSqliteStore({ path: at('checkpoints.db'), wallMs: () => Date.now(), readonly: true });
  const rows = opened.load();
  opened.close();
  return rows;
}

describe('checkpoints', () => {
  const text = 'one\ntwo\nthree\nunfinished';
  beforeEach(() => {
    writeConfig(webFlow());
    writeFileSync(at('logs/a.log'), text);
    writeFileSync(at('logs/b.log'), 'b\n');
    store([storeRow(at('logs/a.log')), storeRow(at('logs/b.log'), { generation: 2, offset: 2 })]);
  });

  test('are listed with what is behind them now', async () => {
    const { out } = await run(checkpointsCommand, { positionals: ['list'], options: { json: true } });
    expect(JSON.parse(out)).toMatchObject({
      checkpointFile: at('checkpoints.db'),
      files: [
        {
          flow: 'web',
          path: at('logs/a.log'),
          positionBytes: 4,
          sizeBytes: text.length,
          lagBytes: text.length - 4,
          there: true,
        },
        { path: at('logs/b.log'), lagBytes: 0 },
      ],
    });
    expect((await run(checkpointsCommand, { positionals: ['list'] })).out).toMatch(
      /^web\n {2}file .*\n.*a\.log +1 +4 B +24 B +20 B active\n/,
    );
  });

  test.each([
    { title: 'as its row says', changes: { sizeBytes: 24, waits: [{ end: 24, sinceWallMs: Date.now() - 7_200_000 }] }, seconds: 7200 },
    { title: 'since the last look, where it came later', changes: {}, seconds: 600 },
    { title: 'since it was written last, where the row does not say', changes: { sizeBytes: 24, modifiedMs: Date.now() - 60_000 }, seconds: 60 },
    { title: 'not at all where there is nothing', changes: { offset: 24, sizeBytes: 24 }, seconds: 0 },
  ])('tell how late a file is: $title', async ({ changes, seconds }) => {
    store([storeRow(at('logs/a.log'), changes), storeRow(at('logs/b.log'), { generation: 2, offset: 2 })], [{ flow: 'web', wallMs: Date.now() - 600_000 }]);
    const { out } = await run(checkpointsCommand, { positionals: ['list'], options: { json: true } });
    const [file] = JSON.parse(out).files;
    expect(Math.floor(file.lagSeconds)).toBeGreaterThanOrEqual(seconds);
    expect(file.lagSeconds).toBeLessThan(seconds + (seconds === 0 ? 1e-9 : 60));
    const page = (await run(checkpointsCommand, { positionals: ['list'] })).out;
    expect(page.includes('what waits longest waits for')).toBe(seconds > 0);
  });

  test('are listed and moved also of files whose names are not UTF-8', async () => {
    writeFileSync(Buffer.from(at('logs/caf\xe9.log'), 'latin1'), text);
    store([storeRow(at('logs/caf\udce9.log'), { generation: 3 })]);
    const { out } = await run(checkpointsCommand, { positionals: ['list'], options: { json: true } });
    expect(JSON.parse(out).files.at(-1)).toMatchObject({ path: at('logs/caf\udce9.log'), lagBytes: text.length - 4, there: true });
    // What Node.js makes of the argument.
    expect((await reset({ to: 'end', file: at('logs/caf\ufffd.log') })).code).toBe(0);
    expect(stored().map((row) => row.offset)).toEqual([4, 2, 14]);
  });

  const reset = (options: CommandOptions) =>
    run(checkpointsCommand, { positionals: ['reset'], options: { flow: 'web', ...options } });

  test('go to the start of every file of the flow', async () => {
    expect((await reset({ to: 'start' })).code).toBe(0);
    expect(stored().map((row) => [row.offset, row.tailMarker])).toEqual([
      [0, ''],
      [0, ''],
    ]);
  });

  test('go to the end of the last whole line, with the bytes before it as proof', async () => {
    expect((await reset({ to: 'end', file: at('logs/a.log') })).code).toBe(0);
    expect(stored().map((row) => row.offset)).toEqual([14, 2]);
    expect(stored()[0]?.tailMarker).toBe(Buffer.from('one\ntwo\nthree\n').toString('hex'));
  });

  test('go to an offset of one file', async () => {
    const { code, out } = await reset({ to: '8', file: at('logs/a.log') });
    expect([code, out]).toEqual([0, `${at('logs/a.log')} (generation 1): 4 B → 8 B\n`]);
    expect(stored()[0]).toMatchObject({ offset: 8, tailMarker: Buffer.from('one\ntwo\n').toString('hex') });
  });

  test.each([
    { title: '', flow: (yaml: string) => yaml, note: '' },
    {
      title: ', with what is not known of records of several lines',
      flow: (yaml: string) => yaml.replace(' }', ", multiLineStartPattern: '^o' }"),
      note: '; where a record of several lines has begun before, the rest of it is sent as one of its own',
    },
    {
      title: ', with what is not known of a flow that the config has no more',
      flow: (yaml: string) => yaml.replace('id: web', 'id: shop'),
      note: '; the config has no such flow: its lines were taken for UTF-8',
    },
  ])('go to the beginning of the line that an offset stands in, and tell that$title', async ({ flow, note }) => {
    writeConfig(flow(webFlow()));
    const { code, out } = await reset({ to: '10', file: at('logs/a.log') });
    expect([code, out]).toEqual([0, `${at('logs/a.log')} (generation 1): 4 B → 8 B (10 stands within a line: moved to its beginning, 8${note})\n`]);
    expect(stored()[0]).toMatchObject({ offset: 8, beganBytes: 8 });
  });

  test.each([
    ['an offset beyond the end', { to: '999', file: 'logs/a.log' }, 1, /left as it is: the file has 24 bytes only/],
    ['an offset of no file', { to: '5' }, 64, /an offset is for one file/],
    ['no target', {}, 64, /needs --to/],
    ['an unknown flow', { flow: 'wep', to: 'start' }, 1, /"wep" are stored \(did you mean "web"\?\)/],
    ['an unknown file', { to: 'start', file: 'logs/c.log' }, 1, /has no position of/],
  ] as const)('stay where they are: %s', async (_title, options, code, said) => {
    const file = 'file' in options ? { file: at(options.file) } : {};
    const result = await reset({ ...options, ...file });
    expect(result.code).toBe(code);
    expect(`${result.out}${result.message ?? ''}`).toMatch(said);
    expect(stored().map((row) => row.offset)).toEqual([4, 2]);
  });

  test('stay where they are when another file has the path now', async () => {
    writeFileSync(at('logs/new'), 'other\n');
    store([storeRow(at('logs/a.log'), { inode: '1' })]);
    const { code, out } = await reset({ to: 'end', file: at('logs/a.log') });
    expect([code, out]).toEqual([1, expect.stringContaining('another file stands at its path now')]);
  });

  test.each([
    { title: 'damaged', content: 'this is no database\n'.repeat(100), says: 'file is not a database', todo: 'kinship run sets it aside' },
    { title: 'empty', content: '', says: 'is empty', todo: 'kinship run begins anew in it' },
  ])('of a file that is $title are left to the agent, which tells where it puts that', async ({ content, says, todo }) => {
    rmSync(at('checkpoints.db'));
    writeFileSync(at('checkpoints.db'), content);
    expect(await reset({ to: 'start' })).toMatchObject({ code: 1, message: expect.stringContaining(says), hint: expect.stringContaining(todo) });
    expect(readFileSync(at('checkpoints.db'), 'utf8')).toBe(content);
  });

  test('are not touched while an agent runs that has no socket', async () => {
    const { store: agents } = openSqliteStore({ path: at('checkpoints.db'), wallMs: () => Date.now() });
    expect(await reset({ to: 'start' })).toMatchObject({ code: 1, message: `another kinship uses the checkpointFile ${at('checkpoints.db')}` });
    expect((await run(checkpointsCommand, { positionals: ['list'] })).code).toBe(0);
    agents.close();
    expect(stored().map((row) => row.offset)).toEqual([4, 2]);
  });

  test('are not touched while an agent runs', async () => {
    const opened = await openControlSocket(at('control.sock'), {
      status: () => emptyStatus,
      reload: () => Promise.reject(new Error('no')),
    });
    expect(opened.kind).toBe('open');
    expect(await reset({ to: 'start' })).toMatchObject({
      code: 1,
      message: `an agent runs (it listens at ${at('control.sock')})`,
    });
    expect(stored()[0]?.offset).toBe(4);
    if (opened.kind === 'open') await opened.socket.close();
  });
});

const emptyStatus: AgentStatus = {
  version: '9',
  startedWallMs: 0,
  wallMs: 60_000,
  budgetBytes: 1,
  budgetUsedBytes: 0,
  checkpointAgeSeconds: 0,
  flows: [],
  ended: [],
};

const silentlyRunning = () =>
  `an agent runs, for ${at('checkpoints.db')} is in use, but nothing answers at ${at('control.sock')}: restart it (a service with systemctl restart kinship); if that does not help, controlSocketUnavailable in its log says why`;

describe('status', () => {
  test('comes from the checkpoint file when no agent runs', async () => {
    writeConfig(webFlow());
    expect(await run(statusCommand)).toMatchObject({ code: 0, out: 'no positions are stored yet\n' });
    writeFileSync(at('logs/a.log'), 'one\ntwo\n');
    store([
      storeRow(at('logs/a.log')),
      storeRow(at('logs/a.log'), { generation: 2, path: at('logs/gone'), inode: '1' }),
    ]);
    const { out, err } = await run(statusCommand);
    expect(err).toBe(`no agent runs; from ${at('checkpoints.db')}:\n`);
    expect(out).toMatch(/a\.log +1 +4 B +8 B +4 B active\n.*gone +2 +4 B +4 B +0 B active, gone\n/);
    expect(JSON.parse((await run(statusCommand, { options: { json: true } })).out)).toMatchObject({
      source: 'checkpoints',
      flows: [{ id: 'web', filesTracked: 2, filesBehind: 1, lagBytes: 4, lagSeconds: expect.any(Number), files: [{ positionBytes: 4 }, {}] }],
      files: [{ lagBytes: 4 }, { there: false }],
    });
  });

  test('comes from the checkpoint file with a word on the agent that runs and does not answer', async () => {
    writeConfig(webFlow());
    const { store: agents } = openSqliteStore({ path: at('checkpoints.db'), wallMs: Date.now });
    const said = silentlyRunning();
    expect(await run(statusCommand)).toMatchObject({ code: 0, err: `${said}; its positions as stored:\n` });
    const json = await run(statusCommand, { options: { json: true } });
    expect([json.err, JSON.parse(json.out)]).toMatchObject([`${said}\n`, { source: 'checkpoints', agentRuns: true }]);
    expect(await run(checkpointsCommand, { positionals: ['list'] })).toMatchObject({ code: 0, err: `${said}\n` });
    agents.close();
    expect(await run(statusCommand)).toMatchObject({ code: 0, err: `no agent runs; from ${at('checkpoints.db')}:\n` });
    expect(await run(checkpointsCommand, { positionals: ['list'] })).toMatchObject({ code: 0, err: '' });
  });

  test('comes from the running agent', async () => {
    writeConfig(webFlow());
    const opened = await openControlSocket(at('control.sock'), {
      status: () => emptyStatus,
      reload: () => Promise.reject(new Error('no')),
    });
    expect((await run(statusCommand)).out).toBe('kinship 9, up 1 min\nbuffer 0 B of 1 B, positions stored 0 s ago\n');
    expect(JSON.parse((await run(statusCommand, { options: { json: true } })).out)).toEqual({
      source: 'agent',
      ...emptyStatus,
    });
    if (opened.kind === 'open') await opened.socket.close();
  });
});

describe('reload', () => {
  test('knows of an agent that runs without its socket, and how that takes the config all the same', async () => {
    writeConfig(webFlow());
    const { store: agents } = openSqliteStore({ path: at('checkpoints.db'), wallMs: Date.now });
    expect(await run(reloadCommand)).toMatchObject({ code: 69, message: silentlyRunning(), hint: expect.stringContaining('kill -HUP') });
    agents.close();
    expect(await run(reloadCommand)).toMatchObject({ code: 69, message: `no agent runs (nothing listens at ${at('control.sock')})` });
  });

  test('says what became of it', async () => {
    writeConfig(webFlow());
    expect(await run(reloadCommand)).toMatchObject({
      code: 69,
      message: `no agent runs (nothing listens at ${at('control.sock')})`,
    });
    const outcomes = [
      { kind: 'reloaded', added: 1, changed: 0, removed: 2, kept: 3, waiting: ['prometheus.listen'], warnings: ['a.yaml:2:3: odd'] } as const,
      { kind: 'refused', reasons: ['a.yaml:1:1: wrong'] } as const,
    ];
    const opened = await openControlSocket(at('control.sock'), {
      status: () => emptyStatus,
      reload: () => Promise.resolve(outcomes.shift() ?? { kind: 'refused', reasons: [] }),
    });
    expect(await run(reloadCommand)).toMatchObject({
      out: 'reloaded: flows 1 added, 0 changed, 2 removed, 3 untouched\n',
      err: 'warning: a.yaml:2:3: odd\nwarning: changed, but not before the next start (of a service: systemctl restart kinship): prometheus.listen\n',
    });
    expect(await run(reloadCommand)).toMatchObject({
      code: 78,
      message: 'the agent goes on with its old config:\na.yaml:1:1: wrong',
    });
    if (opened.kind === 'open') await opened.socket.close();
  });
});
