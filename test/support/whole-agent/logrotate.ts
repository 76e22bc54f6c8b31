/** The real logrotate(8), forced to rotate, with its config and state in a directory of the test's own. */
import { execFile } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Where a program is: on the path, or where Debian puts programs that only administrators call. */
export function findProgram(name: string): string | undefined {
  const directories = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return directories.map((directory) => join(directory, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch (error) {
    if (error instanceof Error) return false;
    throw error;
  }
}

export class Logrotate implements Disposable {
  readonly #program: string;
  readonly #directory: string;

  /**
   * `directives`: those of one log, one a line. `rotate 100`, `missingok` and `notifempty` are always added: no line that was
   * written is ever deleted.
   */
  constructor(program: string, options: { log: string; parent: string; directives: readonly string[] }) {
    this.#program = program;
    this.#directory = mkdtempSync(join(options.parent, 'logrotate-'));
    const lines = ['rotate 100', 'missingok', 'notifempty', ...options.directives].map((line) => `  ${line}\n`);
    // logrotate refuses a config that others may write.
    writeFileSync(join(this.#directory, 'conf'), `${options.log} {\n${lines.join('')}}\n`, { mode: 0o600 });
  }

  /** Rotates once. Rejects with what logrotate says if it fails. */
  async rotate(): Promise<void> {
    await run(this.#program, ['--force', '--state', join(this.#directory, 'state'), join(this.#directory, 'conf')]);
  }

  [Symbol.dispose](): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
