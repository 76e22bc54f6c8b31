import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { configFiles, stagedFiles } from '../../../packaging/staging.ts';
import { thirdPartyNotices } from '../../../packaging/third-party-notices.ts';
import { architectureOf, architecturesToPack, repository } from '../../../packaging/tools.ts';

const spec = readFileSync(`${repository}/packaging/rpm/kinship.spec`, 'utf8');
const staged = stagedFiles('x64');

test('everything that is staged comes from a file of the repository that is there', () => {
  const files = staged.flatMap(({ from }) => ('file' in from && !from.file.includes('/dist/') ? [from.file] : []));
  expect(files.length).toBeGreaterThan(5);
  expect(files.filter((file) => !existsSync(file))).toEqual([]);
});

test('the .rpm lists every staged file, and the config files as such', () => {
  const listed = spec.slice(spec.indexOf('%files')).split('\n').map((line) => line.split(' ').at(-1) ?? '');
  const missing = staged.filter(({ path }) => !listed.some((entry) => entry !== '' && (path === entry || path.startsWith(`${entry}/`))));
  expect(missing.map(({ path }) => path)).toEqual([]);
  for (const file of configFiles) expect(spec).toMatch(new RegExp(`^%config\\(noreplace\\).* ${file}$`, 'm'));
});

test('files that may hold secrets are for root alone', () => {
  expect(staged.find(({ path }) => path === '/etc/kinship/environment')?.mode).toBe(0o600);
});

test('the installed config is valid as it is, three lines from being yours', () => {
  const config = `${repository}/packaging/common/kinship.yaml`;
  expect(readFileSync(config, 'utf8').match(/<-/g)).toHaveLength(4);
  const output = execFileSync(process.execPath, [`${repository}/src/main.ts`, 'check', '--config', config], {
    encoding: 'utf8',
    env: { AWS_EC2_METADATA_DISABLED: 'true' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  expect(output).toContain('valid, 1 flow');
});

test.each(['debian/postinst', 'debian/prerm', 'debian/postrm', 'tarball/install.sh', 'tarball/uninstall.sh'])(
  '%s is a script for any POSIX shell',
  (name) => {
    const script = `${repository}/packaging/${name}`;
    expect(readFileSync(script, 'utf8')).toMatch(/^#!\/bin\/sh\n/);
    execFileSync('sh', ['-n', script]);
  },
);

test('a purge removes what starts instances, and nothing of other packages', () => {
  const root = mkdtempSync(join(tmpdir(), 'kinship-root-'));
  try {
    const wants = join(root, 'etc/systemd/system/multi-user.target.wants');
    for (const directory of [wants, join(root, 'bin'), join(root, 'var/lib/kinship'), join(root, 'var/lib/kinship-of-others')]) mkdirSync(directory, { recursive: true });
    for (const unit of ['kinship@web.service', 'other.service']) symlinkSync('/usr/lib/systemd/system/x.service', join(wants, unit));
    for (const tool of ['systemctl', 'deb-systemd-helper']) writeFileSync(join(root, 'bin', tool), '#!/bin/sh\n', { mode: 0o755 });
    const env = { PATH: `${root}/bin:${process.env.PATH}`, DPKG_ROOT: root };
    execFileSync('sh', [`${repository}/packaging/debian/postrm`, 'purge'], { env, stdio: ['ignore', 'inherit', 'ignore'] });
    expect(readdirSync(wants)).toEqual(['other.service']);
    expect(readdirSync(join(root, 'var/lib'))).toEqual(['kinship-of-others']);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

test('the notices name each package once, with its licence', () => {
  const notices = thirdPartyNotices(['node_modules/pino/pino.js', 'node_modules/pino/lib/tools.js', 'src/main.ts']);
  expect(notices.match(/^pino [\d.]+ \(MIT\)$/gm)).toHaveLength(1);
  expect(notices).toContain('Node.js');
});

test('an architecture that is not built is refused by name', () => {
  expect(architectureOf('arm64')).toBe('arm64');
  expect(() => architectureOf('s390x')).toThrow('--arch is one of x64, arm64, not s390x');
});

test('packages are made from the binary that was asked for, else from the one that was built, and in a fresh checkout for this machine', () => {
  expect(architecturesToPack('arm64', ['x64'])).toEqual(['arm64']);
  expect(architecturesToPack(undefined, ['x64', 'arm64'])).toEqual(['x64', 'arm64']);
  expect(architecturesToPack(undefined, [])).toEqual([process.arch]);
});

/** `npm run package` in a checkout of which no more than the packing is there, with these tools on PATH besides sh. */
function packIn(build: string, args: readonly string[], tools: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  const checkout = mkdtempSync(join(tmpdir(), 'kinship-checkout-'));
  try {
    cpSync(`${repository}/packaging`, join(checkout, 'packaging'), { recursive: true });
    cpSync(`${repository}/package.json`, join(checkout, 'package.json'));
    writeFileSync(join(checkout, 'packaging/build.ts'), build);
    const bin = join(checkout, 'bin');
    mkdirSync(bin);
    symlinkSync('/bin/sh', join(bin, 'sh'));
    for (const tool of tools) writeFileSync(join(bin, tool), '#!/bin/sh\n', { mode: 0o755 });
    return spawnSync(process.execPath, [join(checkout, 'packaging/package.ts'), ...args], { encoding: 'utf8', env: { PATH: bin } });
  } finally {
    rmSync(checkout, { recursive: true, force: true });
  }
}

const failingBuild = `process.stdout.write('built: ' + process.argv.slice(2).join(' ') + '\\n'); process.exit(3);`;

test('in a checkout without a binary, packaging begins with building one, and ends where that fails', () => {
  const { stdout, stderr, status } = packIn(failingBuild, [], ['tar', 'rpmbuild', 'dpkg-deb']);
  expect(stdout).toBe(`built: --arch ${process.arch}\n`);
  expect({ lines: stderr.split('\n').length - 1, status }).toEqual({ lines: 1, status: 1 });
});

test('a tool that is not here is told with how to get it and what can be made without it, before anything is built', () => {
  expect(packIn(failingBuild, [], ['tar', 'dpkg-deb'])).toMatchObject({
    status: 1,
    stdout: '',
    stderr:
      'rpmbuild is not here, which makes the .rpm: apt-get install rpm, or dnf install rpm-build\n' +
      'What can be made here as it is: npm run package -- --format deb, or --format tar\n',
  });
  expect(packIn(failingBuild, ['--format', 'tar'], ['tar']).stdout).toMatch(/^built/);
  expect(packIn(failingBuild, ['--format', 'zip'], ['tar']).stderr).toBe('--format is one of deb, rpm, tar, not zip\n');
});
