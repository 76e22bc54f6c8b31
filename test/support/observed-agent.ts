/** A whole agent as a process of its own, whose log is read as events, and a CloudWatch to which it sends its metrics. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { gunzipSync } from 'node:zlib';

interface Datum {
  readonly MetricName: string;
  readonly Unit: string;
  readonly Dimensions: readonly { readonly Name: string; readonly Value: string }[];
  readonly Values?: readonly number[];
  readonly Counts?: readonly number[];
  readonly StatisticValues?: { readonly Sum: number };
}

/** Takes PutMetricData and keeps every datum. If it hangs, it answers nothing. */
export class FakeCloudWatch {
  readonly data: Datum[] = [];
  readonly #server: Server;
  /** Calls that it left without an answer because it hangs. */
  hangingCount = 0;

  constructor(options: { hangs?: boolean } = {}) {
    this.#server = createServer(async (request, response) => {
      if (options.hangs === true) {
        this.hangingCount += 1;
        return;
      }
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const raw = Buffer.concat(chunks);
      const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
      this.data.push(...JSON.parse(body.toString()).MetricData);
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end('{}');
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', () => resolve()));
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  sum(name: string, dimension: string): number {
    return this.data
      .filter((datum) => datum.MetricName === name && datum.Dimensions.some(({ Value }) => Value === dimension))
      .reduce((total, datum) => total + sumOf(datum), 0);
  }
}

function sumOf(datum: Datum): number {
  if (datum.StatisticValues !== undefined) return datum.StatisticValues.Sum;
  return (datum.Values ?? []).reduce((total, value, index) => total + value * (datum.Counts?.[index] ?? 1), 0);
}

const main = new URL('../../src/main.ts', import.meta.url).pathname;
export const accessKeyId = 'AKIAIOSFODNN7EXAMPLE';
export const secretAccessKey = 'wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY';

export class ObservedAgent {
  readonly #child: ChildProcess;
  readonly #exited: Promise<number | null>;
  output = '';
  #onOutput = () => {};

  constructor(config: string, options: { args?: readonly string[]; env?: Readonly<Record<string, string>> } = {}) {
    const env = { PATH: process.env.PATH, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, ...options.env };
    const args = ['--disable-warning=ExperimentalWarning', main, 'run', '-c', config, ...(options.args ?? [])];
    this.#child = spawn(process.execPath, args, { env });
    const read = (chunk: Buffer) => {
      this.output += chunk.toString();
      this.#onOutput();
    };
    this.#child.stdout?.on('data', read);
    this.#child.stderr?.on('data', read);
    this.#exited = new Promise((resolve) => this.#child.once('exit', (code) => resolve(code)));
  }

  get events(): readonly Record<string, unknown>[] {
    return this.output.split('\n').slice(0, -1).map((line) => JSON.parse(line));
  }

  /** The first event of that name, as soon as it is there. */
  async event(name: string): Promise<Record<string, unknown>> {
    for (;;) {
      const found = this.events.find((line) => line.event === name);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => (this.#onOutput = resolve));
    }
  }

  signal(name: 'SIGHUP' | 'SIGUSR1' | 'SIGUSR2' | 'SIGTERM'): void {
    this.#child.kill(name);
  }

  stop(): Promise<number | null> {
    this.signal('SIGTERM');
    return this.#exited;
  }
}
