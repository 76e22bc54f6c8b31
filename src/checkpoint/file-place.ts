/** Whether a path still leads to the file that was opened there: whoever has a file open writes to it also when it has no name. */
import { statSync } from 'node:fs';

export class FilePlace {
  readonly #path: string;
  #identity: string | undefined;

  /** The file at `path` has just been opened; or it is there when it is asked for first. */
  constructor(path: string) {
    this.#path = path;
    this.#identity = identityOf(path);
  }

  /** Throws where nobody may ask. */
  get isKept(): boolean {
    const identity = identityOf(this.#path);
    this.#identity ??= identity;
    return identity === this.#identity;
  }
}

function identityOf(path: string): string | undefined {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat && `${stat.dev}:${stat.ino}`;
}
