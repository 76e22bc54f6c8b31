/** The Java agent's agent.json: the AWS documentation's examples, its keys one by one, its ways of writing values. */
import { describe, expect, test } from 'vitest';
import { agentDifferences } from '../../../src/config/agent-differences.ts';
import { agentFlowKeys, agentRootKeys } from '../../../src/config/java-agent/agent-keys.ts';
import { issueText } from '../../../src/config/issues/config-issue.ts';
import { loadConfig } from '../../../src/config/load.ts';
import type { AgentConfig, FlowConfig } from '../../../src/config/model.ts';
import { FakeConfigFiles } from './fake-config-files.ts';

const path = '/etc/aws-kinesis/agent.json';

async function load(text: string, more: Readonly<Record<string, string>> = {}) {
  const loaded = await loadConfig(path, { files: new FakeConfigFiles({ [path]: text, ...more }), env: {} });
  if (loaded.kind === 'invalid') throw new Error(loaded.issues.map(issueText).join('\n'));
  return { config: loaded.config, warnings: loaded.warnings.map((warning) => warning.message) };
}

const withRoot = (lines: string) =>
  `{ ${lines}, "flows": [ { "filePattern": "/tmp/app.log*", "kinesisStream": "app" } ] }`;
const withFlow = (lines: string) =>
  `{ "flows": [ { "filePattern": "/tmp/app.log*", "kinesisStream": "app", ${lines} } ] }`;
const withFirehose = (lines: string) =>
  `{ "flows": [ { "filePattern": "/tmp/app.log*", "deliveryStream": "d", ${lines} } ] }`;

const endpointWithoutRegion = (service: string) =>
  `${service}.endpoint names no region: us-east-1 is used, as in the Java agent; set ${service}.region where it is another`;

/** Sources: Kinesis Data Streams developer guide and Data Firehose developer guide, "Write … using Kinesis Agent". */
const documented: readonly (readonly [title: string, text: string, flows: readonly object[]])[] = [
  [
    'a stream',
    '{ "flows": [ { "filePattern": "/tmp/app.log*", "kinesisStream": "yourkinesisstream" } ] }',
    [{ id: 'kinesis:yourkinesisstream:/tmp/app.log*', producer: { aggregation: { format: 'none' } } }],
  ],
  [
    'a delivery stream',
    '{ "flows": [ { "filePattern": "/tmp/app.log*", "deliveryStream": "yourdeliverystream" } ] }',
    [
      {
        id: 'fh:yourdeliverystream:/tmp/app.log*',
        aws: { region: 'us-east-1' },
        producer: { aggregation: { format: 'none' } },
      },
    ],
  ],
  [
    'two directories, two services, two endpoints',
    `{
      "cloudwatch.emitMetrics": true,
      "kinesis.endpoint": "https://your/kinesis/endpoint",
      "firehose.endpoint": "https://your/firehose/endpoint",
      "flows": [
        { "filePattern": "/tmp/app1.log*", "kinesisStream": "yourkinesisstream" },
        { "filePattern": "/tmp/app2.log*", "deliveryStream": "yourfirehosedeliverystream" }
      ]
    }`,
    [
      { destination: { kind: 'kinesis' }, aws: { kinesis: { endpoint: 'https://your/kinesis/endpoint' } } },
      {
        destination: { kind: 'firehose' },
        aws: { firehose: { endpoint: 'https://your/firehose/endpoint' }, region: 'us-east-1' },
      },
    ],
  ],
  [
    'Apache common log to JSON',
    withFlow('"dataProcessingOptions": [ { "optionName": "LOGTOJSON", "logFormat": "COMMONAPACHELOG" } ]'),
    [
      {
        preprocess: {
          compatibility: 'amazon-kinesis-agent',
          dataProcessingOptions: [{ optionName: 'LOGTOJSON', logFormat: 'COMMONAPACHELOG' }],
        },
      },
    ],
  ],
  [
    'custom fields',
    withFlow(
      '"dataProcessingOptions": [ { "optionName": "LOGTOJSON", "logFormat": "COMMONAPACHELOG", "customFieldNames": ["f1", "f2", "f3", "f4", "f5", "f6", "f7"] } ]',
    ),
    [{ preprocess: { dataProcessingOptions: [{ customFieldNames: ['f1', 'f2', 'f3', 'f4', 'f5', 'f6', 'f7'] }] } }],
  ],
  [
    'metadata whose numbers and order of keys JavaScript would not keep',
    withFlow(
      '"dataProcessingOptions": [ { "optionName": "ADDMETADATA", "metadata": { "b": 1.0, /* c */ "1": [12345678901234567890, 1e5, "x"] } } ]',
    ),
    [{ preprocess: { dataProcessingOptions: [{ metadataJson: '{"b":1.0,"1":[12345678901234567890,1e5,"x"]}' }] } }],
  ],
  [
    'metadata that JavaScript keeps as it is',
    withFlow('"dataProcessingOptions": [ { "optionName": "ADDMETADATA", "metadata": { "b": 1.5, "a": [true, 7] } } ]'),
    [{ preprocess: { dataProcessingOptions: [{ metadata: { b: 1.5, a: [true, 7] } }] } }],
  ],
  [
    'multi-line records, then CSV by tabs',
    withFlow(
      String.raw`"multiLineStartPattern": "\\[SEQUENCE=", "dataProcessingOptions": [ { "optionName": "SINGLELINE" },
        { "optionName": "CSVTOJSON", "customFieldNames": [ "field1", "field2", "field3" ], "delimiter": "\\t" } ]`,
    ),
    [
      {
        tail: { multiLineStartPattern: String.raw`\[SEQUENCE=` },
        preprocess: {
          dataProcessingOptions: [{ optionName: 'SINGLELINE' }, { optionName: 'CSVTOJSON', delimiter: String.raw`\t` }],
        },
      },
    ],
  ],
  [
    'a match pattern',
    withFlow(
      String.raw`"dataProcessingOptions": [ { "optionName": "LOGTOJSON", "logFormat": "COMMONAPACHELOG",
        "matchPattern": "^([\\d.]+) (\\S+) (\\S+) \\[([\\w:/]+\\s[+\\-]\\d{4})\\] \"(.+?)\" (\\d{3})",
        "customFieldNames": ["host", "ident", "authuser", "datetime", "request", "response"] } ]`,
    ),
    [
      {
        preprocess: {
          dataProcessingOptions: [
            { matchPattern: String.raw`^([\d.]+) (\S+) (\S+) \[([\w:/]+\s[+\-]\d{4})\] "(.+?)" (\d{3})` },
          ],
        },
      },
    ],
  ],
];

describe('examples of the AWS documentation', () => {
  test.each(documented)('%s: loads without a warning of its own and means the same', async (_title, text, flows) => {
    const { config, warnings } = await load(text);
    const placeholders = text.matchAll(/"(\w+)\.endpoint": "https:\/\/your\//g);
    expect(warnings).toEqual([...placeholders].map(([, service = '']) => endpointWithoutRegion(service)));
    expect(config.compatibility).toBe('amazon-kinesis-agent');
    expect(config.flows).toMatchObject(flows);
  });
});

describe('values', () => {
  test.each([
    ['"0x10"', 16],
    ['"010"', 8],
    ['"#10"', 16],
    ['"+16"', 16],
    ['16', 16],
  ])('maxConnections %s is %d', async (written, value) => {
    const { config } = await load(withRoot(`"maxConnections": ${written}`));
    expect([config.aws.kinesis.maxConnections, config.aws.firehose.maxConnections]).toEqual([value, value]);
  });

  test.each([
    ['"T"', true],
    ['"Yes"', true],
    ['1', true],
    ['"f"', false],
    ['"NO"', false],
    ['0', false],
  ])('cloudwatch.emitMetrics %s is %s', async (written, value) => {
    const { config } = await load(withRoot(`"cloudwatch.emitMetrics": ${written}`));
    expect(config.telemetry.cloudwatch.emitMetrics).toBe(value);
  });

  test('numbers stand for text', async () => {
    const { config } = await load('{ "flows": [ { "filePattern": "/a", "kinesisStream": 2024 } ] }');
    expect(config.flows[0]?.destination.stream).toBe('2024');
  });

  test('null is as if the key were not there', async () => {
    const { config, warnings } = await load(withFlow('"skipHeaderLines": null'));
    expect(config.flows[0]?.tail.skipHeaderLines).toBe(0);
    expect(warnings).toEqual(['"skipHeaderLines" is null: taken as not set']);
  });

  test('an empty endpoint is not set; one without scheme is https', async () => {
    const { config } = await load(
      withRoot('"kinesis.endpoint": "", "cloudwatch.endpoint": "monitoring.eu-west-1.amazonaws.com"'),
    );
    expect(config.aws.kinesis.endpoint).toBeUndefined();
    expect(config.telemetry.cloudwatch).toMatchObject({
      endpoint: 'https://monitoring.eu-west-1.amazonaws.com',
      region: 'eu-west-1',
    });
  });

  test('the last of two equal keys holds', async () => {
    const { config, warnings } = await load(withRoot('"kinesis.region": "eu-west-1",\n"kinesis.region": "eu-west-2"'));
    expect(config.flows[0]?.aws.region).toBe('eu-west-2');
    expect(warnings).toEqual(['"kinesis.region" stands again in line 2: that one holds']);
  });

  test.each(['}', 'x', '{ "flows": [] }', '/* open', '"open'])('text after the end is ignored, with a warning: %s', async (rest) => {
    const { config, warnings } = await load(`${withFlow('"skipHeaderLines": 1')} // the end\n  ${rest}`);
    expect(config.flows[0]?.tail.skipHeaderLines).toBe(1);
    expect(warnings).toEqual(['what stands after the end of the config is ignored, as in the Java agent']);
  });

  test('keys of kinship may stand beside, flat or nested', async () => {
    const { config, warnings } = await load(
      withRoot('"kinesis.protocol": "json", "prometheus": { "listen": "127.0.0.1:9464" }, "bufferBytesMax": "16MiB"'),
    );
    expect(warnings).toEqual([]);
    expect(config.aws.kinesis.protocol).toBe('json');
    expect(config.telemetry.prometheus.listen).toBe('127.0.0.1:9464');
    expect(config.tail.bufferBytesMax).toBe(16 * 1024 ** 2);
  });
});

describe('regions', () => {
  test.each([
    ['"kinesis.region": "eu-west-1"', 'eu-west-1'],
    ['"kinesis.endpoint": "kinesis.eu-central-1.amazonaws.com"', 'eu-central-1'],
    ['"kinesis.endpoint": "https://vpce-1-2.kinesis.us-west-2.vpce.amazonaws.com"', 'us-west-2'],
    ['"kinesis.endpoint": "kinesis.cn-north-1.amazonaws.com.cn"', 'cn-north-1'],
    ['"kinesis.endpoint": "kinesis.us-gov-west-1.amazonaws.com"', 'us-gov-west-1'],
    ['"kinesis.endpoint": "kinesis.eu-central-1.amazonaws.com", "kinesis.region": "eu-west-1"', 'eu-west-1'],
    ['"kinesis.endpoint": "http://localhost:4567"', 'us-east-1'],
    ['"log.emitMetrics": false', undefined],
  ])('%s: %s', async (root, region) => {
    expect((await load(withRoot(root))).config.flows[0]?.aws.region).toBe(region);
  });

  test.each([
    ['"skipHeaderLines": 0', '', 'us-east-1'],
    ['"skipHeaderLines": 0', '"firehose.endpoint": "firehose.eu-west-1.amazonaws.com",', 'eu-west-1'],
  ])('a delivery stream is in us-east-1 unless its endpoint says otherwise', async (flow, root, region) => {
    const { config } = await load(withFirehose(flow).replace('{', `{ ${root}`));
    expect(config.flows[0]?.aws.region).toBe(region);
  });

  test.each(['kinesis', 'firehose', 'cloudwatch'])('an endpoint of %s that names no region is signed for us-east-1, with a warning', async (service) => {
    const { config, warnings } = await load(withFirehose('"skipHeaderLines": 0').replace('{', `{ "${service}.endpoint": "proxy.local",`));
    expect({ ...config.aws, cloudwatch: config.telemetry.cloudwatch }).toMatchObject({ [service]: { region: 'us-east-1' } });
    expect(warnings).toEqual([endpointWithoutRegion(service)]);
  });

  test.each(['kinesis', 'firehose', 'cloudwatch'])('an endpoint of %s that names no region needs no warning where one is set', async (service) => {
    const { config, warnings } = await load(withRoot(`"${service}.endpoint": "proxy.local", "${service}.region": "eu-west-1"`));
    expect({ ...config.aws, cloudwatch: config.telemetry.cloudwatch }).toMatchObject({ [service]: { region: 'eu-west-1' } });
    expect(warnings).toEqual([]);
  });
});

describe('a delivery stream beside streams of another region', () => {
  const both = (root: string, delivery = '"deliveryStream": "d"') =>
    `{ ${root}, "flows": [ { "filePattern": "/a", "kinesisStream": "s" }, { "filePattern": "/b", ${delivery} } ] }`;
  const elsewhere = (region: string) =>
    `delivery streams are looked for in us-east-1, the Java agent's default, not in ${region}: set firehose.region where they are not there`;

  test.each([
    ['"kinesis.region": "eu-west-1"', 'eu-west-1'],
    ['"kinesis.endpoint": "kinesis.eu-central-1.amazonaws.com"', 'eu-central-1'],
  ])('is in us-east-1 with a warning: %s', async (root, region) => {
    const { config, warnings } = await load(both(root));
    expect(config.flows.map(({ aws }) => [aws.region, aws.regionIsJavaDefault])).toEqual([[region, false], ['us-east-1', true]]);
    expect(warnings).toEqual([elsewhere(region)]);
  });

  test.each([
    [both('"kinesis.region": "us-east-1"')],
    [both('"cloudwatch.emitMetrics": false')],
    [both('"kinesis.region": "eu-west-1", "firehose.region": "us-east-1"')],
    [both('"kinesis.region": "eu-west-1", "firehose.endpoint": "firehose.us-east-1.amazonaws.com"')],
    [both('"kinesis.region": "eu-west-1"', '"deliveryStream": "d", "region": "eu-west-2"')],
    [both('"kinesis.region": "eu-west-1"', '"deliveryStream": "arn:aws:firehose:eu-west-1:000000000000:deliverystream/d"')],
    [withRoot('"kinesis.region": "eu-west-1"')],
  ])('needs no warning if its region is set, or if there is no delivery stream: %s', async (text) => {
    expect((await load(text)).warnings).toEqual([]);
  });

  test('is in the one region that is set, which is no default', async () => {
    const { config } = await load(both('"region": "eu-west-1"'));
    expect(config.flows.map(({ aws }) => [aws.region, aws.regionIsJavaDefault])).toEqual([['eu-west-1', false], ['eu-west-1', false]]);
  });
});

describe('credentials', () => {
  test('a role is assumed with the session name of the Java agent', async () => {
    const arn = 'arn:aws:iam::123456789012:role/ship';
    const { config } = await load(
      withRoot(`"assumeRoleARN": "${arn}", "assumeRoleExternalId": "x", "sts.endpoint": "sts.eu-west-1.amazonaws.com"`),
    );
    expect(config.aws.credentials?.assumeRole).toEqual({
      roleArn: arn,
      sessionName: 'AWSKinesisAgent',
      durationSeconds: 3600,
      externalId: 'x',
      stsEndpoint: 'https://sts.eu-west-1.amazonaws.com',
    });
  });

  test('keys about a role without one have no effect', async () => {
    const { config, warnings } = await load(withRoot('"assumeRoleExternalId": "x"'));
    expect(config.aws.credentials?.assumeRole).toBeUndefined();
    expect(warnings).toEqual(['without assumeRoleARN no role is assumed: the other keys about it have no effect']);
  });

  test('a key in a file others can read is a warning here: the Java agent took it', async () => {
    const { config, warnings } = await load(withRoot('"awsAccessKeyId": "AKIA", "awsSecretAccessKey": "hidden"'));
    expect(config.aws.credentials).toEqual({ accessKeyId: 'AKIA', secretAccessKey: 'hidden' });
    expect(warnings).toEqual([
      `a secret key in a file that others can read: chmod 600 ${path}, or better use a role or a profile`,
    ]);
  });
});

/** A value each key takes, where it is not 1. */
const values: Readonly<Record<string, string>> = {
  'kinesis.endpoint': '"https://kinesis.eu-west-1.amazonaws.com"',
  'firehose.endpoint': '"https://firehose.eu-west-1.amazonaws.com"',
  'cloudwatch.endpoint': '"https://monitoring.eu-west-1.amazonaws.com"',
  'kinesis.region': '"eu-west-1"',
  'sts.endpoint': '"https://sts.amazonaws.com"',
  assumeRoleARN: '"arn:aws:iam::123456789012:role/x"',
  connectionTimeoutMillis: '10000',
  socketTimeoutMillis: '50000',
  awsAccessKeyId: '"A", "awsSecretAccessKey": "B"',
  awsSecretAccessKey: '"B", "awsAccessKeyId": "A"',
};

describe('every key of the Java agent', () => {
  test.each([...agentRootKeys])('%s is honoured or answered', async (key, rule) => {
    const { config, warnings } = await load(withRoot(`"${key}": ${values[key] ?? '1'}`));
    if (rule.kind === 'answered') expect(warnings).toEqual([`"${key}" has no effect: ${rule.instead}`]);
    else expect(warnings.filter((warning) => warning.includes(`"${key}"`))).toEqual([]);
    expect(config.flows).toHaveLength(1);
  });

  test.each([...agentFlowKeys])('%s of a flow is honoured or answered', async (key, rule) => {
    const { warnings } = await load(withFlow(`"${key}": 1`));
    if (rule.kind === 'answered') expect(warnings).toEqual([`"${key}" has no effect: ${rule.instead}`]);
  });

  test.each([
    ['"maxBufferAgeMillis": "1000"', { producer: { recordMaxBufferedTimeMillis: 1000 } }],
    ['"initialPosition": "START_OF_FILE"', { tail: { initialPosition: 'START_OF_FILE' } }],
    ['"skipHeaderLines": "2"', { tail: { skipHeaderLines: 2 } }],
    [
      '"retryInitialBackoffMillis": 50, "retryMaxBackoffMillis": 5000',
      { producer: { retryInitialBackoffMillis: 50, retryMaxBackoffMillis: 5000 } },
    ],
    ['"multiLineStartPattern": ""', { tail: { multiLineStartPattern: undefined } }],
    ['"truncatedRecordTerminator": "!"', { producer: { truncatedRecordTerminator: '!' } }],
    ['"truncatedRecordTerminator": ""', { producer: { truncatedRecordTerminator: '' } }],
    ['"retryInitialBackoffMillis": 0', { producer: { retryInitialBackoffMillis: 0 } }],
    ['"partitionKeyOption": "DETERMINISTIC"', { route: { partitionKey: { kind: 'md5' } } }],
    ['"partitionKeyOption": "RANDOM"', { route: { partitionKey: { kind: 'random' } } }],
  ])('%s means what it meant', async (lines, expected) => {
    const { config, warnings } = await load(withFlow(lines));
    expect(config.flows[0]).toMatchObject(expected);
    expect(warnings).toEqual([]);
  });

  test.each([
    [
      withFlow('"aggregatedRecordSizeBytes": 5120'),
      '"aggregatedRecordSizeBytes" has no effect, as in the Java agent: it is for delivery streams; aggregation: {"format": "newline"} does it for data streams',
    ],
    [
      withFlow('"deliveryStream": "d"'),
      '"kinesisStream" has no effect, as in the Java agent: deliveryStream is set and wins',
    ],
    [
      withFlow('"dataProcessingOptions": {}'),
      '"dataProcessingOptions" has no effect, as in the Java agent: it must be a list',
    ],
    [
      withFlow('"dataProcessingOptions": [ { "optionName": "ADDBRACKETS", "x": 1 } ]'),
      'unknown key "x" is ignored, as the Java agent does',
    ],
    [
      withFlow('"shutdownTimeoutMillis": 1'),
      '"shutdownTimeoutMillis" is ignored here, as in the Java agent: it belongs to the top of the file',
    ],
    [
      withFlow('"skipHeaderLine": 1'),
      'unknown key "skipHeaderLine" is ignored, as the Java agent does (did you mean "skipHeaderLines"?)',
    ],
    [
      withRoot('"skipHeaderLines": 1'),
      '"skipHeaderLines" is ignored here, as in the Java agent: it belongs into each flow it is meant for',
    ],
    [withRoot('"colour": "red"'), 'unknown key "colour" is ignored, as the Java agent does'],
    [
      withFirehose('"partitionKeyOption": "RANDOM"'),
      '"partitionKeyOption" has no effect, as in the Java agent: delivery streams have no partition keys',
    ],
    [
      withFirehose('"aggregatedRecordSizeBytes": 5120, "multiLineStartPattern": "a"'),
      '"aggregatedRecordSizeBytes" has no effect, as in the Java agent: records of several lines are not packed',
    ],
    [
      withRoot('"checkpointFile": "/var/lib/x/checkpoints"'),
      'positions are kept in /var/lib/x/checkpoints.kinship.db, beside those of the Java agent',
    ],
  ])('%s warns', async (text, warning) => {
    expect((await load(text)).warnings).toEqual([warning]);
  });

  test('** in a file name is * there', async () => {
    const { config } = await load(
      String.raw`{ "flows": [ { "filePattern": "/var/log/**", "kinesisStream": "s" }, { "filePattern": "/var/**/x", "kinesisStream": "s" },
        { "filePattern": "/var/x\\**", "kinesisStream": "s" } ] }`,
    );
    expect(config.flows.map((flow) => flow.tail.filePattern)).toEqual([['/var/log/*'], ['/var/**/x'], [String.raw`/var/x\**`]]);
  });
});

describe('a number that the Java agent takes and kinship does not becomes the nearest one that it does, with a warning', () => {
  test.each([
    ['socketTimeoutMillis', '0', 600_000, 'which is without limit in the Java agent; the most that kinship takes is used: 600000'],
    ['socketTimeoutMillis', '900000', 600_000, 'the most that kinship takes is used: 600000'],
    ['socketTimeoutMillis', '5', 100, 'the least that kinship takes is used: 100'],
  ])('%s: %s', async (key, written, taken, text) => {
    const { config, warnings } = await load(withRoot(`"${key}": ${written}`));
    expect(config.aws.kinesis.requestTimeoutMillis).toBe(taken);
    expect(config.aws.firehose.requestTimeoutMillis).toBe(taken);
    expect(warnings).toEqual([`"${key}" is ${written}, ${text}`]);
  });

  test.each<[string, (config: AgentConfig) => unknown, unknown]>([
    ['"connectionTimeoutMillis": "0"', ({ aws }) => aws.kinesis.connectTimeoutMillis, 300_000],
    ['"maxConnections": 2000', ({ aws }) => aws.firehose.maxConnections, 1024],
    ['"checkpointTimeToLiveDays": 0', ({ checkpoint }) => checkpoint.checkpointTimeToLiveDays, 1],
    ['"shutdownTimeoutMillis": 1000000', ({ agent }) => agent.shutdownTimeoutMillis, 900_000],
    ['"log.statusReportingPeriodSeconds": -1', ({ telemetry }) => telemetry.log.progressSeconds, 0],
  ])('%s at the top', async (written, valueOf, taken) => {
    const { config, warnings } = await load(withRoot(written));
    expect(valueOf(config)).toBe(taken);
    expect(warnings).toEqual([expect.stringContaining(`${written.split(':')[0]} is `)]);
    expect(warnings).toEqual([expect.stringMatching(new RegExp(`kinship takes is used: ${String(taken)}$`))]);
  });

  test.each<[string, (flow: FlowConfig) => unknown, unknown]>([
    ['"skipHeaderLines": "-0x3"', ({ tail }) => tail.skipHeaderLines, 0],
    ['"skipHeaderLines": -1', ({ tail }) => tail.skipHeaderLines, 0],
    ['"skipHeaderLines": 100000', ({ tail }) => tail.skipHeaderLines, 10_000],
    ['"retryMaxBackoffMillis": 9000000', ({ producer }) => producer.retryMaxBackoffMillis, 900_000],
  ])('%s of a flow', async (written, valueOf, taken) => {
    const { config, warnings } = await load(withFlow(written));
    expect(config.flows.map(valueOf)).toEqual([taken]);
    expect(warnings).toEqual([expect.stringMatching(new RegExp(`^${written.split(':')[0]} is .* kinship takes is used: ${String(taken)}$`))]);
  });

  test.each([
    ['"retryInitialBackoffMillis": 20000', 10_000, '"retryInitialBackoffMillis" is 20000, more than "retryMaxBackoffMillis": 10000 is used for both'],
    ['"retryMaxBackoffMillis": "10"', 10, '"retryInitialBackoffMillis", by default 100, more than "retryMaxBackoffMillis": 10 is used for both'],
    ['"retryInitialBackoffMillis": 50, "retryMaxBackoffMillis": 40', 40, '"retryInitialBackoffMillis" is 50, more than "retryMaxBackoffMillis": 40 is used for both'],
  ])('the first wait is never longer than the longest: %s', async (written, waitMs, warning) => {
    const { config, warnings } = await load(withFlow(written));
    expect(config.flows[0]?.producer).toMatchObject({ retryInitialBackoffMillis: waitMs, retryMaxBackoffMillis: waitMs });
    expect(warnings).toEqual([warning]);
  });
});

test.each([
  ['/opt/app[1/x*.log', String.raw`/opt/app\[1/x*.log`],
  ['/opt/{a*/[x]/y.log', String.raw`/opt/\{a\*/[x]/y.log`],
  ['/opt/*/{a,b}.log', '/opt/*/{a,b}.log'],
])('a directory whose name would be a broken glob is taken as that directory: %s', async (written, pattern) => {
  const { config, warnings } = await load(`{ "flows": [ { "filePattern": "${written}", "kinesisStream": "s" } ] }`);
  expect(config.flows[0]?.tail.filePattern).toEqual([pattern]);
  expect(warnings).toEqual([]);
});

describe('agent.d', () => {
  const directory = '/etc/aws-kinesis/agent.d';

  test('adds its flows, whatever the names, and nothing else', async () => {
    const { config, warnings } = await load('{ "flows": [] }', {
      [`${directory}/b`]:
        '{ "flows": [ { "filePattern": "/b", "kinesisStream": "s" } ], "kinesis.region": "eu-west-1" }',
      [`${directory}/a.json`]: '{ /* first */ "flows": [ { "filePattern": "/a", "kinesisStream": "s" } ] }',
      [`${directory}/a.json~`]: '{ "flows": [ { "filePattern": "/a", "kinesisStream": "s" } ] }',
      [`${directory}/.a.json.swp`]: 'b0VIM',
      [`${directory}/broken.json`]: '{ "flows": [ }',
      [`${directory}/list.json`]: '[]',
      [`${directory}/one-flow.json`]: '{ "flows": { "filePattern": "/c", "kinesisStream": "s" } }',
    });
    expect(config.flows.map((flow) => flow.id)).toEqual(['kinesis:s:/a', 'kinesis:s:/b']);
    expect(config.flows[0]?.aws.region).toBeUndefined();
    expect(warnings.toSorted()).toEqual([
      '"kinesis.region" has no effect in agent.d, as in the Java agent: only flows',
      'the file is left out: a section with flows is expected here',
      'the file is left out: a value is expected here (a comma before ] is one too many)',
      'the file is left out: by its name an editor or a package manager left it behind',
      'the file is left out: by its name an editor or a package manager left it behind',
      'the file is left out: flows must be a list',
    ]);
  });

  test('is enough where the main file has no flows, which stops the Java agent', async () => {
    const { config } = await load('{}', {
      [`${directory}/a.json`]: '{ "flows": [ { "filePattern": "/a", "kinesisStream": "s" } ] }',
    });
    expect(config.flows).toHaveLength(1);
  });
});

test('only the differences that apply are listed', async () => {
  const plain = agentDifferences((await load(withFlow('"skipHeaderLines": 0'))).config);
  const rich = agentDifferences(
    (
      await load(
        withFlow('"multiLineStartPattern": "a", "partitionKeyOption": "DETERMINISTIC"').replace(
          '/tmp/app',
          '/tmp/*/app',
        ),
      )
    ).config,
  );
  expect(rich.length).toBe(plain.length + 3);
  for (const line of [...plain, ...rich]) expect(line).toMatch(/\.$/);
});

test.each([
  { title: 'half a key is none, as there', text: withRoot('"awsSecretAccessKey": "x"'), warning: '"awsSecretAccessKey" has no effect without "awsAccessKeyId", as in the Java agent: credentials come from the default chain' },
  { title: 'a variable stays as it is written', text: withFlow('"partitionKeyOption": "RANDOM"').replace('app.log', '${HOSTNAME:-a}.log'), warning: '${HOSTNAME} is no variable here, as in the Java agent: write what it stands for (a config in YAML has variables)' },
  { title: 'a key of kinship for the top of the file', text: withFlow('"checkpointFile": "/a"'), warning: '"checkpointFile" is ignored here, as in the Java agent: it belongs to the top of the file' },
  { title: 'parse options that are no list', text: withFlow('"dataProcessingOptions": [{ "optionName": "SINGLELINE", "parseOptions": "NO_TRIM" }]'), warning: '"parseOptions" has no effect, as in the Java agent: it must be a list, such as ["NO_TRIM"]' },
  { title: 'a parse option that it does not know', text: withFlow('"dataProcessingOptions": [{ "optionName": "SINGLELINE", "parseOptions": ["no_trim", "NO_TRIM"] }]'), warning: '"no_trim" has no effect, as in the Java agent: parseOptions knows NO_TRIM and ESCAPE_NEW_LINE' },
  { title: 'a time that is none', text: withFlow('"dataProcessingOptions": [{ "optionName": "ADDEC2METADATA", "logFormat": "SYSLOG", "metadataTTL": "1h" }]'), warning: '"metadataTTL" has no effect, as in the Java agent: it must be a whole number of seconds, 1 or more' },
])('what has no effect is told: $title', async ({ text, warning }) => {
  expect((await load(text)).warnings).toEqual([warning]);
});

test('half a key is left out', async () => {
  const { config } = await load(withRoot('"awsAccessKeyId": "AKIAIOSFODNN7EXAMPLE"'));
  expect(config.flows[0]?.aws.credentials?.accessKeyId).toBeUndefined();
});

test('who changes over is told how no line is left out between the two agents, where that can be', async () => {
  const differences = async (position: string) => agentDifferences((await load(withFlow(`"initialPosition": "${position}"`))).config).join('\n');
  expect(await differences('END_OF_FILE')).toContain('start kinship first, then stop the Java agent');
  expect(await differences('START_OF_FILE')).not.toContain('stop the Java agent');
});

test('what is processed and then packed is told as different', async () => {
  const { config } = await load(withFirehose('"aggregatedRecordSizeBytes": 5000, "dataProcessingOptions": [{ "optionName": "SINGLELINE" }]'));
  expect(agentDifferences(config).join('\n')).toContain('lines are processed one by one, then packed');
});
