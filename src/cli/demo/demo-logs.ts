/**
 * The demo's log writers: access-log lines into two directories, rotated while they are written, as two services with
 * two habits would. Every line names its file, generation and number, so that what arrives can be compared exactly.
 */
import { appendFileSync, copyFileSync, existsSync, mkdirSync, renameSync, truncateSync } from 'node:fs';
import { join } from 'node:path';

export type RotationHabit = 'rename-and-create' | 'copytruncate';

/** Generations kept: more than the demo rotates, so that nothing is deleted unread while the agent is dead. */
const ROTATIONS_KEPT = 100;

export class DemoLog {
  readonly name: string;
  readonly path: string;
  readonly #habit: RotationHabit;
  #generation = 0;
  #lineInGeneration = 0;
  #linesWritten = 0;
  #rotations = 0;

  constructor(directory: string, options: { name: string; habit: RotationHabit }) {
    mkdirSync(directory, { recursive: true });
    this.name = options.name;
    this.path = join(directory, 'access.log');
    this.#habit = options.habit;
  }

  get linesWritten(): number {
    return this.#linesWritten;
  }

  get rotations(): number {
    return this.#rotations;
  }

  /** Appends `count` lines. */
  write(count: number, time: Date): void {
    let text = '';
    for (let index = 0; index < count; index += 1) text += this.#line(time);
    appendFileSync(this.path, text);
  }

  rotate(): void {
    this.#generation += 1;
    this.#lineInGeneration = 0;
    this.#rotations += 1;
    if (this.#habit === 'copytruncate') {
      this.#shift();
      copyFileSync(this.path, `${this.path}.1`);
      truncateSync(this.path);
      return;
    }
    this.#shift();
    renameSync(this.path, `${this.path}.1`);
  }

  /** access.log.N becomes access.log.N+1, from the oldest on. */
  #shift(): void {
    for (let number = ROTATIONS_KEPT; number >= 1; number -= 1) {
      const path = `${this.path}.${number}`;
      if (existsSync(path)) renameSync(path, `${this.path}.${number + 1}`);
    }
  }

  #line(time: Date): string {
    const number = this.#lineInGeneration;
    this.#lineInGeneration += 1;
    this.#linesWritten += 1;
    const stamp = time.toISOString();
    const client = `192.0.2.${number % 254}`;
    return `${client} - - [${stamp}] "GET /${this.name}/${this.#generation}/${number} HTTP/1.1" 200 ${1000 + number} "-" "demo/1.0"\n`;
  }
}

export interface DemoLineId {
  readonly log: string;
  readonly generation: number;
  readonly number: number;
}

/** What a line says of itself; undefined for anything the demo did not write. */
export function parseDemoLine(line: string): DemoLineId | undefined {
  const match = /"GET \/([a-z]+)\/(\d+)\/(\d+) HTTP\/1\.1" 200 (\d+) "-" "demo\/1\.0"$/.exec(line);
  if (match === null) return undefined;
  const number = Number(match[3]);
  if (Number(match[4]) !== 1000 + number) return undefined;
  return { log: match[1] ?? '', generation: Number(match[2]), number };
}
