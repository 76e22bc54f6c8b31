/** What a relation between keys finds, before it has a place. */
import type { Path } from './located.ts';

/**
 * `error`: the agent would not do what was meant, so it does not start. `warning`: the agent starts, and says which part of the
 * config has no effect or needs something outside of the config.
 */
export interface Problem {
  readonly severity: 'error' | 'warning';
  readonly path: Path;
  readonly message: string;
}

export const error = (path: Path, message: string): Problem => ({ severity: 'error', path, message });
export const warning = (path: Path, message: string): Problem => ({ severity: 'warning', path, message });
