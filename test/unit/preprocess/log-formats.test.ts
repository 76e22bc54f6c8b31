import { expect, test } from 'vitest';
import { convert, javaChain, nativeChain, texts } from './harness.ts';

type Row = readonly [name: string, format: string, line: string, expected: unknown];

const access = { ident: null, authuser: 'frank', datetime: '10/Oct/2000:13:55:36 -0700', request: 'GET /apache_pb.gif HTTP/1.0', response: '200', bytes: '2326' };
const longAgent = 'Mozilla/4.08 [en] (Win98; I ;Nav)';

const rows: readonly Row[] = [
  // Apache HTTP Server documentation, "Log Files".
  [
    'the Common Log Format of the Apache documentation',
    'COMMONAPACHELOG',
    '127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif HTTP/1.0" 200 2326',
    { host: '127.0.0.1', ...access },
  ],
  [
    'the Combined Log Format of the Apache documentation',
    'COMBINEDAPACHELOG',
    `127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif HTTP/1.0" 200 2326 "http://www.example.com/start.html" "${longAgent}"`,
    { host: '127.0.0.1', ...access, referer: 'http://www.example.com/start.html', agent: longAgent },
  ],
  [
    'an IPv6 client, a user with an at sign, an empty request',
    'COMMONAPACHELOG',
    '2001:db8::1 - frank@example.org [10/Oct/2000:13:55:36 -0700] "" 408 -',
    { ...access, host: '2001:db8::1', authuser: 'frank@example.org', request: '', response: '408', bytes: null },
  ],
  [
    'escaped quotes and backslashes, decoded',
    'COMBINEDAPACHELOG',
    String.raw`h - - [d] "GET /\"x\" HTTP/1.1" 200 1 "-" "a \\ b \x41 \xc3\xa9"`,
    { host: 'h', ident: null, authuser: null, datetime: 'd', request: 'GET /"x" HTTP/1.1', response: '200', bytes: '1', referer: null, agent: 'a \\ b A é' },
  ],
  [
    'escapes of bytes that are no text, as they stand',
    'COMMONAPACHELOG',
    String.raw`h - - [d] "\x16\x03\xff" 400 0`,
    { host: 'h', ident: null, authuser: null, datetime: 'd', request: String.raw`\x16\x03\xff`, response: '400', bytes: '0' },
  ],
  [
    'a longer format of the user, with the rest kept',
    'COMMONAPACHELOG',
    'h - - [d] "GET /" 200 1 0.125 "x"',
    { host: 'h', ident: null, authuser: null, datetime: 'd', request: 'GET /', response: '200', bytes: '1', rest: '0.125 "x"' },
  ],
  // nginx documentation, ngx_http_log_module: `combined`; packaged nginx.conf: `main`.
  [
    'nginx combined',
    'NGINXACCESSLOG',
    '203.0.113.9 - bob [01/Feb/2024:03:04:05 +0000] "GET / HTTP/2.0" 304 0 "-" "curl/8.0"',
    { remote_addr: '203.0.113.9', remote_user: 'bob', time_local: '01/Feb/2024:03:04:05 +0000', request: 'GET / HTTP/2.0', status: '304', body_bytes_sent: '0', http_referer: null, http_user_agent: 'curl/8.0' },
  ],
  [
    'nginx main, with X-Forwarded-For',
    'NGINXACCESSLOG',
    String.raw`203.0.113.9 - - [d] "GET /\xD0\x9F HTTP/1.1" 200 5 "-" "a\x22b" "198.51.100.7"`,
    { remote_addr: '203.0.113.9', remote_user: null, time_local: 'd', request: 'GET /П HTTP/1.1', status: '200', body_bytes_sent: '5', http_referer: null, http_user_agent: 'a"b', http_x_forwarded_for: '198.51.100.7' },
  ],
  [
    'JSON of nginx with its default escapes and numbers that are missing',
    'NGINXJSONACCESSLOG',
    String.raw`{"uri":"/\x22x\x22","upstream":-,"time":,"status":200}`,
    { uri: '/"x"', upstream: null, time: null, status: 200 },
  ],
  [
    'a JSON line of nginx with bytes that are no text',
    'NGINXJSONACCESSLOG',
    String.raw`{"request":"\x16\x03\xC3\xA9\xFF","uri":"\xC3\xA9"}`,
    { request: String.raw`\x16\x03\xC3\xA9\xFF`, uri: 'é' },
  ],
  // Apache HTTP Server documentation, "Log Files" (error log of 2.4 and of 2.2).
  [
    'an error line of Apache 2.4',
    'APACHEERRORLOG',
    '[Fri Sep 09 10:42:29.902022 2011] [core:error] [pid 35708:tid 4328636416] [client 72.15.99.187] File does not exist: /usr/local/apache2/htdocs/favicon.ico',
    { timestamp: 'Fri Sep 09 10:42:29.902022 2011', module: 'core', severity: 'error', processid: '35708', threadid: '4328636416', client: '72.15.99.187', message: 'File does not exist: /usr/local/apache2/htdocs/favicon.ico' },
  ],
  [
    'an error line of Apache 2.2 with an IPv6 client',
    'APACHEERRORLOG',
    '[Wed Oct 11 14:32:52 2000] [error] [client ::1] client denied',
    { timestamp: 'Wed Oct 11 14:32:52 2000', module: null, severity: 'error', processid: null, threadid: null, client: '::1', message: 'client denied' },
  ],
  [
    'an error line without a client',
    'APACHEERRORLOG',
    '[Fri Sep 09 10:42:29 2011] [mpm_event:notice] [pid 1] AH00489: ready',
    { timestamp: 'Fri Sep 09 10:42:29 2011', module: 'mpm_event', severity: 'notice', processid: '1', threadid: null, client: null, message: 'AH00489: ready' },
  ],
  // RFC 3164 §5.4.
  [
    'example 1 of RFC 3164',
    'SYSLOG',
    "<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8",
    { timestamp: 'Oct 11 22:14:15', hostname: 'mymachine', program: 'su', processid: null, message: "'su root' failed for lonvick on /dev/pts/8", facility: 'auth', severity: 'crit' },
  ],
  [
    'example 2 of RFC 3164, as a relay completes it',
    'SYSLOG',
    '<13>Feb  5 17:32:18 10.0.0.99 Use the BFG!',
    { timestamp: 'Feb  5 17:32:18', hostname: '10.0.0.99', program: null, processid: null, message: 'Use the BFG!', facility: 'user', severity: 'notice' },
  ],
  [
    'a line of a syslog file, with a process id',
    'SYSLOG',
    'Mar 12 12:00:08 server2 rcd[308]: Loaded',
    { timestamp: 'Mar 12 12:00:08', hostname: 'server2', program: 'rcd', processid: '308', message: 'Loaded' },
  ],
  [
    'a line of rsyslog with an RFC 3339 date',
    'RFC3339SYSLOG',
    '2024-03-12T12:00:08.123456+01:00 server2 rcd: x',
    { timestamp: '2024-03-12T12:00:08.123456+01:00', hostname: 'server2', program: 'rcd', processid: null, message: 'x' },
  ],
  // RFC 5424 §6.5.
  [
    'example 1 of RFC 5424',
    'RFC5424SYSLOG',
    "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \ufeff'su root' failed for lonvick on /dev/pts/8",
    { facility: 'auth', severity: 'crit', version: '1', timestamp: '2003-10-11T22:14:15.003Z', hostname: 'mymachine.example.com', program: 'su', processid: null, messageid: 'ID47', structureddata: null, message: "'su root' failed for lonvick on /dev/pts/8" },
  ],
  [
    'example 2 of RFC 5424',
    'RFC5424SYSLOG',
    "<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time to make the do-nuts.",
    { facility: 'local4', severity: 'notice', version: '1', timestamp: '2003-08-24T05:14:15.000003-07:00', hostname: '192.0.2.1', program: 'myproc', processid: '8710', messageid: null, structureddata: null, message: "%% It's time to make the do-nuts." },
  ],
  [
    'example 4 of RFC 5424: structured data only',
    'RFC5424SYSLOG',
    '<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut="3" eventSource="Application" eventID="1011"][examplePriority@32473 class="high"]',
    { facility: 'local4', severity: 'notice', version: '1', timestamp: '2003-10-11T22:14:15.003Z', hostname: 'mymachine.example.com', program: 'evntslog', processid: null, messageid: 'ID47', structureddata: { 'exampleSDID@32473': { iut: '3', eventSource: 'Application', eventID: '1011' }, 'examplePriority@32473': { class: 'high' } }, message: null },
  ],
  [
    'escapes in structured data, and a name that stands twice',
    'RFC5424SYSLOG',
    String.raw`<0>1 - - - - - [x ip="a" ip="b\"\]\\"] m`,
    { facility: 'kern', severity: 'emerg', version: '1', timestamp: null, hostname: null, program: null, processid: null, messageid: null, structureddata: { x: { ip: ['a', 'b"]\\'] } }, message: 'm' },
  ],
];

test.each(rows)('%s is read', (_name, logFormat, line, expected) => {
  const chain = nativeChain([{ optionName: 'LOGTOJSON', logFormat }], { onUnparsable: 'drop' });
  for (const newline of ['\n', '\r\n', '']) {
    const [record = 'dropped'] = texts(convert(chain, [line + newline]));
    expect(record.endsWith('}\n')).toBe(true);
    expect(JSON.parse(record)).toEqual(expected);
  }
});

test.each([
  ['SYSLOG', '<192>Oct 11 22:14:15 h x: y'],
  ['SYSLOG', 'Oct 32 22:14:15 h x: y'],
  ['RFC5424SYSLOG', '<34>1 2003-10-11 22:14 h - - - - x'],
  ['RFC5424SYSLOG', '<34>1 - h - - - [x a="1" x'],
  ['COMMONAPACHELOG', 'h - - [d] "GET /'],
  ['COMBINEDAPACHELOG', 'h - - [d] "GET /" 200 1'],
  ['APACHEERRORLOG', 'no brackets'],
  ['NGINXJSONACCESSLOG', '{"a":1'],
])('%s does not take %j', (logFormat, line) => {
  const chain = nativeChain([{ optionName: 'LOGTOJSON', logFormat }], { onUnparsable: 'drop' });
  const outcome = convert(chain, [`${line}\n`]);
  expect(outcome.resolutions).toEqual([{ outcome: 'unparsable', bytes: line.length + 1, records: 1 }]);
});

test('named groups of a pattern are the fields, and numbers stay numbers with types auto', () => {
  const matchPattern = '(?<level>[A-Z]+) (?<duration_ms>\\S+) (?<id>\\S+)(?: (?<user>\\S+))?';
  const chain = nativeChain([{ optionName: 'LOGTOJSON', matchPattern, types: 'auto' }]);
  expect(texts(convert(chain, ['INFO 12.5 007\n']))).toEqual(['{"level":"INFO","duration_ms":12.5,"id":"007","user":null}\n']);
});

// What the Java agent does with lines that show where its layouts end.
test.each<[format: string, line: string, parsed: boolean]>([
  ['COMMONAPACHELOG', '1..2 - - [1/January/20:3:04:60.5 -1] "x" -5 -rest', true],
  ['COMMONAPACHELOG', 'a..b - - [01/Feb/2024:03:04:05 +0000] "x" 1 2', false],
  ['COMMONAPACHELOG', 'a - - [00/Feb/2024:03:04:05 +0000] "x" 1 2', false],
  ['COMMONAPACHELOG', 'a - - [01/Feb/2024:24:04:05 +0000] "x" 1 2', false],
  ['COMMONAPACHELOG', 'a - - [01/Feb/0024:03:04:05 +0000] "x" 1 2', false],
  ['COMMONAPACHELOG', 'a - - [01/Feb/2024:03:04:05\t+0000] "\u2028" 1 2', true],
  ['COMMONAPACHELOG', 'a - - [01/Feb/2024:03:04:05 +0000] "x" 1 2 \u2028', false],
  ['APACHEERRORLOG', '[Friday  Sep 9 10:42:29 2011] [a:b] [pid 1] [client h:0] x', false],
  ['APACHEERRORLOG', '[Friday  Sep 9 10:42:29 2011] [a:b] [pid 0] [client h.:10] ', true],
  ['SYSLOG', 'Mar 12 12:00:08 <123> h p: m', true],
  ['SYSLOG', 'Mar 12 12:00:08 <12> h p: m', false],
  ['SYSLOG', 'Mar 12 12:00:08 <5é3> h p: m', true],
  ['SYSLOG', 'Mar 12 12:00:08 h p[0]: m', false],
  ['SYSLOG', 'Mar 12 12:00:08 h p(x): m', false],
  ['RFC3339SYSLOG', '9999-99-99T99:99:99Z h p: m', true],
])('under compatibility %s on %j: %s', (logFormat, line, parsed) => {
  const outcome = convert(javaChain([{ optionName: 'LOGTOJSON', logFormat }]), [`${line}\n`]);
  expect(outcome.records.length).toBe(parsed ? 1 : 0);
});
