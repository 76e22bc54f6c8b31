/** A command's surroundings in memory. */
import type { CommandOptions, Invocation, Output } from '../../../src/cli/usage/invocation.ts';

export class FakeOutput implements Output {
  readonly isTerminal = false;
  readonly columns = 80;
  text = '';

  write(chunk: string | Uint8Array): void {
    this.text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
  }

  flushed(): Promise<void> {
    return Promise.resolve();
  }
}

interface Given {
  readonly options?: CommandOptions;
  readonly positionals?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: readonly (string | Buffer)[];
}

export function fakeInvocation(
  given: Given = {},
): Invocation & { readonly stdout: FakeOutput; readonly stderr: FakeOutput } {
  return {
    command: '',
    options: given.options ?? {},
    positionals: given.positionals ?? [],
    env: { HOSTNAME: 'host', ...given.env },
    version: '1.2.3',
    stdout: new FakeOutput(),
    stderr: new FakeOutput(),
    stdin: chunks(given.stdin ?? []),
  };
}

async function* chunks(texts: readonly (string | Buffer)[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield typeof text === 'string' ? Buffer.from(text) : text;
}
