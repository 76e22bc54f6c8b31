/** The .rpm: rpmbuild over the staging tree (rpm runs on Debian too). */
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Packing } from './staging.ts';
import { type Architecture, buildDirectory, repository, run, sourceDateSeconds } from './tools.ts';

const rpmArchitectures: Readonly<Record<Architecture, string>> = { x64: 'x86_64', arm64: 'aarch64' };

/** Packs the staging tree. Returns the package's path. */
export function makeRpm(packing: Packing): string {
  const { architecture, version } = packing;
  const target = rpmArchitectures[architecture];
  const top = join(buildDirectory, `rpm-${architecture}`);
  rmSync(top, { recursive: true, force: true });
  mkdirSync(top, { recursive: true });
  const defines = {
    _topdir: top,
    kinship_version: version,
    kinship_stage: packing.staged,
    _binary_payload: packing.fast ? 'w1.gzdio' : 'w19.zstdio',
    _buildhost: 'localhost',
    use_source_date_epoch_as_buildtime: '1',
    clamp_mtime_to_source_date_epoch: '1',
  };
  const flags = Object.entries(defines).flatMap(([name, value]) => ['--define', `${name} ${value}`]);
  run('rpmbuild', ['-bb', '--quiet', ...flags, '--target', target, join(repository, 'packaging/rpm/kinship.spec')], {
    env: { ...process.env, SOURCE_DATE_EPOCH: String(sourceDateSeconds()) },
  });
  const name = `kinship-${version}-1.${target}.rpm`;
  const out = join(packing.outDirectory, name);
  cpSync(join(top, 'RPMS', target, name), out);
  return out;
}
