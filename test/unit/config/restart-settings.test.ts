/** What a reload says about changed settings that only a restart applies. */
import { expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { settingsForRestart } from '../../../src/config/restart-settings.ts';
import { FakeConfigFiles } from './fake-config-files.ts';

const FLOW = 'flows: [{ filePattern: /a.log, kinesisStream: s }]\n';

async function configOf(text: string) {
  const path = '/etc/kinship/kinship.yaml';
  const loaded = await loadConfig(path, { files: new FakeConfigFiles({ [path]: text + FLOW }), env: {} });
  if (loaded.kind !== 'ok') throw new Error(JSON.stringify(loaded.issues));
  return loaded.config;
}

test.each([
  { change: '', names: [] },
  { change: 'bufferBytesMax: 64MiB\nshutdownTimeoutMillis: 5\nlog: { level: debug }\n', names: [] },
  { change: 'kinesis: { maxConnections: 3 }\n', names: [] },
  { change: 'controlSocket: /run/other.sock\n', names: ['controlSocket'] },
  { change: 'checkpointFile: /var/other.db\n', names: ['checkpointFile'] },
  { change: 'prometheus: { listen: "127.0.0.1:9464" }\nlog: { level: debug, format: json }\n', names: ['prometheus.listen', 'log.format'] },
  { change: 'reconcileSeconds: 9\nopenFilesMax: 99\n', names: ['openFilesMax', 'reconcileSeconds'] },
  { change: 'proxy: http://proxy:3128\n', names: ['proxy'] },
  { change: 'cloudwatch: { emitMetrics: false }\nregion: eu-west-3\n', names: ['cloudwatch.emitMetrics'] },
  { change: 'cloudwatch: { namespace: Other }\nregion: eu-west-3\n', names: ['cloudwatch.namespace', 'cloudwatch.region'] },
])('after a change of the config ($change) these settings wait for the next start: $names', async ({ change, names }) => {
  const started = await configOf('');
  expect(settingsForRestart(started, await configOf(change)).toSorted()).toEqual(names.toSorted());
});
