/** What one directory holds, so that thousands of logs can be asked for their rotated forms at once. */
import type { DirectoryEntry } from '../../core/ports.ts';
import { RotatedNames } from './rotated-names.ts';

export class DirectoryContents {
  /** Of whatever kind. */
  readonly names: ReadonlySet<string>;
  readonly files: ReadonlySet<string>;
  readonly directories: ReadonlySet<string>;
  /** Of files. */
  readonly rotated: RotatedNames;

  constructor(entries: readonly DirectoryEntry[]) {
    const namesOf = (kind: DirectoryEntry['kind']) => new Set(entries.filter((entry) => entry.kind === kind).map(({ name }) => name));
    this.names = new Set(entries.map(({ name }) => name));
    this.files = namesOf('file');
    this.directories = namesOf('directory');
    this.rotated = new RotatedNames(this.files);
  }
}
