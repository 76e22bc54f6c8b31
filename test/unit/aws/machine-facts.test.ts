/** What EC2 says about the machine, from a metadata service on loopback. */
import { createServer } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { instanceMetadata } from '../../../src/aws/machine/instance-metadata.ts';
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

const portalPage = '<html>\n<body>Please sign in</body>\n</html>';

test.each([
  { title: 'has a line break', token: portalPage },
  { title: 'is a page in one line', token: portalPage.replaceAll('\n', '') },
  { title: 'is empty', token: '' },
])('where something else answers at the address of the metadata service, and its “token” $title, nothing is believed', async ({ token }) => {
  const portal = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(200).end(token === '' ? '' : token);
  });
  await new Promise<void>((resolve) => portal.listen(0, '127.0.0.1', () => resolve()));
  const address = portal.address();
  const environment = { AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}` };
  expect(await instanceMetadata('/latest/meta-data/placement/region', environment)).toBeUndefined();
  expect(asked).toEqual(['PUT /latest/api/token']);
  await new Promise((resolve) => portal.close(resolve));
});

test.each([{ endpoint: 'https://127.0.0.1:1' }, { endpoint: 'ftp://127.0.0.1' }, { endpoint: 'http://[::1' }])(
  'an address that nobody can ask ($endpoint) ends nothing',
  async ({ endpoint: wrong }) => {
    expect(await instanceMetadata('/latest/meta-data/instance-id', { AWS_EC2_METADATA_SERVICE_ENDPOINT: wrong })).toBeUndefined();
    const facts = new MachineFacts(new SetClock(), { ECS_CONTAINER_METADATA_URI_V4: wrong, AWS_EC2_METADATA_SERVICE_ENDPOINT: wrong });
    facts.ecs(60);
    facts.ec2(60);
    // A rejection that nobody handles would fail the test.
    await new Promise((resolve) => setImmediate(resolve));
    expect([facts.ecs(60), facts.ec2(60)]).toEqual([undefined, undefined]);
  },
);
