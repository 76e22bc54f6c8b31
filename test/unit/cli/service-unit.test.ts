import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openSqliteStore } from '../../../src/checkpoint/open-store.ts';
import { serviceName, serviceUnit, unseenPatterns, userBelow } from '../../../src/cli/host/service-unit.ts';
import { silentAgent } from '../../../src/cli/positions/stored-rows.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { events } from '../../../src/telemetry/events.ts';
import { FakeConfigFiles } from '../config/fake-config-files.ts';

const installed = (name: string) => readFileSync(new URL(`../../../systemd/${name}`, import.meta.url), 'utf8');
const units = {
  '/usr/lib/systemd/system/kinship.service': installed('kinship.service'),
  '/usr/lib/systemd/system/kinship@.service': installed('kinship@.service'),
};
const asInstalled = { user: 'kinship', hasOwnTmp: true };

test.each([
  ['/etc/kinship/kinship.yaml', {}, { name: 'kinship.service', ...asInstalled }],
  ['/etc/kinship/web.yaml', {}, { name: 'kinship@web.service', ...asInstalled }],
  ['/etc/aws-kinesis/agent.json', {}, { name: 'kinship.service', ...asInstalled }],
  ['/home/me/kinship.yaml', {}, undefined],
  ['/etc/kinship/kinship.yaml', { '/etc/systemd/system/kinship.service.d/override.conf': '[Service]\nPrivateTmp=no\n' }, { name: 'kinship.service', user: 'kinship', hasOwnTmp: false }],
  ['/etc/kinship/web.yaml', { '/run/systemd/system/kinship@.service.d/a.conf': 'PrivateTmp = false' }, { name: 'kinship@web.service', user: 'kinship', hasOwnTmp: false }],
  ['/etc/kinship/kinship.yaml', { '/etc/systemd/system/kinship.service.d/a.conf': 'PrivateTmp=no', '/etc/systemd/system/kinship.service.d/b.conf': 'PrivateTmp=yes' }, { name: 'kinship.service', ...asInstalled }],
  ['/etc/kinship/kinship.yaml', { '/etc/systemd/system/kinship.service': '[Service]\nUser=logs\n' }, { name: 'kinship.service', user: 'logs', hasOwnTmp: false }],
])('the unit that runs %s is known by its files %o', async (config, more, expected) => {
  expect(await serviceUnit(config, new FakeConfigFiles({ ...units, ...more }))).toEqual(expected);
});

test.each([
  ['/etc/kinship/kinship.yaml', 'kinship'],
  ['/etc/kinship/web.yaml', 'kinship@web'],
  ['/etc/kinship/../kinship/web.yml', 'kinship@web'],
  ['/etc/aws-kinesis/agent.json', 'kinship'],
  ['/srv/web.yaml', 'kinship'],
])('systemctl knows the service that runs %s as %s', (config, service) => {
  expect(serviceName(config)).toBe(service);
});

test('commands and the log of an instance name its own service', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'kinship-instance-'));
  try {
    const checkpointFile = join(directory, 'checkpoints.db');
    const files = new FakeConfigFiles({ '/etc/kinship/web.yaml': `region: eu-west-1\ncheckpointFile: ${checkpointFile}\nflows: [{ filePattern: /a, kinesisStream: s }]` });
    const loaded = await loadConfig('/etc/kinship/web.yaml', { files, env: {} });
    if (loaded.kind === 'invalid') throw new Error(loaded.issues[0]?.message);
    const { store } = openSqliteStore({ path: checkpointFile, wallMs: Date.now });
    expect(silentAgent(loaded.config)).toContain('systemctl restart kinship@web)');
    store.close();
    expect(events.restartNeeded.message({ settings: 'proxy', service: serviceName(loaded.config.path) })).toContain('systemctl restart kinship@web, ');
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test('if no unit is installed, nothing is said of a service', async () => {
  expect(await serviceUnit('/etc/kinship/kinship.yaml', new FakeConfigFiles({}))).toBeUndefined();
});

test('patterns that the service does not see are named, others are not', async () => {
  const text = 'region: eu-west-1\nflows: [{ filePattern: [/tmp/a.log, /var/tmp/b/*.log, /var/log/c.log, /tmpfs/d.log], kinesisStream: s }]';
  const files = new FakeConfigFiles({ '/k.yaml': text });
  const loaded = await loadConfig('/k.yaml', { files, env: {} });
  if (loaded.kind === 'invalid') throw new Error(loaded.issues[0]?.message);
  const [flow] = loaded.config.flows;
  if (flow === undefined) throw new Error('one flow');
  const said = unseenPatterns(flow, { name: 'kinship.service', ...asInstalled }).map(({ message }) => /does not see (.*?):/.exec(message)?.[1]);
  expect(said).toEqual(['/tmp/a.log', '/var/tmp/b/*.log']);
  expect(unseenPatterns(flow, { name: 'kinship.service', user: 'kinship', hasOwnTmp: false })).toEqual([]);
});

test('only root is told that the service runs as another user, and only if it does', () => {
  const unit = { name: 'kinship.service', ...asInstalled };
  expect([userBelow(0, unit), userBelow(1000, unit), userBelow(0, { ...unit, user: 'root' }), userBelow(0, undefined)]).toEqual(['kinship', undefined, undefined, undefined]);
});
