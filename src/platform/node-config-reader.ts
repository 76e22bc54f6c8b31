/** Config files from the real file system. */
import { open, readdir } from 'node:fs/promises';
import type { ConfigReader, ConfigText } from '../config/config-reader.ts';
import { orFileFault } from './file-fault.ts';

/** A config larger than this is no config. */
const CONFIG_BYTES_MAX = 16 * 1024 ** 2;
const READABLE_BY_OTHERS = 0o044;

export class NodeConfigReader implements ConfigReader {
  read(path: string): Promise<ConfigText> {
    return orFileFault(path, async () => {
      await using handle = await open(path, 'r');
      const stats = await handle.stat();
      if (stats.size > CONFIG_BYTES_MAX) throw Object.assign(new Error('larger than 16 MiB'), { code: 'EFBIG' });
      return { text: await handle.readFile('utf8'), readableByOthers: (stats.mode & READABLE_BY_OTHERS) !== 0 };
    });
  }

  list(directory: string): Promise<readonly string[]> {
    return orFileFault(directory, async () => {
      const entries = await readdir(directory, { withFileTypes: true });
      const names: string[] = [];
      for (const entry of entries) if (entry.isFile() || entry.isSymbolicLink()) names.push(entry.name);
      return names;
    });
  }
}
