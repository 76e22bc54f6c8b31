/** Whatever stands in a config file, the loader answers: never an exception, always a place and a message. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { configExample } from '../../../src/config/schema/example.ts';
import { type LoadedConfig, loadConfig } from '../../../src/config/load.ts';
import { FakeConfigFiles } from './fake-config-files.ts';

const secret = 'hunter2-never-shown';

const yaml = `region: eu-west-1
bufferBytesMax: 32MiB
credentials: { accessKeyId: "\${KEY:-AKIA}", secretAccessKey: ${secret}, assumeRole: { roleArn: "arn:aws:iam::123456789012:role/x" } }
cloudwatch: { emitMetrics: true, dimensions: { Environment: prod } }
flows:
  - &web
    id: web
    filePattern: [/var/log/nginx/**/access.log*, '/srv/*/logs/*.log']
    exclude: ["*.gz"]
    kinesisStream: web-logs
    partitionKey: { field: user.id }
    aggregation: { format: kpl, recordBytesMax: 51200 }
    multiLineStartPattern: '^\\d{4}-'
    dataProcessingOptions:
      - { optionName: LOGTOJSON, logFormat: COMBINEDAPACHELOG }
      - { optionName: ADDFIELDS, fields: { host: h, env: prod }, file: path }
    routes: [{ when: { field: level, in: [error, warn] }, kinesisStream: errors }]
  - <<: *web
    id: second
    deletedFiles: { keepSecondsMax: 3600 }
`;

const json = `{ // the Java agent's
  "cloudwatch.emitMetrics": "yes", "kinesis.endpoint": "https://kinesis.eu-west-1.amazonaws.com",
  "awsAccessKeyId": "AKIA", "awsSecretAccessKey": "${secret}", "maxConnections": "0x10", /* c */
  "flows": [
    { "filePattern": "/tmp/app.log*", "kinesisStream": "app", "maxBufferAgeMillis": "5000",
      "dataProcessingOptions": [ { "optionName": "CSVTOJSON", "customFieldNames": ["a", 1], "delimiter": "\\\\t" } ] },
    { "filePattern": "/tmp/app.log*", "deliveryStream": "app", "aggregatedRecordSizeBytes": 5120 }
  ] }
`;

type Edit =
  { kind: 'delete' | 'swap' | 'repeat'; at: number; length: number } | { kind: 'insert'; at: number; text: string };

const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('delete' as const, 'swap' as const, 'repeat' as const),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.integer({ min: 1, max: 40 }),
  }),
  fc.record({
    kind: fc.constant('insert' as const),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    text: fc.oneof(
      fc.string({ unit: 'binary', maxLength: 8 }),
      fc.constantFrom(
        '{',
        '}',
        '[',
        ']',
        ':',
        ',',
        '"',
        "'",
        '#',
        '&a ',
        '*a ',
        '<<: ',
        '---\n',
        '\t',
        '- ',
        '${',
        '$${',
        '${X:-',
        '!!binary ',
        '!t ',
        '? ',
        '| ',
        '> ',
        'null',
        '~',
        '.inf',
        '.nan',
        '0x',
        '-1',
        '1e999',
        '__proto__: 1\n',
        '\u0000',
        '\ud800',
        '\r',
      ),
    ),
  }),
);

function mutate(text: string, edits: readonly Edit[]): string {
  return edits.reduce((current, one) => {
    const at = Math.floor(one.at * current.length);
    if (one.kind === 'insert') return current.slice(0, at) + one.text + current.slice(at);
    const piece = current.slice(at, at + one.length);
    if (one.kind === 'delete') return current.slice(0, at) + current.slice(at + one.length);
    if (one.kind === 'repeat') return current.slice(0, at) + piece + current.slice(at);
    return (
      current.slice(0, at) +
      current.slice(at + one.length, at + 2 * one.length) +
      piece +
      current.slice(at + 2 * one.length)
    );
  }, text);
}

function expectAnswer(loaded: LoadedConfig, text: string): void {
  const lines = text.split('\n');
  const issues = [...(loaded.kind === 'invalid' ? loaded.issues : []), ...loaded.warnings];
  if (loaded.kind === 'invalid') expect(loaded.issues.length).toBeGreaterThan(0);
  for (const issue of issues) {
    expect(issue.message.length).toBeGreaterThan(5);
    expect(issue.message).not.toContain('undefined');
    expect(issue.message).not.toContain('[object');
    expect(issue.line).toBeGreaterThanOrEqual(1);
    expect(issue.line).toBeLessThanOrEqual(lines.length);
    expect(issue.column).toBeGreaterThanOrEqual(1);
    expect(issue.column).toBeLessThanOrEqual((lines[issue.line - 1]?.length ?? 0) + 2);
  }
}

async function check(path: string, text: string): Promise<void> {
  const loaded = await loadConfig(path, { files: new FakeConfigFiles({ [path]: text }), env: {} });
  expectAnswer(loaded, text);
}

describe('the loader', () => {
  test.each([
    ['kinship.yaml', yaml],
    ['agent.json', json],
    ['kinship.yaml', configExample()],
  ])('answers for %s after any edits', async (path, original) => {
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 6 }), (edits) => check(path, mutate(original, edits))),
      { numRuns: 400 },
    );
  });

  test.each(['any.yaml', 'any.json'])('answers for %s of any text', async (path) => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 200 }), (text) => check(path, text)),
      { numRuns: 400 },
    );
  });

  test('answers for any JSON value in place of any other', async () => {
    const keys = ['region', 'credentials', 'kinesis', 'flows', 'log', 'bufferBytesMax', 'cloudwatch'];
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.constantFrom(...keys), fc.jsonValue({ maxDepth: 4 })), (value) =>
        check('any.yaml', JSON.stringify(value)),
      ),
      { numRuns: 400 },
    );
  });

  test('never shows a secret that stands in its place', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('secretAccessKey', 'sessionToken', 'proxy'),
        fc.constantFrom(`"${secret}"`, `[${secret}]`, `{ ${secret}: 1 }`),
        async (key, value) => {
          const line = key === 'proxy' ? `proxy: ${value}` : `credentials: { ${key}: ${value} }`;
          const loaded = await loadConfig('a.yaml', {
            files: new FakeConfigFiles({ 'a.yaml': `${line}\nflows: []` }),
            env: {},
          });
          const { warnings } = loaded;
          const issues = loaded.kind === 'invalid' ? loaded.issues : [];
          expect(JSON.stringify([issues, warnings])).not.toContain(secret);
        },
      ),
      { numRuns: 60 },
    );
  });
});
