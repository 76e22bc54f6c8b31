/** Whether a path still leads to the file that was opened there: whoever has a file open writes to it also when it has no name. */
import { statSync } from 'node:fs';

export class FilePlace {
  readonly #path: string;
  readonly #identity: string;

  /** The file at `path` has just been opened. Throws where it is gone already. */
  constructor(path: string) {
    this.#path = path;
    this.#identity = identityOf(path) ?? '';
  }

  /** Throws where nobody may ask. */
  get isKept(): boolean {
    return identityOf(this.#path) === this.#identity;
  }
}

function identityOf(path: string): string | undefined {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat && `${stat.dev}:${stat.ino}`;
}
