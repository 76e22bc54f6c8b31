/**
 * The single binary does what the sources do where the two could differ: packages that lie in the binary compressed, and are
 * compiled only when they are needed (packaging/lazy-packages.ts).
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasTool, repository, run } from '../../packaging/tools.ts';
import { startFakeContainer } from '../support/fake-aws/fake-metadata.ts';
import { AgentWorld } from '../support/whole-agent/agent-world.ts';

const hasStrip = ['strip', 'llvm-strip'].some(hasTool);
if (!hasStrip) console.warn('SKIPPED: test/end-to-end/binary.test.ts: a binary cannot be built without strip (apt-get install binutils)');

const keys = { accessKeyId: 'ASIACONTAINER', secretAccessKey: 'container/secret', sessionToken: 'container-token' };
let directory = '';
let binary = '';

describe.skipIf(!hasStrip)('the binary', () => {
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'kinship-binary-'));
    binary = join(directory, 'kinship');
    run('npm', ['run', '--silent', 'build', '--', '--out', binary], { cwd: repository });
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test('ships with the credentials that a container gets, also from an address like that of EKS Pod Identity', async () => {
    await using container = await startFakeContainer({
      host: '127.0.0.2',
      token: 'of-the-pod',
      issue: () => ({ keys, expiration: new Date(Date.now() + 3_600_000) }),
    });
    await using world = await AgentWorld.begin();
    const token = join(world.root, 'token');
    writeFileSync(token, 'of-the-pod');
    writeFileSync(world.path('app.log'), 'one\ntwo\n');
    const environment = {
      AWS_ACCESS_KEY_ID: '',
      AWS_SECRET_ACCESS_KEY: '',
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${container.endpoint}/v1/credentials`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: token,
    };
    await world.start({ program: [binary], environment });
    await world.arrived(['one\n', 'two\n']);
    expect(container.requests.length).toBeGreaterThan(0);
    expect(await world.agent.stop()).toBe(0);
  });
});
