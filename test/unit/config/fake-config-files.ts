/** Config files in memory, for tests. */
import type { ConfigReader, ConfigText } from '../../../src/config/files/config-reader.ts';
import { FileFault } from '../../../src/core/errors.ts';

export class FakeConfigFiles implements ConfigReader {
  readonly #files: ReadonlyMap<string, string>;
  readonly #readableByOthers: boolean;

  constructor(files: Readonly<Record<string, string>>, readableByOthers = true) {
    this.#files = new Map(Object.entries(files));
    this.#readableByOthers = readableByOthers;
  }

  read(path: string): Promise<ConfigText> {
    const text = this.#files.get(path);
    if (text === undefined) return Promise.reject(new FileFault({ code: 'not-found', systemCode: 'ENOENT', path }));
    return Promise.resolve({ text, readableByOthers: this.#readableByOthers });
  }

  list(directory: string): Promise<readonly string[]> {
    const prefix = `${directory}/`;
    const names = [...this.#files.keys()]
      .filter((path) => path.startsWith(prefix))
      .map((path) => path.slice(prefix.length));
    if (names.length === 0)
      return Promise.reject(new FileFault({ code: 'not-found', systemCode: 'ENOENT', path: directory }));
    return Promise.resolve(names.toReversed());
  }
}
