/** What the bench ships: generated log files, and the flow settings of each case with the limit it is held against. */
import { closeSync, openSync, writeSync } from 'node:fs';

export interface BenchCase {
  readonly name: string;
  readonly lines: 'apache' | 'csv' | 'csv-quoted' | 'csv-short' | 'application' | 'stack-trace' | 'json';
  /** Flow keys, YAML flow style. */
  readonly flow: Readonly<Record<string, unknown>>;
  readonly protocol: 'cbor' | 'json';
  readonly limit: 'cbor' | 'json' | 'newline';
}

/** Time, thread, level, logger, message. */
const applicationPattern =
  '(?<time>\\d{4}-\\d{2}-\\d{2} \\d{2}:\\d{2}:\\d{2},\\d{3}) \\[(?<thread>[^\\]]*)\\] (?<level>[A-Z]+) +(?<logger>\\S+) - (?<message>.*)';
/** The access log of the Apache cases, as columns. */
const accessNames = ['client', 'user', 'time', 'method', 'path', 'protocol', 'status', 'bytes', 'referer', 'agent'];
/** The lines are so short that their JSON is twice as long: shipping that JSON is the limit. */
const shortNames = ['id', 'time', 'method', 'path', 'status', 'bytes', 'client', 'agent', 'region', 'seconds'];

export const benchCases: readonly BenchCase[] = [
  { name: 'raw', lines: 'apache', flow: {}, protocol: 'cbor', limit: 'cbor' },
  { name: 'raw-json', lines: 'apache', flow: {}, protocol: 'json', limit: 'json' },
  { name: 'newline', lines: 'apache', flow: { aggregation: { format: 'newline' } }, protocol: 'cbor', limit: 'newline' },
  {
    name: 'apache-json',
    lines: 'apache',
    flow: { dataProcessingOptions: [{ optionName: 'LOGTOJSON', logFormat: 'COMBINEDAPACHELOG' }] },
    protocol: 'cbor',
    limit: 'cbor',
  },
  csvCase('csv', accessNames),
  csvCase('csv-quoted', accessNames),
  csvCase('csv-short', shortNames),
  {
    name: 'match-pattern',
    lines: 'application',
    flow: { dataProcessingOptions: [{ optionName: 'LOGTOJSON', matchPattern: applicationPattern }] },
    protocol: 'cbor',
    limit: 'cbor',
  },
  { name: 'multi-line', lines: 'stack-trace', flow: { multiLineStartPattern: '^\\d{4}-' }, protocol: 'cbor', limit: 'cbor' },
  { name: 'json', lines: 'json', flow: {}, protocol: 'cbor', limit: 'cbor' },
  // The cost of keys is the difference to `json`, the same lines with random keys.
  { name: 'json-keyed', lines: 'json', flow: { partitionKey: { field: 'client' } }, protocol: 'cbor', limit: 'cbor' },
];

function csvCase(name: 'csv' | 'csv-quoted' | 'csv-short', customFieldNames: readonly string[]): BenchCase {
  const flow = { dataProcessingOptions: [{ optionName: 'CSVTOJSON', customFieldNames }] };
  return { name, lines: name, flow, protocol: 'cbor', limit: 'cbor' };
}

const BLOCK_LINES = 5000;

/** Writes about `megabytes` MB (10⁶) of lines to `path`; returns the exact size. */
export function generate(path: string, lines: BenchCase['lines'], megabytes: number): number {
  const block = Buffer.from(Array.from({ length: BLOCK_LINES }, (_, index) => line(lines, index)).join(''));
  const file = openSync(path, 'w');
  let written = 0;
  while (written < megabytes * 1e6) written += writeSync(file, block);
  closeSync(file);
  return written;
}

function line(kind: BenchCase['lines'], index: number): string {
  const client = `203.0.113.${index % 250}`;
  switch (kind) {
    case 'apache':
      return `${client} - user${index % 17} [21/Nov/2026:10:${pad(index % 60)}:${pad(index % 59)} +0000] "GET /shop/item?id=${index}&ref=start HTTP/1.1" 200 ${1000 + index} "https://example.org/start/page.html" "Mozilla/5.0 (X11; Linux x86_64; rv:122.0) Gecko/20100101 Firefox/122.0"\n`;
    case 'csv':
      return `${client},user${index % 17},2026-11-21T10:${pad(index % 60)}:${pad(index % 59)}Z,GET,/shop/item?id=${index}&ref=start,HTTP/1.1,200,${1000 + index},https://example.org/start/page.html,Mozilla/5.0 (X11; Linux x86_64; rv:122.0) Gecko/20100101 Firefox/122.0\n`;
    case 'csv-quoted':
      return `${client},user${index % 17},2026-11-21T10:${pad(index % 60)}:${pad(index % 59)}Z,GET,"/shop/item,${index}",HTTP/1.1,200,${1000 + index},https://example.org/start/page.html,"Mozilla/5.0 (""X11""; Linux x86_64; rv:122.0) Gecko/20100101 Firefox/122.0"\n`;
    case 'csv-short':
      return `${index},2026-11-21T10:04:05Z,GET,/shop/item,200,${1000 + index},${client},Mozilla/5.0 (X11; Linux x86_64),eu-west-1,0.123\n`;
    case 'application':
      return `2026-11-21 10:${pad(index % 60)}:${pad(index % 59)},${100 + (index % 900)} [http-nio-8080-exec-${index % 50}] INFO  com.example.shop.CartController - item ${index} added to the cart of user ${index % 17}, 3 items, 59.97 EUR in all\n`;
    case 'json':
      return `${JSON.stringify({ time: '2026-11-21T10:04:05Z', client, method: 'GET', path: `/shop/item?id=${index}`, status: 200, bytes: 1000 + index, agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:122.0) Gecko/20100101' })}\n`;
    case 'stack-trace': {
      const frame = `\tat com.example.shop.Cart.add(Cart.java:${index % 900})\n`;
      return `2026-11-21 10:04:05,123 ERROR [http-${index % 50}] com.example.shop.Cart - item ${index} failed\njava.lang.IllegalStateException: no such item\n${frame.repeat(12)}`;
    }
  }
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
