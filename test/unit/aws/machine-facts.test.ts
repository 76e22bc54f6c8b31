/** What EC2 says about the machine, from a metadata service on loopback. */
import { createServer } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MachineFacts } from '../../../src/aws/machine/machine-facts.ts';
import { NodeClock } from '../../../src/platform/node-clock.ts';

const DOCUMENT = '/latest/dynamic/instance-identity/document';
const pages: Readonly<Record<string, string>> = {
  '/latest/api/token': 'TOKEN',
  [DOCUMENT]: JSON.stringify({ instanceId: 'i-1', imageId: 'ami-1', region: 'eu-west-1', pendingTime: 'x' }),
  '/latest/meta-data/tags/instance': 'team\nthe stage',
  '/latest/meta-data/tags/instance/team': 'shop',
  '/latest/meta-data/tags/instance/the%20stage': 'prod',
};

let asked: string[] = [];
let endpoint = '';
/** IMDSv2: nothing without a token. */
const server = createServer((request, response) => {
  const path = request.url ?? '';
  asked.push(`${request.method} ${path}`);
  const allowed = path === '/latest/api/token' ? request.method === 'PUT' : request.headers['x-aws-ec2-metadata-token'] === 'TOKEN';
  response.writeHead(allowed && path in pages ? 200 : 401).end(pages[path]);
});

/** Monotonic time as the test says. */
class SetClock extends NodeClock {
  nowMs = 0;

  override monotonicMs(): number {
    return this.nowMs;
  }
}

beforeEach(async () => {
  asked = [];
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const address = server.address();
  endpoint = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
});
afterEach(() => new Promise((resolve) => {
  server.close(resolve);
  server.closeAllConnections();
}));

const documentsAsked = () => asked.filter((line) => line === `GET ${DOCUMENT}`).length;

test('the document and the tags are fetched by IMDSv2 in the background, kept, and fetched again when they are older than asked for', async () => {
  const clock = new SetClock();
  const facts = new MachineFacts(clock, { AWS_EC2_METADATA_SERVICE_ENDPOINT: endpoint });
  expect(facts.ec2(60)).toBeUndefined();
  await expect.poll(() => facts.ec2(60), { timeout: 10_000 }).toMatchObject({ instanceId: 'i-1', amiId: 'ami-1', region: 'eu-west-1', tags: { team: 'shop', 'the stage': 'prod' } });
  expect(asked[0]).toBe('PUT /latest/api/token');
  clock.nowMs = 59_999;
  facts.ec2(60);
  expect(documentsAsked()).toBe(1);
  clock.nowMs = 60_000;
  expect(facts.ec2(60)).toMatchObject({ instanceId: 'i-1' });
  await expect.poll(documentsAsked, { timeout: 10_000 }).toBe(2);
});

test.each([
  { title: 'is switched off', environment: { AWS_EC2_METADATA_DISABLED: 'true' } },
  { title: 'is no address', environment: { AWS_EC2_METADATA_SERVICE_ENDPOINT: 'metadata, please' } },
])('a metadata service that $title is asked for nothing', async ({ environment }) => {
  const facts = new MachineFacts(new SetClock(), { AWS_EC2_METADATA_SERVICE_ENDPOINT: endpoint, ...environment });
  expect(facts.ec2(60)).toBeUndefined();
  await new Promise((resolve) => setImmediate(resolve));
  expect(facts.ec2(60)).toBeUndefined();
  expect(asked).toEqual([]);
});
