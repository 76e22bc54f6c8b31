/** The .deb: dpkg-deb over the staging tree. Sources: Debian policy §5, §6, §10.7; deb-control(5). */
import { createHash } from 'node:crypto';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { configFiles, finishTree, type Packing } from './staging.ts';
import { type Architecture, buildDirectory, repository, run, sourceDateSeconds } from './tools.ts';

const debArchitectures: Readonly<Record<Architecture, string>> = { x64: 'amd64', arm64: 'arm64' };
const maintainer = process.env.KINSHIP_MAINTAINER ?? 'kinship maintainers <kinship@localhost.localdomain>';

/** Packs the staging tree (`fast`: gzip in a second instead of xz in twenty). Returns the package's path. */
export function makeDeb(packing: Packing): string {
  const { architecture, version } = packing;
  const root = join(buildDirectory, `deb-${architecture}`);
  rmSync(root, { recursive: true, force: true });
  cpSync(packing.staged, root, { recursive: true, preserveTimestamps: true });
  debianPlaces(root, version);
  writeControl(packing, root);
  finishTree(root);
  const out = join(packing.outDirectory, `kinship_${version}_${debArchitectures[architecture]}.deb`);
  const compression = packing.fast ? ['-Zgzip', '-z1'] : ['-Zxz'];
  run('dpkg-deb', ['--root-owner-group', ...compression, '--build', root, out], {
    env: { ...process.env, SOURCE_DATE_EPOCH: String(sourceDateSeconds()) },
  });
  return out;
}

/** Moves files to where Debian wants them. */
function debianPlaces(root: string, version: string): void {
  const move = (from: string, to: string) => {
    mkdirSync(dirname(join(root, to)), { recursive: true });
    renameSync(join(root, from), join(root, to));
  };
  const doc = 'usr/share/doc/kinship';
  move('usr/share/zsh/site-functions/_kinship', 'usr/share/zsh/vendor-completions/_kinship');
  rmSync(join(root, 'usr/share/zsh/site-functions'), { recursive: true });
  rmSync(join(root, doc, 'LICENSE'));
  const date = new Date(sourceDateSeconds() * 1000).toUTCString().replace('GMT', '+0000');
  const changelog = `kinship (${version}) unstable; urgency=medium\n\n  * See the changelog of the project.\n\n -- ${maintainer}  ${date}\n`;
  writeFileSync(join(root, doc, 'changelog.gz'), gzipSync(changelog, { level: 9 }));
  cpSync(join(repository, 'packaging/debian/copyright'), join(root, doc, 'copyright'));
  mkdirSync(join(root, 'usr/share/lintian/overrides'), { recursive: true });
  cpSync(join(repository, 'packaging/debian/lintian-overrides'), join(root, 'usr/share/lintian/overrides/kinship'));
}

function writeControl(packing: Packing, root: string): void {
  const files = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const control = join(root, 'DEBIAN');
  mkdirSync(control);
  const installedBytes = files.reduce((bytes, file) => bytes + readFileSync(file).length, 0);
  const fields = readFileSync(join(repository, 'packaging/debian/control'), 'utf8')
    .replace('@VERSION@', packing.version)
    .replace('@ARCHITECTURE@', debArchitectures[packing.architecture])
    .replace('@MAINTAINER@', maintainer)
    .replace('@INSTALLED_KIB@', String(Math.ceil(installedBytes / 1024)));
  writeFileSync(join(control, 'control'), fields);
  writeFileSync(join(control, 'conffiles'), configFiles.map((file) => `${file}\n`).join(''));
  const sums = files
    .map((file) => relative(root, file))
    .filter((name) => !configFiles.some((config) => config === `/${name}`))
    .map((name) => `${createHash('md5').update(readFileSync(join(root, name))).digest('hex')}  ${name}\n`);
  writeFileSync(join(control, 'md5sums'), sums.join(''));
  for (const script of ['postinst', 'prerm', 'postrm']) {
    cpSync(join(repository, 'packaging/debian', script), join(control, script));
    chmodSync(join(control, script), 0o755);
  }
}
