/**
 * kinesis-local, another independent Kinesis server, as a child process: speaks CBOR and takes ARNs. On current Node it
 * hangs when two requests with bodies over 64 KiB come at a time, so tests send it small ones, one after another.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { IndependentServer } from './kinesalite.ts';

const START_MS = 20_000;

/** Starts it with streams `name:shards,…`. Rejects when it does not answer in time, with what it wrote. */
export async function startKinesisLocal(streams: string): Promise<IndependentServer> {
  const directory = dirname(createRequire(import.meta.url).resolve('kinesis-local/package.json'));
  const [plain, tls] = [await freePort(), await freePort()];
  const child = spawn(process.execPath, [join(directory, 'main.js')], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      INITIALIZE_STREAMS: streams,
      KINESIS_MOCK_CERT_PATH: join(directory, 'server.json'),
      KINESIS_MOCK_PLAIN_PORT: String(plain),
      KINESIS_MOCK_TLS_PORT: String(tls),
    },
  });
  let written = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (written += chunk.toString()));
  const exited = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  const endpoint = `http://127.0.0.1:${plain}`;
  const deadline = performance.now() + START_MS;
  while (!(await answers(`${endpoint}/healthcheck`))) {
    if (child.exitCode === null && performance.now() < deadline) continue;
    await stop();
    throw new Error(`kinesis-local did not start: ${written || 'it wrote nothing'}`);
  }
  return { endpoint, [Symbol.asyncDispose]: stop };
}

/** Whether something answers; waits a little when nothing does. */
async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(1000) })).ok;
  } catch {
    // Not listening yet.
    await new Promise((resolve) => setTimeout(resolve, 50));
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}
