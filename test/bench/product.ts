/**
 * The bench measures the product: dist/kinship, which is built when it is missing or older than its sources. It is copied to
 * a place of its own, as a package manager installs it: a file that the build just wrote lies in the page cache in larger
 * pieces, and the kernel counts 30 MB more of it as resident.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** Installs `binary`, else dist/kinship, into `directory`; returns its path. Says on stderr when it builds. */
export function installProduct(directory: string, binary: string | undefined): string {
  const built = join(repository, 'dist/kinship');
  if (binary === undefined && isStale(built)) {
    process.stderr.write(`bench: dist/kinship is ${existsSync(built) ? 'older than the sources' : 'not there'}, npm run build makes it\n`);
    execFileSync(process.execPath, [join(repository, 'packaging/build.ts')], { cwd: repository, stdio: ['ignore', 2, 2] });
  }
  const installed = join(directory, 'kinship');
  copyFileSync(binary ?? built, installed);
  return installed;
}

function isStale(built: string): boolean {
  if (!existsSync(built)) return true;
  const builtMs = statSync(built).mtimeMs;
  const parts = ['src', 'packaging'].flatMap((part) => filesBelow(join(repository, part)));
  return [...parts, join(repository, 'package-lock.json')].some((path) => statSync(path).mtimeMs > builtMs);
}

function filesBelow(directory: string): readonly string[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
