/** Reading YAML configs: variables, conf.d, aliases, defaults, inheritance. */
import { describe, expect, test } from 'vitest';
import { issueText } from '../../../src/config/issues/config-issue.ts';
import { type LoadedConfig, loadConfig } from '../../../src/config/load.ts';
import type { AgentConfig, FlowConfig } from '../../../src/config/model.ts';
import { error } from '../../../src/config/issues/problem.ts';
import { FakeConfigFiles } from './fake-config-files.ts';

const main = '/etc/kinship/kinship.yaml';
type Files = Readonly<Record<string, string>>;

function load(files: Files | string, env: Record<string, string> = {}): Promise<LoadedConfig> {
  return loadConfig(main, { files: new FakeConfigFiles(typeof files === 'string' ? { [main]: files } : files), env });
}

async function loadOk(files: Files | string, env: Record<string, string> = {}): Promise<AgentConfig> {
  const loaded = await load(files, env);
  if (loaded.kind === 'invalid') throw new Error(loaded.issues.map(issueText).join('\n'));
  return loaded.config;
}

async function flowOf(config: string, env: Record<string, string> = {}): Promise<FlowConfig> {
  const [flow] = (await loadOk(config, env)).flows;
  if (flow === undefined) throw new Error('no flow');
  return flow;
}

const oneFlow = (lines: string) =>
  `flows:\n  - filePattern: /var/log/app.log\n    kinesisStream: app\n${lines.replaceAll(/^/gm, '    ')}`;

describe('a config', () => {
  test('that is missing is an issue of the file, with its cause', async () => {
    const loaded = await load({});
    expect(loaded).toMatchObject({ kind: 'invalid', cause: { code: 'not-found' } });
    expect(loaded.kind === 'invalid' && loaded.issues.map(issueText)).toEqual([`${main}:1:1: there is no such file`]);
  });

  test('of two lines has every default', async () => {
    const config = await loadOk(oneFlow(''));
    expect(config).toMatchObject({
      path: main,
      compatibility: 'native',
      agent: { shutdownTimeoutMillis: 10_000, controlSocket: '/run/kinship/control.sock' },
      tail: { bufferBytesMax: 32 * 1024 ** 2 },
      checkpoint: { checkpointFile: '/var/lib/kinship/checkpoints.db' },
      telemetry: { cloudwatch: { namespace: 'AWSKinesisAgent' }, log: { level: 'info', format: 'auto' } },
    });
    expect(config.flows).toHaveLength(1);
    expect(config.flows[0]).toMatchObject({
      id: 'kinesis:app:/var/log/app.log',
      destination: { kind: 'kinesis', stream: 'app' },
      tail: {
        filePattern: ['/var/log/app.log'],
        exclude: [],
        initialPosition: 'END_OF_FILE',
        oversizeRecords: 'truncate',
      },
      route: { partitionKey: { kind: 'random' }, routes: [] },
      producer: { recordMaxBufferedTimeMillis: 100, aggregation: { format: 'kpl', recordBytesMax: 51_200 } },
      preprocess: { compatibility: 'native', dataProcessingOptions: [], trimNewline: false },
    });
  });

  test('may begin with a byte order mark and have Windows line ends', async () => {
    const config = await loadOk(`\uFEFFregion: eu-west-1\r\n${oneFlow('').replaceAll('\n', '\r\n')}`);
    expect(config.aws.region).toBe('eu-west-1');
    expect(config.flows[0]?.destination.stream).toBe('app');
  });

  test('reports __proto__ as an unknown key', async () => {
    const loaded = await load(`__proto__: { region: x }\n${oneFlow('')}`);
    expect(loaded.kind === 'invalid' && loaded.issues.map(issueText)).toEqual([
      `${main}:1:1: unknown key "__proto__" (did you mean "proxy"?)`,
    ]);
    expect(({} as Record<string, unknown>)['region']).toBeUndefined();
  });

  test('grows no further than 100000 values through anchors', async () => {
    const levels = Array.from({ length: 9 }, (_, level) => {
      const below = level === 0 ? 'x' : `*a${level - 1}`;
      return `a${level}: &a${level} [${Array.from({ length: 10 }, () => below).join(', ')}]`;
    });
    const loaded = await load(`${levels.join('\n')}\n${oneFlow('')}`);
    expect(
      loaded.kind === 'invalid' && loaded.issues.some((issue) => issue.message.includes('at most 100000 values')),
    ).toBe(true);
  });

  test('nests no deeper than 64 levels, in either format', async () => {
    const deep = `${'['.repeat(5000)}${']'.repeat(5000)}`;
    for (const path of ['deep.yaml', 'deep.json']) {
      const loaded = await loadConfig(path, { files: new FakeConfigFiles({ [path]: `{"x": ${deep}}` }), env: {} });
      expect(loaded.kind).toBe('invalid');
    }
  });

  test('tells what other parts find wrong with a flow, at its place', async () => {
    const config = oneFlow('dataProcessingOptions:\n  - { optionName: SINGLELINE }');
    const loaded = await loadConfig(main, {
      files: new FakeConfigFiles({ [main]: config }),
      env: {},
      checkFlow: (flow) => [error(['dataProcessingOptions', 0, 'optionName'], `not in ${flow.id}`)],
    });
    expect(loaded.kind === 'invalid' && loaded.issues.map(issueText)).toEqual([
      `${main}:5:23: flows[0]: not in kinesis:app:/var/log/app.log`,
    ]);
  });
});

describe('sizes', () => {
  test.each([
    ['51200', 51_200],
    ['50KiB', 51_200],
    ['"50 kib"', 51_200],
    ['50KB', 50_000],
    ['0.5MiB', 524_288],
    ['1MB', 1_000_000],
  ])('%s is %d bytes', async (written, bytes) => {
    const flow = await flowOf(oneFlow(`aggregation: { recordBytesMax: ${written} }`));
    expect(flow.producer.aggregation.recordBytesMax).toBe(bytes);
  });
});

describe('variables', () => {
  test.each([
    ['${NAME}', 'web'],
    ['a-${NAME}-b', 'a-web-b'],
    ['${UNSET:-fallback}', 'fallback'],
    ['${EMPTY:-fallback}', 'fallback'],
    ['${EMPTY:-}x', 'x'],
    ['$${NAME}', '${NAME}'],
    ['$NAME', '$NAME'],
    ['cost$', 'cost$'],
  ])('%s becomes %s', async (written, expanded) => {
    const flow = await flowOf(oneFlow(`id: "${written}"`), { NAME: 'web', EMPTY: '' });
    expect(flow.id).toBe(expanded);
  });

  test.each([
    ['without quotes', '${MS}', '${NO}', '${SIZE}'],
    ['in quotes, as { } and [ ] need them', '"${MS}"', '"${NO}"', '"${SIZE}"'],
    ['in parts', '${FIVE}000', '${FA}lse', '1${FIVE}5KiB'],
  ])('become the number, the boolean or the size that is wanted: %s', async (_title, number, boolean, size) => {
    const typed = await loadOk(`shutdownTimeoutMillis: ${number}\ncloudwatch:\n  emitMetrics: ${boolean}\nkinesis:\n  requestBytesMax: ${size}\n${oneFlow('')}`, {
      MS: '5000',
      FIVE: '5',
      NO: 'false',
      FA: 'fa',
      SIZE: '155KiB',
    });
    expect(typed.agent.shutdownTimeoutMillis).toBe(5000);
    expect(typed.telemetry.cloudwatch.emitMetrics).toBe(false);
    expect(typed.aws.kinesis.requestBytesMax).toBe(155 * 1024);
  });

  test.each(['1.10', '12345678901234567890', '123456', '007', '1e3', 'true', 'null', '~', ''])('become the text %j if a text, or any value, is wanted', async (text) => {
    const flow = await flowOf(
      oneFlow('partitionKey:\n  constant: k${V}\ndataProcessingOptions:\n  - optionName: ADDFIELDS\n    fields:\n      version: ${V}\n      list:\n        - ${V}'),
      { V: text },
    );
    expect(flow.route.partitionKey).toEqual({ kind: 'constant', constant: `k${text}` });
    expect(flow.preprocess.dataProcessingOptions[0]).toMatchObject({ fields: { version: text, list: [text] } });
  });

  test('of digits alone can name things whose names are text', async () => {
    const config = `credentials:\n  assumeRole:\n    roleArn: arn:aws:iam::123456789012:role/x\n    externalId: \${EXT}\nflows:\n  - filePattern: /a\n    kinesisStream: \${EXT}`;
    const loaded = await loadOk(config, { EXT: '123456' });
    expect(loaded.aws.credentials?.assumeRole?.externalId).toBe('123456');
    expect(loaded.flows[0]?.destination.stream).toBe('123456');
  });

  test('that are no number where a number is wanted are an issue at their place', async () => {
    const loaded = await load(`shutdownTimeoutMillis: \${MS}\n${oneFlow('')}`, { MS: 'soon' });
    expect(loaded.kind === 'invalid' && loaded.issues.map(issueText)).toEqual([
      `${main}:1:24: shutdownTimeoutMillis must be a whole number of milliseconds, not "soon"`,
    ]);
  });

  test('cannot bring in keys or comments', async () => {
    const flow = await flowOf(oneFlow('id: ${EVIL}'), { EVIL: 'x # y\nexclude: [a]' });
    expect(flow.id).toBe('x # y\nexclude: [a]');
    expect(flow.tail.exclude).toEqual([]);
  });

  test('keep a secret out of the file, so that the file may be readable', async () => {
    const config = `credentials: { accessKeyId: A, secretAccessKey: "\${SECRET}" }\n${oneFlow('')}`;
    expect((await loadOk(config, { SECRET: 's' })).aws.credentials).toMatchObject({ secretAccessKey: 's' });
  });
});

describe('conf.d', () => {
  test('adds flows in the order of file names, whatever the directory lists first', async () => {
    const config = await loadOk({
      [main]: oneFlow(''),
      '/etc/kinship/conf.d/20-b.yaml': 'flows: [{ filePattern: /b, kinesisStream: s }]',
      '/etc/kinship/conf.d/10-a.yml': 'flows: [{ filePattern: /a, kinesisStream: s }]',
      '/etc/kinship/conf.d/README': 'not a config',
      '/etc/kinship/conf.d/.hidden.yaml': 'not: a config',
      '/etc/kinship/conf.d/old.yaml~': 'not: a config',
    });
    expect(config.flows.map((flow) => flow.id)).toEqual([
      'kinesis:app:/var/log/app.log',
      'kinesis:s:/a',
      'kinesis:s:/b',
    ]);
  });

  test('is enough where the main file has no flows', async () => {
    const config = await loadOk({
      [main]: 'region: eu-west-1',
      '/etc/kinship/conf.d/a.yaml': 'flows: [{ filePattern: /a, kinesisStream: s }]',
    });
    expect(config.flows[0]?.aws.region).toBe('eu-west-1');
  });

  test.each(['/etc/kinship/web.yaml', '/somewhere/k.yaml'])('belongs to kinship.yaml: %s has its own flows only', async (path) => {
    const files = new FakeConfigFiles({
      [path]: oneFlow(''),
      '/etc/kinship/conf.d/a.yaml': 'flows: [{ filePattern: /a, kinesisStream: s }]',
      '/somewhere/conf.d/a.yaml': 'not: [a config',
    });
    const loaded = await loadConfig(path, { files, env: {} });
    expect(loaded.kind === 'ok' && loaded.config.flows.map((flow) => flow.id)).toEqual(['kinesis:app:/var/log/app.log']);
  });

  test('has its issues at their own places', async () => {
    const loaded = await load({
      [main]: oneFlow(''),
      '/etc/kinship/conf.d/a.yaml': 'region: eu-west-1\nflows:\n  - { filePatern: /a, kinesisStream: s }',
      '/etc/kinship/conf.d/b.yaml': 'flows: {}',
      '/etc/kinship/conf.d/c.yaml': 'flows:\n  - { filePattern: /var/log/app.log, kinesisStream: app }',
    });
    expect(loaded.kind === 'invalid' && loaded.issues.map(issueText)).toEqual([
      '/etc/kinship/conf.d/a.yaml:1:1: files in conf.d hold flows only: put "region" into the main file',
      expect.stringMatching(/^\/etc\/kinship\/conf\.d\/a\.yaml:3:5: flows\[1\] needs "filePattern"/),
      '/etc/kinship/conf.d/a.yaml:3:7: unknown key "filePatern" in flows[1] (did you mean "filePattern"?)',
      '/etc/kinship/conf.d/b.yaml:1:8: flows must be a list',
      '/etc/kinship/conf.d/c.yaml:2:5: flows[2]: the same files go to the same stream as in the flow at /etc/kinship/kinship.yaml:2: remove one, or give it an id',
    ]);
  });
});

describe('what a flow inherits', () => {
  test.each([
    ['the region of the config', 'region: eu-west-1', '', 'eu-west-1'],
    ['its service’s before that', 'region: eu-west-1\nkinesis: { region: eu-west-2 }', '', 'eu-west-2'],
    ['its own before both', 'region: eu-west-1\nkinesis: { region: eu-west-2 }', 'region: eu-west-3', 'eu-west-3'],
    ['none at all', '', '', undefined],
  ])('%s', async (_title, top, own, region) => {
    expect((await flowOf(`${top}\n${oneFlow(own)}`)).aws.region).toBe(region);
  });

  test('the ARN of its stream names its region', async () => {
    const arn = 'arn:aws-cn:kinesis:cn-north-1:123456789012:stream/app';
    const flow = await flowOf(`region: eu-west-1\nflows: [{ filePattern: /a, kinesisStream: "${arn}" }]`);
    expect(flow.aws.region).toBe('cn-north-1');
  });

  test('credentials and endpoint of its own go before those of the config', async () => {
    const flow = await flowOf(
      `credentials: { profile: a }\nkinesis: { endpoint: "https://one.example" }\n${oneFlow('credentials: { profile: b }\nendpoint: https://two.example')}`,
    );
    expect(flow.aws.credentials).toEqual({ profile: 'b' });
    expect(flow.aws.kinesis.endpoint).toBe('https://two.example');
    expect(flow.aws.firehose.endpoint).toBeUndefined();
  });

  test('compatibility of the config, or its own', async () => {
    const config = `compatibility: amazon-kinesis-agent\n${oneFlow('')}`;
    expect((await flowOf(config)).preprocess.compatibility).toBe('amazon-kinesis-agent');
    expect((await flowOf(`${config}compatibility: native`)).preprocess.compatibility).toBe('native');
  });
});

describe('packing', () => {
  const firehose = (lines: string) =>
    `flows:\n  - filePattern: /a\n    deliveryStream: d\n${lines.replaceAll(/^/gm, '    ')}`;
  test.each([
    ['a stream gets KPL records', oneFlow(''), 'kpl', 51_200],
    ['a stream keeps the size without a format', oneFlow('aggregation: { recordBytesMax: 1000 }'), 'kpl', 1000],
    ['a delivery stream gets lines as they are', firehose(''), 'none', 51_200],
    ['a delivery stream packs where the Java agent did', firehose('aggregatedRecordSizeBytes: 5120'), 'newline', 5120],
    ['a delivery stream does not pack up to 0', firehose('aggregatedRecordSizeBytes: 0'), 'none', 51_200],
  ])('%s', async (_title, config, format, recordBytesMax) => {
    expect((await flowOf(config)).producer.aggregation).toEqual({ format, recordBytesMax });
  });

  test.each([
    ['maxBufferAgeMillis: 5000', 5000],
    ['recordMaxBufferedTimeMillis: 0', 0],
    ['recordMaxBufferedTimeMillis: 7\nmaxBufferAgeMillis: 7', 7],
  ])('%s is the buffering time', async (lines, millis) => {
    expect((await flowOf(oneFlow(lines))).producer.recordMaxBufferedTimeMillis).toBe(millis);
  });
});

describe('warnings', () => {
  test.each([
    ['lineBytesMax: 2MiB', 'lineBytesMax is more than 1MiB: the stream must be set to take it (MaxRecordSizeInKiB)'],
    [
      'aggregation: { recordBytesMax: 2MiB }',
      'aggregation.recordBytesMax is more than 1MiB: the stream must be set to take it (MaxRecordSizeInKiB)',
    ],
    ['moveTo: /done', 'moveTo has no effect without afterDelivery: move'],
    [
      'aggregatedRecordSizeBytes: 5120',
      'aggregatedRecordSizeBytes is for delivery streams: use aggregation: { format: newline }',
    ],
  ])('%s', async (line, message) => {
    const loaded = await load(oneFlow(line));
    expect(loaded.kind).toBe('ok');
    expect(loaded.warnings.map((warning) => warning.message)).toEqual([`flows[0]: ${message}`]);
  });

  test('say when the buffer is small for so many flows', async () => {
    const flows = (count: number, more = '') =>
      Array.from({ length: count }, (_, index) => `  - { filePattern: /${index}, kinesisStream: s${more} }`).join('\n');
    const warnings = async (config: string) => (await load(config)).warnings.map(issueText);
    expect(await warnings(`bufferBytesMax: 2MiB\nflows:\n${flows(8, ', lineBytesMax: 64KiB')}`)).toEqual([
      `${main}:1:17: bufferBytesMax leaves each of 8 flows 128KiB: reading will be slow, raise it`,
    ]);
    expect(await warnings(`bufferBytesMax: 2MiB\nflows:\n${flows(8)}`)).toEqual([
      `${main}:1:17: bufferBytesMax is less than one line of lineBytesMax of each of 8 flows: 9MiB are used; raise it, or lower lineBytesMax`,
    ]);
    expect(await warnings(`flows:\n${flows(40)}`)).toEqual([]);
  });
});

describe('keys that have no effect beside the others', () => {
  const idle = (key: string, needs: string) => [expect.stringMatching(/^\S+:4:\d+: /), `flows[0]: ${key} has no effect ${needs}`] as const;
  const unjoined = 'where lines are not joined: set multiLineStartPattern, or remove it';
  const unpacked = 'where records are not packed: set aggregation.format, or remove it';
  test.each([
    ['multiLineTimeoutMillis: 2000', idle('multiLineTimeoutMillis', unjoined)],
    ['multiLineLinesMax: 5', idle('multiLineLinesMax', unjoined)],
    ['afterDeliverySeconds: 60', idle('afterDeliverySeconds', 'without afterDelivery: delete or move')],
    ['aggregation: { format: none, recordBytesMax: 1000 }', idle('aggregation.recordBytesMax', unpacked)],
  ])('warn, at their place: %s', async (lines, [place, message]) => {
    const loaded = await load(oneFlow(lines));
    expect(loaded.kind).toBe('ok');
    expect(loaded.warnings.map(issueText)).toEqual([place]);
    expect(loaded.warnings.map((warning) => warning.message)).toEqual([message]);
  });

  test.each([
    'multiLineTimeoutMillis: 2000\nmultiLineStartPattern: a',
    'multiLineTimeoutMillis: 2000\nmultiLineEndPattern: a',
    'multiLineLinesMax: 5\ndataProcessingOptions: [{ optionName: CONTAINER }]',
    'afterDeliverySeconds: 60\nafterDelivery: delete',
    'aggregation: { recordBytesMax: 1000 }',
    'aggregation: { format: newline, recordBytesMax: 1000 }',
  ])('do not warn where they have one: %s', async (lines) => {
    expect((await load(oneFlow(lines))).warnings).toEqual([]);
  });
});

test.each([
  ['kinship.yaml', '['.repeat(100_000), /^kinship\.yaml:1:\d+: more than 64 levels deep$/],
  ['agent.json', '['.repeat(100_000), /^agent\.json:1:1: more than 64 levels deep$/],
])('a file that nests too deep for any parser is told as that: %s', async (path, text, says) => {
  const loaded = await loadConfig(path, { files: new FakeConfigFiles({ [path]: text }), env: {} });
  expect(loaded.kind === 'invalid' ? loaded.issues.map(issueText) : []).toEqual([expect.stringMatching(says)]);
});
