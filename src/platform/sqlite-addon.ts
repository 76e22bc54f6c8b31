/**
 * Loads SQLite's native part. From a checkout better-sqlite3 finds its own file. In the single binary the part is an asset, and may
 * have to be loaded where no directory allows executing: a memory file is tried first, then the service's own directories, then the
 * one for temporary files. Whatever is written is gone as soon as it is loaded.
 *
 * Guarantees: the addon is loaded once; where no way works there is one error that names each way and why it failed.
 */
import { chmodSync, closeSync, mkdtempSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { getRawAsset, isSea } from 'node:sea';
import { tmpdir } from 'node:os';
import { join } from '../core/paths.ts';

/** Name of the asset, as packaging/build.ts puts it in. */
export const sqliteAssetName = 'better_sqlite3.node';

/** Source: memfd_create(2). MFD_EXEC: kernel 6.3; older ones refuse it and need none. */
const MFD_CLOEXEC = 0x1;
const MFD_EXEC = 0x10;

type Environment = Readonly<Record<string, string | undefined>>;

interface Way {
  readonly name: string;
  load(addon: Uint8Array): object;
}

let loaded: object | undefined;

/** better-sqlite3's `nativeBinding` in the single binary; `undefined` from a checkout. Throws where no way works. */
export function loadSqliteBinding(env: Environment = process.env): object | undefined {
  if (!isSea()) return undefined;
  loaded ??= loadAddon(new Uint8Array(getRawAsset(sqliteAssetName)), env);
  return loaded;
}

/** Loads an addon from its bytes, by the first way that works. */
export function loadAddon(addon: Uint8Array, env: Environment, ways: readonly Way[] = waysOf(env)): object {
  const failures: string[] = [];
  for (const way of ways) {
    try {
      return way.load(addon);
    } catch (error) {
      failures.push(`${way.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Error(
    `SQLite could not be loaded: every place for it is refused. Let one of them be executable (ExecPaths= of the unit, ` +
      `or mount it without noexec), or set TMPDIR to a directory that is.\n  ${failures.join('\n  ')}`,
  );
}

/** The ways in order: a memory file, the directories of the service (systemd.exec(5)), the one for temporary files. */
export function waysOf(env: Environment): readonly Way[] {
  const directories = [env.STATE_DIRECTORY, env.RUNTIME_DIRECTORY, tmpdir()]
    .map((list) => list?.split(':')[0] ?? '')
    .filter((directory) => directory !== '');
  return [
    { name: 'memory file', load: loadFromMemory },
    ...directories.map((directory) => ({ name: directory, load: (addon: Uint8Array) => loadFromDirectory(addon, directory) })),
  ];
}

function loadFromMemory(addon: Uint8Array): object {
  const ffi = process.getBuiltinModule('node:ffi');
  if (ffi === undefined) throw new Error('this Node has no node:ffi');
  const { functions } = ffi.dlopen(null, { memfd_create: { return: 'i32', arguments: ['buffer', 'u32'] } });
  const name = Buffer.from('kinship-sqlite\0');
  let descriptor = functions.memfd_create(name, MFD_CLOEXEC | MFD_EXEC);
  if (descriptor < 0) descriptor = functions.memfd_create(name, MFD_CLOEXEC);
  if (descriptor < 0) throw new Error('memfd_create is refused');
  try {
    for (let written = 0; written < addon.length; ) written += writeSync(descriptor, addon, written);
    return loadFile(`/proc/self/fd/${descriptor}`);
  } finally {
    closeSync(descriptor);
  }
}

function loadFromDirectory(addon: Uint8Array, directory: string): object {
  const own = mkdtempSync(join(directory, '.kinship-'));
  try {
    const path = join(own, sqliteAssetName);
    writeFileSync(path, addon, { mode: 0o600 });
    chmodSync(path, 0o500);
    return loadFile(path);
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

function loadFile(path: string): object {
  const target: { exports: object } = { exports: {} };
  process.dlopen(target, path);
  return target.exports;
}
