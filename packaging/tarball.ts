/** The .tar.gz for everything else: the staging tree with install.sh and uninstall.sh. */
import { chmodSync, cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { finishTree } from './staging.ts';
import { type Architecture, buildDirectory, distDirectory, manifest, repository, run, sourceDateSeconds } from './tools.ts';

/** Packs the tree at `staged`; returns the archive's path. */
export function makeTarball(architecture: Architecture, staged: string, fast: boolean): string {
  const name = `kinship-${manifest.version}-linux-${architecture}`;
  const parent = join(buildDirectory, `tarball-${architecture}`);
  const root = join(parent, name);
  rmSync(parent, { recursive: true, force: true });
  mkdirSync(root, { recursive: true });
  cpSync(staged, join(root, 'root'), { recursive: true, preserveTimestamps: true });
  for (const script of ['install.sh', 'uninstall.sh']) {
    cpSync(join(repository, 'packaging/tarball', script), join(root, script));
    chmodSync(join(root, script), 0o755);
  }
  finishTree(root);
  const out = join(distDirectory, `${name}.tar.gz`);
  const compress = fast ? 'gzip -n -1' : 'gzip -n -9';
  const owners = ['--owner=0', '--group=0', '--numeric-owner', '--sort=name', `--mtime=@${sourceDateSeconds()}`];
  run('tar', ['-C', parent, ...owners, '-I', compress, '-cf', out, name]);
  return out;
}
