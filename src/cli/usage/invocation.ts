/** What a command is called with. Built by main.ts; commands take everything that is not a port from here. */
import type { RunSignals } from './run-signals.ts';

export interface CommandOptions {
  readonly config?: string;
  readonly 'log-level'?: 'trace' | 'debug' | 'info' | 'warn' | 'error';
  readonly json?: boolean;
  readonly flow?: string;
  readonly file?: string;
  readonly to?: string;
  readonly example?: boolean;
  readonly reference?: boolean;
  readonly man?: boolean;
}

/** Standard output or error. */
export interface Output {
  readonly isTerminal: boolean;
  /** Characters a line; 80 where it is not a terminal. */
  readonly columns: number;
  write(chunk: string | Uint8Array): void;
  /** Resolves when everything written so far was taken: for commands that print without bound. */
  flushed(): Promise<void>;
}

export interface Invocation {
  readonly command: string;
  readonly options: CommandOptions;
  readonly positionals: readonly string[];
  /** The environment of the process, over the variables of the service that runs the config. HOSTNAME is always set. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A file with variables of the service that this user may not read. */
  readonly environmentDenied?: string | undefined;
  /** For `run`: the signals since the program began. */
  readonly signals?: RunSignals | undefined;
  readonly version: string;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Standard input, for commands that read it. */
  readonly stdin: AsyncIterable<Uint8Array>;
}

/** Runs one command; resolves with its exit code. Throws `CommandError` (core/errors.ts) for what a person must know. */
export type Command = (invocation: Invocation) => Promise<number>;
