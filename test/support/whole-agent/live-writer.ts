/**
 * A program that logs: it appends whole numbered lines to one file without pause and opens the file anew on SIGHUP, as
 * daemons under logrotate do. It runs as a process of its own: `LiveWriter` starts this file.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { until } from './until.ts';

const LINES_A_TURN = 10;
const TURN_MS = 5;
const FILLER = 'x'.repeat(60);

/** The line of that number, with its newline. */
export function writtenLine(number: number): string {
  return `${String(number).padStart(9, '0')} ${FILLER}\n`;
}

/** Starts a writer and knows how many lines it has written. */
export class LiveWriter {
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  written = 0;

  constructor(path: string) {
    this.#child = fork(fileURLToPath(import.meta.url), [path], { execArgv: [] });
    this.#child.on('message', (count: number) => {
      this.written = count;
    });
    this.#exited = new Promise((resolve) => {
      this.#child.once('close', () => resolve());
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves when `count` more lines were written than now. */
  async more(count: number): Promise<void> {
    const goal = this.written + count;
    await until(`${goal} lines are written`, () => this.written >= goal);
  }

  /** Ends the writer. Resolves with how many lines it wrote. */
  async stop(): Promise<number> {
    this.#child.send('stop');
    await this.#exited;
    return this.written;
  }
}

function write(path: string): void {
  let file = openSync(path, 'a');
  let written = 0;
  process.on('SIGHUP', () => {
    closeSync(file);
    file = openSync(path, 'a');
  });
  const timer = setInterval(() => {
    for (let index = 0; index < LINES_A_TURN; index += 1) {
      writeSync(file, writtenLine(written));
      written += 1;
    }
    process.send?.(written);
  }, TURN_MS);
  process.on('message', () => {
    clearInterval(timer);
    process.send?.(written);
    process.disconnect?.();
  });
  process.on('disconnect', () => clearInterval(timer));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) write(process.argv[2] ?? '');
