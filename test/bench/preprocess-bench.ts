/**
 * MB of log per CPU-second of each format, on this machine: `node test/bench/preprocess-bench.ts [name…]`.
 * Batches as the tailer makes them: 1 MiB of lines. CPU time of the whole process, so garbage collection counts.
 */
import { OffsetTracker } from '../../src/core/offset-tracker.ts';
import { RecordBatch } from '../../src/core/record-batch.ts';
import { createPreprocessor, type PreprocessorOptions } from '../../src/preprocess/chain.ts';

const BATCH_BYTES = 1024 * 1024;
const SECONDS = 1.5;

const combined =
  '203.0.113.9 - bob [01/Feb/2024:03:04:05 +0000] "GET /shop/item?id=4711&ref=start HTTP/1.1" 200 5123 "https://example.org/start/page.html" "Mozilla/5.0 (X11; Linux x86_64; rv:122.0) Gecko/20100101 Firefox/122.0"\n';
const json =
  '{"time":"2024-02-01T03:04:05.123Z","level":"info","logger":"shop.cart","message":"item added to cart","user":{"id":4711,"email":"a@example.org"},"duration_ms":12.5}\n';
const step = (optionName: string, more: object = {}) => ({ optionName, ...more }) as PreprocessorOptions['processing'][number];
const names = 'abcdefghij'.split('');

const cases: Readonly<Record<string, { line: string; steps: PreprocessorOptions['processing']; java?: true }>> = {
  combined: { line: combined, steps: [step('LOGTOJSON', { logFormat: 'COMBINEDAPACHELOG' })] },
  'combined java': { line: combined, steps: [step('LOGTOJSON', { logFormat: 'COMBINEDAPACHELOG' })], java: true },
  nginx: { line: combined, steps: [step('LOGTOJSON', { logFormat: 'NGINXACCESSLOG' })] },
  syslog: {
    line: '<34>Mar 12 12:00:08 server2 rcd[308]: Loaded 12 packages in 1.23 seconds from the usual place, nothing to do\n',
    steps: [step('LOGTOJSON', { logFormat: 'SYSLOG' })],
  },
  rfc5424: {
    line: '<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut="3" eventSource="Application" eventID="1011"] An application event log entry\n',
    steps: [step('LOGTOJSON', { logFormat: 'RFC5424SYSLOG' })],
  },
  'csv plain': {
    line: '4711,2024-02-01T03:04:05Z,GET,/shop/item,200,5123,203.0.113.9,Mozilla/5.0 (X11; Linux x86_64),eu-west-1,0.123\n',
    steps: [step('CSVTOJSON', { customFieldNames: names })],
  },
  'csv plain java': {
    line: '4711,2024-02-01T03:04:05Z,GET,/shop/item,200,5123,203.0.113.9,Mozilla/5.0 (X11; Linux x86_64),eu-west-1,0.123\n',
    steps: [step('CSVTOJSON', { customFieldNames: names })],
    java: true,
  },
  'csv quoted': {
    line: '4711,2024-02-01T03:04:05Z,GET,"/shop/item?a=1,2",200,5123,203.0.113.9,"Mozilla/5.0 (X11; ""Linux"" x86_64)",eu-west-1,0.123\n',
    steps: [step('CSVTOJSON', { customFieldNames: names })],
  },
  pattern: {
    line: '2024-02-01 03:04:05,123 [main-thread-7] INFO  org.example.shop.Cart - item 4711 added to the cart of user 12\n',
    steps: [
      step('LOGTOJSON', {
        matchPattern:
          '(?<time>\\d{4}-\\d{2}-\\d{2} \\d{2}:\\d{2}:\\d{2},\\d{3}) \\[(?<thread>[^\\]]*)\\] (?<level>[A-Z]+) +(?<logger>\\S+) - (?<message>.*)',
      }),
    ],
  },
  'json check': { line: json, steps: [step('JSON')] },
  'json flatten': { line: json, steps: [step('JSON', { flatten: true, drop: ['logger'] })] },
  addfields: { line: json, steps: [step('ADDFIELDS', { fields: { env: 'prod' }, file: 'path', offset: 'offset', time: '@timestamp' })] },
  logfmt: {
    line: 'time=2024-02-01T03:04:05Z level=info logger=shop.cart msg="item added to cart" user=4711 duration=12.5ms\n',
    steps: [step('LOGFMT')],
  },
  'filter regex': { line: combined, steps: [step('FILTER', { exclude: 'healthcheck|favicon' })] },
  'filter field': { line: json, steps: [step('FILTER', { field: 'level', notIn: ['debug'] })] },
  'redact email': { line: json, steps: [step('REDACT', { kinds: ['email', 'card'] })] },
  timestamp: { line: json, steps: [step('TIMESTAMP', { field: 'time' })] },
  cri: { line: `2024-02-01T03:04:05.123456789Z stdout F ${json}`, steps: [step('CONTAINER')] },
  'single line': { line: combined, steps: [step('SINGLELINE')] },
};

function batchOf(line: string): RecordBatch {
  const bytes = Buffer.from(line);
  const count = Math.floor(BATCH_BYTES / bytes.length);
  const batch = new RecordBatch();
  batch.reset(Buffer.alloc(count * bytes.length, bytes));
  for (let i = 0; i < count; i += 1) batch.push(i * bytes.length, (i + 1) * bytes.length, i * bytes.length, bytes.length);
  return batch;
}

function measure(name: string): void {
  const wanted = cases[name];
  if (wanted === undefined) throw new Error(`no case is called ${name}`);
  const chain = createPreprocessor({
    processing: wanted.steps,
    compatibility: wanted.java === true ? 'amazon-kinesis-agent' : 'native',
    environment: {
      hostName: 'bench',
      instanceMetadata: { ec2: () => undefined, ecs: () => undefined },
      utcOffsetMinutes: () => 0,
    },
    flow: 'bench',
    events: { emit: (event, fields) => console.error(event, fields) },
  });
  if (chain === undefined) throw new Error('the chain has a step');
  const batch = batchOf(wanted.line);
  const tracker = new OffsetTracker({ startOffset: 1, onResolve: () => undefined });
  const run = () => {
    const span = tracker.open(batch.buffer.length, Buffer.alloc(0));
    const output = chain.process(batch, { path: '/var/log/bench.log', span, wallMs: 1_700_000_000_000 });
    span.resolve('delivered', batch.buffer.length, output.count);
    return output.count === 0 ? 0 : (output.ends[output.count - 1] as number);
  };
  for (let i = 0; i < 30; i += 1) run();
  const before = process.cpuUsage();
  let rounds = 0;
  let bytesOut = 0;
  while (process.cpuUsage(before).user < SECONDS * 1e6) {
    for (let i = 0; i < 5; i += 1) bytesOut += run();
    rounds += 5;
  }
  const used = process.cpuUsage(before);
  const seconds = (used.user + used.system) / 1e6;
  const megabytes = (bytes: number) => Math.round(bytes / seconds / 1e6);
  const parsed = batch.count * 30 > chain.unparsableCount ? '' : '   NOTHING PARSES';
  console.log(`${name.padEnd(16)} ${String(megabytes(rounds * batch.buffer.length)).padStart(6)} MB/s in ${String(megabytes(bytesOut)).padStart(6)} MB/s out${parsed}`);
}

const asked = process.argv.slice(2);
for (const name of asked.length > 0 ? asked : Object.keys(cases)) measure(name);
