/**
 * Counts lines that did not parse, keeps the first few for `status` and `try`, and tells of them at most once a minute.
 */
import type { EventSink } from '../telemetry/events.ts';

const SAMPLES_MAX = 5;
const LINE_CHARS_MAX = 200;
const QUIET_MS = 60_000;

export interface UnparsableLine {
  readonly path: string;
  /** Offset of the record in the file. */
  readonly offset: number;
  readonly text: string;
  readonly failure: string;
  /** After how many bytes of the line it stopped; -1: not known. */
  readonly stoppedAtBytes: number;
}

export class UnparsableLog {
  readonly #events: EventSink;
  readonly #flow: string;
  readonly #samples: string[] = [];
  #count = 0;
  #countTold = 0;
  #toldWallMs: number | undefined;

  constructor(options: { events: EventSink; flow: string }) {
    this.#events = options.events;
    this.#flow = options.flow;
  }

  /** Lines so far. */
  get count(): number {
    return this.#count;
  }

  /** The first lines that did not parse, shortened, with place and reason. */
  get samples(): readonly string[] {
    return this.#samples;
  }

  /** Whether the text of one more line is of use. */
  wantsLine(wallMs: number): boolean {
    return this.#samples.length < SAMPLES_MAX || this.#isTimeToTell(wallMs);
  }

  keep(line: UnparsableLine): void {
    if (this.#samples.length < SAMPLES_MAX) this.#samples.push(describe(line));
  }

  /** `records` lines of a batch did not parse; `line` is one of them. */
  add(records: number, line: UnparsableLine | undefined, wallMs: number): void {
    this.#count += records;
    if (line === undefined || !this.#isTimeToTell(wallMs)) return;
    this.#events.emit('linesUnparsable', {
      flow: this.#flow,
      path: line.path,
      records: this.#count - this.#countTold,
      offset: line.offset,
      line: shortened(line.text),
      why: reason(line),
    });
    this.#toldWallMs = wallMs;
    this.#countTold = this.#count;
  }

  #isTimeToTell(wallMs: number): boolean {
    return this.#toldWallMs === undefined || Math.abs(wallMs - this.#toldWallMs) >= QUIET_MS;
  }
}

function describe(line: UnparsableLine): string {
  return `${line.path} at byte ${line.offset}: ${reason(line)}: ${shortened(line.text)}`;
}

function reason(line: UnparsableLine): string {
  return line.stoppedAtBytes < 0 ? line.failure : `${line.failure} (it stops fitting after ${line.stoppedAtBytes} bytes)`;
}

function shortened(text: string): string {
  return text.length <= LINE_CHARS_MAX ? text : `${text.slice(0, LINE_CHARS_MAX)}… (${text.length} characters)`;
}
