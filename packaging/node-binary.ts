/**
 * Node's own binary for an architecture: the version that package.json pins, checked against package-lock.json's
 * integrity, stripped of its symbols (150 → 116 MB). Stripping has to come before anything is put in: a binary stripped
 * afterwards crashes when it starts.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Architecture, buildDirectory, needTool, pinnedNode, repository, run } from './tools.ts';

const strippers: Readonly<Record<Architecture, readonly string[]>> = {
  x64: process.arch === 'x64' ? ['strip', 'llvm-strip'] : ['x86_64-linux-gnu-strip', 'llvm-strip'],
  arm64: process.arch === 'arm64' ? ['strip', 'llvm-strip'] : ['aarch64-linux-gnu-strip', 'llvm-strip'],
};

/** Path of the stripped binary; made once a version. */
export function strippedNode(architecture: Architecture): string {
  const { name, version } = pinnedNode(architecture);
  const stripped = join(buildDirectory, `${name}-${version}-stripped`);
  if (existsSync(stripped)) return stripped;
  mkdirSync(buildDirectory, { recursive: true });
  const strip = needTool(strippers[architecture], 'apt-get install binutils, or binutils-aarch64-linux-gnu for arm64');
  const partial = `${stripped}.partial`;
  copyFileSync(installedNode(architecture) ?? fetchedNode(architecture), partial);
  chmodSync(partial, 0o755);
  run(strip, [partial]);
  execFileSync('mv', [partial, stripped]);
  return stripped;
}

/** The binary that npm installed for this machine (optionalDependencies); undefined: not there, or of another version. */
function installedNode(architecture: Architecture): string | undefined {
  const { name, version } = pinnedNode(architecture);
  const directory = join(repository, 'node_modules', name);
  const manifest = join(directory, 'package.json');
  if (!existsSync(manifest)) return undefined;
  return JSON.parse(readFileSync(manifest, 'utf8')).version === version ? join(directory, 'bin/node') : undefined;
}

function fetchedNode(architecture: Architecture): string {
  const { name, version } = pinnedNode(architecture);
  const directory = join(buildDirectory, `${name}-${version}`);
  const binary = join(directory, 'package/bin/node');
  if (existsSync(binary)) return binary;
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  run('npm', ['pack', '--silent', `${name}@${version}`, '--pack-destination', directory]);
  const archive = join(directory, `${name}-${version}.tgz`);
  checkIntegrity(archive, name);
  run('tar', ['-C', directory, '-xzf', archive, 'package/bin/node']);
  rmSync(archive);
  return binary;
}

/** Source: W3C Subresource Integrity, as npm writes it into the lock file. */
function checkIntegrity(archive: string, name: string): void {
  const lock = JSON.parse(readFileSync(join(repository, 'package-lock.json'), 'utf8'));
  const expected: unknown = lock.packages?.[`node_modules/${name}`]?.integrity;
  if (typeof expected !== 'string') throw new Error(`package-lock.json has no integrity of ${name}`);
  const actual = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
  if (actual !== expected) throw new Error(`${archive} is not what package-lock.json pins: ${actual}, expected ${expected}`);
}
