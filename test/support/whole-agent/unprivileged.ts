/** Permissions do not bind root. If a test of them runs as root, it runs its agent as the user nobody. */
import { chmodSync, chownSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentProcessOptions } from './agent-process.ts';

const NOBODY = 65_534;

/** Options for an agent that is bound by permissions; `root` and everything below becomes its own. */
export function unprivileged(root: string): AgentProcessOptions {
  if (process.getuid?.() !== 0) return {};
  for (const path of [root, ...below(root)]) chownSync(path, NOBODY, NOBODY);
  chmodSync(root, 0o700);
  return { userId: NOBODY };
}

function below(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((name) => join(directory, name));
}
