/**
 * The agent's own log: one JSON line an event, or text on a terminal; under systemd each line carries its syslog
 * priority, which journald takes off (`journalctl -p err` finds the errors). Source: sd-daemon(3).
 *
 * Guarantees: emitting never throws and never waits; repeated events are limited (repeat-limiter.ts); credentials in
 * other people's messages are taken out (scrub.ts); lines that the reader of the log was too slow for are counted.
 */
import { pino } from 'pino';
import { prettyFactory } from 'pino-pretty';
import { oneLine } from '../core/one-line.ts';
import type { Clock } from '../core/ports.ts';
import type { LogSettings } from './config.ts';
import { type EventFields, type EventLevel, type EventName, type EventSink, events } from './events.ts';
import { type Held, type LoggedFields, RepeatLimiter } from './repeat-limiter.ts';
import { scrub, scrubFields } from './scrub.ts';

export type LogLevel = LogSettings['level'];

/** Where lines go. */
export interface LogOutput {
  readonly kind: 'terminal' | 'journal' | 'stream';
  /** Takes one line, its newline included. Never waits; may drop it when the reader is too slow. */
  write(line: string): void;
  /** How many lines were dropped since the last call, and what the system said of it; no reason: the reader was too slow. */
  takeDropped(): EventFields<'logLinesDropped'>;
  /** Writes what is buffered, waiting for it, a bounded time. */
  flush(): void;
}

/** Source: syslog(3). */
const priorities: Readonly<Record<EventLevel, number>> = { error: 3, warn: 4, info: 6, debug: 7 };
/** Each SIGUSR2 moves on to the next. */
const switchLevels: readonly LogLevel[] = ['info', 'debug', 'warn', 'error'];

export class Logger implements EventSink, Disposable {
  readonly #pino: pino.Logger;
  readonly #output: LogOutput;
  readonly #repeats: RepeatLimiter<EventName>;
  #priority = '';
  readonly #showsPriority: boolean;

  constructor(options: { settings: Pick<LogSettings, 'level' | 'format'>; output: LogOutput; clock: Clock }) {
    const { settings, output, clock } = options;
    const format = lineFormat(settings.format, output.kind);
    this.#output = output;
    this.#showsPriority = output.kind === 'journal';
    this.#pino = pino(
      {
        level: settings.level,
        base: null,
        messageKey: 'message',
        timestamp: () => `,"time":"${new Date(clock.wallMs()).toISOString()}"`,
        formatters: { level: (label) => ({ level: label }) },
      },
      { write: (line) => this.#output.write(this.#priority + format(line)) },
    );
    this.#repeats = new RepeatLimiter(clock, (held) => this.#writeHeld(held));
  }

  emit<Name extends EventName>(name: Name, fields: EventFields<Name>): void {
    const { level, unlimited, stateOf } = events[name];
    // A recovery goes on even where this level leaves it out: it takes back the fault that is held.
    if (!this.#pino.isLevelEnabled(level) && stateOf === undefined) return;
    const logged: LoggedFields = { ...fields };
    const now = unlimited || this.#repeats.admit({ name, stateOf, fields: logged });
    if (now) this.#write(name, logged, messageOf(name, logged));
  }

  get level(): LogLevel {
    return switchLevels.find((level) => level === this.#pino.level) ?? 'trace';
  }

  set level(level: LogLevel) {
    this.#pino.level = level;
  }

  /** The next of info, debug, warn, error: what SIGUSR2 does. Returns it. */
  switchLevel(): LogLevel {
    const next = switchLevels[(switchLevels.indexOf(this.level) + 1) % switchLevels.length] ?? 'info';
    this.level = next;
    return next;
  }

  /** Writes every count that is held back and every line that is buffered. Call it last. */
  close(): void {
    this.#repeats.flush();
    this.#output.flush();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #writeHeld({ last, lastWallMs, count, isState }: Held<EventName>): void {
    const occurred = new Date(lastWallMs).toISOString();
    const message = `${messageOf(last.name, last.fields)} (${heldNote({ occurred, earlierCount: count - 1, isState })})`;
    this.#write(last.name, { ...last.fields, repeated: count, occurred }, message);
  }

  #write(name: EventName, fields: LoggedFields, message: string): void {
    const { level } = events[name];
    const dropped = this.#output.takeDropped();
    if (dropped.count > 0) this.emit('logLinesDropped', dropped);
    this.#priority = this.#showsPriority ? `<${priorities[level]}>` : '';
    this.#pino[level]({ event: name, ...scrubFields(fields) }, scrub(message));
  }
}

/** What a person must know of a late line: when its event occurred, and what was left out. */
function heldNote(held: { occurred: string; earlierCount: number; isState: boolean }): string {
  const { occurred, earlierCount, isState } = held;
  if (isState) return `since ${occurred}${earlierCount === 0 ? '' : `; ${earlierCount} earlier lines about it are left out`}`;
  if (earlierCount === 0) return `at ${occurred}`;
  return `and ${earlierCount} more like this in the last minute, this one at ${occurred}`;
}

/** The sentence of an event. Every call's fields were typed by `emit`; the union of rows cannot say so. */
function messageOf(name: EventName, fields: LoggedFields): string {
  return (events[name].message as (fields: LoggedFields) => string)(fields);
}

/** `auto` is text for people on a terminal, JSON for everyone else. The sentence says it all: people get no fields. */
function lineFormat(format: LogSettings['format'], kind: LogOutput['kind']): (line: string) => string {
  if (format === 'json' || (format === 'auto' && kind !== 'terminal')) return (line) => line;
  return prettyFactory({
    colorize: kind === 'terminal',
    messageKey: 'message',
    translateTime: 'SYS:yyyy-mm-dd HH:MM:ss.l',
    hideObject: true,
    // A name with a line break or an escape sequence must not look like a line of its own (CWE-117).
    messageFormat: (log, key) => oneLine(String(log[key])),
  });
}
