import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { systemdIsHere } from './tools-here.ts';

const read = (name: string) => readFileSync(new URL(`../../../systemd/${name}`, import.meta.url), 'utf8');
const settings = (unit: string) => unit.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

test('kinship@.service is kinship.service with config, state and run directory of its own', () => {
  const [service, instance] = [settings(read('kinship.service')), settings(read('kinship@.service'))];
  expect(service.filter((line) => !instance.includes(line))).toEqual([
    'Description=kinship, ships log files to Amazon Kinesis',
    'ExecStartPre=/usr/bin/kinship check $KINSHIP_OPTIONS',
    'ExecStart=/usr/bin/kinship run $KINSHIP_OPTIONS',
    'ExecReload=/usr/bin/kinship reload $KINSHIP_OPTIONS',
    'StateDirectory=kinship',
    'RuntimeDirectory=kinship',
  ]);
  expect(instance.filter((line) => !service.includes(line))).toEqual([
    'Description=kinship (%i), ships log files to Amazon Kinesis',
    'EnvironmentFile=-/etc/kinship/%i.environment',
    'ExecStartPre=/usr/bin/kinship check -c /etc/kinship/%i.yaml',
    'ExecStart=/usr/bin/kinship run -c /etc/kinship/%i.yaml',
    'ExecReload=/usr/bin/kinship reload -c /etc/kinship/%i.yaml',
    'StateDirectory=kinship-%i',
    'RuntimeDirectory=kinship-%i',
  ]);
});

test('the time to stop exceeds the default drain by far', () => {
  const seconds = Number(/^TimeoutStopSec=(\d+)$/m.exec(read('kinship.service'))?.[1]);
  expect(seconds * 1000).toBeGreaterThanOrEqual(3 * 10_000);
});

test.runIf(systemdIsHere)('systemd reads the units in silence and finds them at most 2.0 exposed', () => {
  const script = new URL('../../end-to-end/verify-units.sh', import.meta.url).pathname;
  const output = execFileSync('bash', [script], { encoding: 'utf8' });
  expect(output.trim().split('\n')).toHaveLength(3);
});
