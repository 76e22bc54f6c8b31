/** The .rpm: rpmbuild over the staging tree (rpm runs on Debian too). */
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Architecture, buildDirectory, distDirectory, manifest, needTool, repository, run, sourceDateSeconds } from './tools.ts';

const rpmArchitectures: Readonly<Record<Architecture, string>> = { x64: 'x86_64', arm64: 'aarch64' };

/** Packs the tree at `staged`; `fast`: quickly instead of small. Returns the package's path. */
export function makeRpm(architecture: Architecture, staged: string, fast: boolean): string {
  needTool(['rpmbuild'], 'apt-get install rpm, or dnf install rpm-build');
  const target = rpmArchitectures[architecture];
  const top = join(buildDirectory, `rpm-${architecture}`);
  rmSync(top, { recursive: true, force: true });
  mkdirSync(top, { recursive: true });
  const defines = {
    _topdir: top,
    kinship_version: manifest.version,
    kinship_stage: staged,
    _binary_payload: fast ? 'w1.gzdio' : 'w19.zstdio',
    _buildhost: 'localhost',
    use_source_date_epoch_as_buildtime: '1',
    clamp_mtime_to_source_date_epoch: '1',
  };
  const flags = Object.entries(defines).flatMap(([name, value]) => ['--define', `${name} ${value}`]);
  run('rpmbuild', ['-bb', '--quiet', ...flags, '--target', target, join(repository, 'packaging/rpm/kinship.spec')], {
    env: { ...process.env, SOURCE_DATE_EPOCH: String(sourceDateSeconds()) },
  });
  const name = `kinship-${manifest.version}-1.${target}.rpm`;
  const out = join(distDirectory, name);
  renameSync(join(top, 'RPMS', target, name), out);
  return out;
}
