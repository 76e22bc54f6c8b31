/** The process's environment without anything about AWS, for tests of what the SDK reads from it by itself. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '../../../src/aws/network/connection.ts';

export interface TestEnvironment extends Disposable {
  readonly variables: Environment;
  /** A directory of the test's own; HOME too. */
  readonly directory: string;
  /** Writes a file there and returns its path. */
  write(name: string, content: string): string;
}

/** Removes every variable of AWS and of proxies, sets `variables`, and puts everything back when disposed of. */
export function testEnvironment(variables: Readonly<Record<string, string>>): TestEnvironment {
  const before = { ...process.env };
  const directory = mkdtempSync(join(tmpdir(), 'kinship-aws-'));
  for (const name of Object.keys(process.env)) if (/^AWS_|_PROXY$/i.test(name)) delete process.env[name];
  Object.assign(process.env, {
    HOME: directory,
    AWS_CONFIG_FILE: join(directory, 'config'),
    AWS_SHARED_CREDENTIALS_FILE: join(directory, 'credentials'),
    ...variables,
  });
  return {
    variables: { ...process.env },
    directory,
    write: (name, content) => {
      const path = join(directory, name);
      writeFileSync(path, content);
      return path;
    },
    [Symbol.dispose]: () => {
      for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
      Object.assign(process.env, before);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
