/** The agent of the demo: this very program as a child process, so that it can really be killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { isSea } from 'node:sea';
import { fileURLToPath } from 'node:url';
import { DEMO_CREDENTIALS } from './demo-kinesis.ts';

export class DemoAgent {
  readonly #configPath: string;
  readonly #onLog: (line: string) => void;
  #child: ChildProcess | undefined;
  #exited: Promise<number | undefined> = Promise.resolve(0);

  constructor(configPath: string, onLog: (line: string) => void) {
    this.#configPath = configPath;
    this.#onLog = onLog;
  }

  start(): void {
    const main = fileURLToPath(new URL('../../main.ts', import.meta.url));
    const program = isSea() ? [] : ['--disable-warning=ExperimentalWarning', main];
    const child = spawn(process.execPath, [...program, 'run', '-c', this.#configPath], {
      env: {
        PATH: process.env['PATH'],
        AWS_ACCESS_KEY_ID: DEMO_CREDENTIALS.accessKeyId,
        AWS_SECRET_ACCESS_KEY: DEMO_CREDENTIALS.secretAccessKey,
        AWS_EC2_METADATA_DISABLED: 'true',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let rest = '';
    const read = (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#onLog(line);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    this.#child = child;
    this.#exited = new Promise((resolve) => {
      child.once('exit', (code) => resolve(code ?? undefined));
    });
  }

  /** SIGKILL, as the kernel's out-of-memory killer would. */
  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#exited;
  }

  /** SIGTERM; resolves with the exit code once everything that was read is sent. */
  async stop(): Promise<number | undefined> {
    this.#child?.kill('SIGTERM');
    return this.#exited;
  }
}
