/** Config files from the real file system. */
import { isUtf8 } from 'node:buffer';
import { open, readdir, stat } from 'node:fs/promises';
import type { ConfigReader, ConfigText } from '../config/files/config-reader.ts';
import { orFileFault } from './file-fault.ts';

/** A config larger than this is no config. */
const CONFIG_BYTES_MAX = 16 * 1024 ** 2;
const REPLACEMENT = '\uFFFD';
const READABLE_BY_OTHERS = 0o044;
/** A link to it stands for an empty file: so systemd's units are masked. Source: null(4). */
const DEV_NULL = 0x103;

export class NodeConfigReader implements ConfigReader {
  read(path: string): Promise<ConfigText> {
    return orFileFault(path, async () => {
      await refuseStrange(path);
      await using handle = await open(path, 'r');
      const stats = await handle.stat();
      if (stats.size > CONFIG_BYTES_MAX) throw Object.assign(new Error('larger than 16 MiB'), { code: 'EFBIG' });
      const bytes = await handle.readFile();
      const text = bytes.toString('utf8');
      return { text, readableByOthers: (stats.mode & READABLE_BY_OTHERS) !== 0, notUtf8At: notUtf8At(bytes, text) };
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

/**
 * A FIFO is opened only once somebody writes to it, and a device can go on for ever: nothing, not even SIGTERM, would end the wait.
 * A pipe that a shell hands over (`-c <(…)`, `-c /dev/stdin`) has its writer.
 */
async function refuseStrange(path: string): Promise<void> {
  const stats = await stat(path);
  if (stats.isFile() || stats.rdev === DEV_NULL || (stats.isFIFO() && /^\/(?:dev\/(?:fd\/|stdin$)|proc\/self\/fd\/)/.test(path))) return;
  throw Object.assign(new Error('no regular file'), { code: stats.isDirectory() ? 'EISDIR' : 'no regular file' });
}

/** Where in `text`, made of `bytes`, a replacement character stands that does not stand in the file. */
function notUtf8At(bytes: Buffer, text: string): number | undefined {
  if (isUtf8(bytes)) return undefined;
  for (let at = text.indexOf(REPLACEMENT); at >= 0; at = text.indexOf(REPLACEMENT, at + 1)) {
    const offset = Buffer.byteLength(text.slice(0, at));
    if (!bytes.subarray(offset, offset + 3).equals(Buffer.from(REPLACEMENT))) return at;
  }
  return 0;
}
