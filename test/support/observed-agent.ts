/** A whole agent as a process of its own, whose log is read as events. */
import { type ChildProcess, spawn } from 'node:child_process';

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
