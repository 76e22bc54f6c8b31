/** The .tar.gz for everything else: the staging tree with install.sh and uninstall.sh. */
import { chmodSync, cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { finishTree, type Packing } from './staging.ts';
import { buildDirectory, repository, run, sourceDateSeconds } from './tools.ts';

/** Packs the staging tree. Returns the archive's path. */
export function makeTarball(packing: Packing): string {
  const { architecture, version } = packing;
  const name = `kinship-${version}-linux-${architecture}`;
  const parent = join(buildDirectory, `tarball-${architecture}`);
  const root = join(parent, name);
  rmSync(parent, { recursive: true, force: true });
  mkdirSync(root, { recursive: true });
  cpSync(packing.staged, join(root, 'root'), { recursive: true, preserveTimestamps: true });
  for (const script of ['install.sh', 'uninstall.sh']) {
    cpSync(join(repository, 'packaging/tarball', script), join(root, script));
    chmodSync(join(root, script), 0o755);
  }
  finishTree(root);
  const out = join(packing.outDirectory, `${name}.tar.gz`);
  const compress = packing.fast ? 'gzip -n -1' : 'gzip -n -9';
  const owners = ['--owner=0', '--group=0', '--numeric-owner', '--sort=name', `--mtime=@${sourceDateSeconds()}`];
  run('tar', ['-C', parent, ...owners, '-I', compress, '-cf', out, name]);
  return out;
}
