/**
 * kinesalite, an independent Kinesis server, in this process on a free port: validates requests and routes as Kinesis
 * does, keeps no shard limits, speaks JSON (its CBOR answers are cut after one byte on current Node).
 */
import { createRequire } from 'node:module';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

type Kinesalite = (options: Readonly<Record<string, number>>) => Server;

export interface IndependentServer extends AsyncDisposable {
  readonly endpoint: string;
}

export async function startKinesalite(): Promise<IndependentServer> {
  const kinesalite = createRequire(import.meta.url)('kinesalite') as Kinesalite;
  const server = kinesalite({ createStreamMs: 5, updateStreamMs: 5, deleteStreamMs: 5, shardLimit: 100 });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve());
  });
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
