/**
 * The tree of files that every package installs, the same for all formats: binary, units, user, config, man page,
 * completions, documents. Modes are set here, owners (root) by the packer; every file has the date of the commit.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Architecture, binaryPath, buildDirectory, distDirectory, repository, sourceDateSeconds } from './tools.ts';

/** Files that belong to whoever edits them: kept on upgrade. */
export const configFiles = ['/etc/kinship/kinship.yaml', '/etc/kinship/environment'] as const;

/** What is packed, and where it goes. */
export interface Packing {
  readonly architecture: Architecture;
  /** Root of the staging tree. */
  readonly staged: string;
  readonly version: string;
  readonly outDirectory: string;
  /** Quickly instead of small. */
  readonly fast: boolean;
}

export interface StagedFile {
  /** Where it goes. */
  readonly path: string;
  readonly from: { readonly file: string } | { readonly content: () => Buffer };
  readonly mode?: number;
}

/** Makes the tree anew below build/ and returns its root. */
export function stage(architecture: Architecture): string {
  const root = join(buildDirectory, `stage-${architecture}`);
  if (!existsSync(binaryPath(architecture))) {
    throw new Error(`${binaryPath(architecture)} is not there: npm run build -- --arch ${architecture}`);
  }
  rmSync(root, { recursive: true, force: true });
  for (const staged of stagedFiles(architecture)) {
    const target = join(root, staged.path);
    mkdirSync(dirname(target), { recursive: true });
    if ('file' in staged.from) cpSync(staged.from.file, target);
    else writeFileSync(target, staged.from.content());
    chmodSync(target, staged.mode ?? 0o644);
  }
  mkdirSync(join(root, 'etc/kinship/conf.d'));
  finishTree(root);
  return root;
}

/** Makes directories readable and gives all files the date of the commit: the last step before packing. */
export function finishTree(root: string): void {
  const seconds = sourceDateSeconds();
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) chmodSync(path, 0o755);
    lutimesSync(path, seconds, seconds);
  }
  chmodSync(root, 0o755);
  lutimesSync(root, seconds, seconds);
}

/** Every file of the tree. */
export function stagedFiles(architecture: Architecture): readonly StagedFile[] {
  const doc = '/usr/share/doc/kinship';
  const file = (name: string) => ({ file: join(repository, name) });
  return [
    { path: '/usr/bin/kinship', from: { file: binaryPath(architecture) }, mode: 0o755 },
    { path: '/usr/lib/systemd/system/kinship.service', from: file('systemd/kinship.service') },
    { path: '/usr/lib/systemd/system/kinship@.service', from: file('systemd/kinship@.service') },
    { path: '/usr/lib/sysusers.d/kinship.conf', from: file('packaging/common/sysusers.conf') },
    { path: '/etc/kinship/kinship.yaml', from: file('packaging/common/kinship.yaml') },
    { path: '/etc/kinship/environment', from: file('packaging/common/environment'), mode: 0o600 },
    { path: `${doc}/reference.md`, from: file('config/reference.md') },
    { path: `${doc}/examples/example.yaml`, from: file('config/example.yaml') },
    { path: `${doc}/examples/read-all-logs.conf`, from: file('systemd/kinship.service.d/read-all-logs.conf') },
    { path: `${doc}/LICENSE`, from: file('LICENSE') },
    { path: `${doc}/THIRD-PARTY-NOTICES.gz`, from: gzipped(() => readFileSync(join(distDirectory, 'THIRD-PARTY-NOTICES'))) },
    { path: '/usr/share/kinship/schema.json', from: file('config/schema.json') },
    { path: '/usr/share/man/man1/kinship.1.gz', from: gzipped(() => printed(['help', '--man'])) },
    { path: '/usr/share/bash-completion/completions/kinship', from: { content: () => printed(['completion', 'bash']) } },
    { path: '/usr/share/zsh/site-functions/_kinship', from: { content: () => printed(['completion', 'zsh']) } },
  ];
}

/** zlib writes no name and no date: the same bytes every time. */
function gzipped(content: () => Buffer): { readonly content: () => Buffer } {
  return { content: () => gzipSync(content(), { level: 9 }) };
}

/** What a kinship command prints. It runs from the sources, as the binary may be another architecture's. */
function printed(args: readonly string[]): Buffer {
  return execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', join(repository, 'src/main.ts'), ...args]);
}
