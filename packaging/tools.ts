/** What every packaging script needs: where things are, which tools are there, and running one so that its failure stops. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repository = dirname(dirname(fileURLToPath(import.meta.url)));
/** What is made on the way; may be deleted at any time. */
export const buildDirectory = join(repository, 'build');
/** What people get. */
export const distDirectory = join(repository, 'dist');

export const architectures = ['x64', 'arm64'] as const;
export type Architecture = (typeof architectures)[number];

interface Manifest {
  readonly version: string;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

export const manifest: Manifest = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));

/** Name of the npm package with Node's own binary for an architecture, and its pinned version. */
export function pinnedNode(architecture: Architecture): { readonly name: string; readonly version: string } {
  const name = `node-linux-${architecture}`;
  const version = manifest.optionalDependencies[name];
  if (version === undefined) throw new Error(`package.json pins no ${name} (optionalDependencies)`);
  return { name, version };
}

/** Where the binary of an architecture is built. */
export function binaryPath(architecture: Architecture): string {
  return join(distDirectory, architecture === 'x64' ? 'kinship' : `kinship-${architecture}`);
}

/** What is packed: what was asked for, else what was built, else what this machine runs. */
export function architecturesToPack(asked: Architecture | undefined, built: readonly Architecture[]): readonly Architecture[] {
  if (asked !== undefined) return [asked];
  return built.length > 0 ? built : [architectureOf(process.arch) ?? 'x64'];
}

/** What a person has to set right: the message says it all, where it came from does not help. */
export class PackagingFault extends Error {}

/** Runs the work of a script. A `PackagingFault` is told in its own words and exit code 1; anything else is a bug, and told as one. */
export async function runScript(work: () => void | Promise<void>): Promise<void> {
  try {
    await work();
  } catch (fault) {
    if (!(fault instanceof PackagingFault)) throw fault;
    process.stderr.write(`${fault.message}\n`);
    process.exitCode = 1;
  }
}

/** Runs a tool, its output on ours. Throws a `PackagingFault` when it fails. */
export function run(command: string, args: readonly string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}): void {
  try {
    execFileSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], ...options });
  } catch (cause) {
    throw new PackagingFault(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** Whether a tool can be found on PATH. */
export function hasTool(command: string): boolean {
  return spawnSync('sh', ['-c', `command -v "$1"`, 'sh', command], { stdio: 'ignore' }).status === 0;
}

/** The first of `commands` that is there. Throws a `PackagingFault` with what to install where none is. */
export function needTool(commands: readonly string[], hint: string): string {
  const found = commands.find(hasTool);
  if (found === undefined) throw new PackagingFault(`needs ${commands.join(' or ')}: ${hint}`);
  return found;
}

/** `--arch` of a command line; `undefined` where it is not given. */
export function architectureOf(given: string | undefined): Architecture | undefined {
  if (given === undefined) return undefined;
  const architecture = architectures.find((known) => known === given);
  if (architecture === undefined) throw new PackagingFault(`--arch is one of ${architectures.join(', ')}, not ${given}`);
  return architecture;
}

/** The date of a source archive, which has no commits. */
const dateWithoutGitSeconds = Date.UTC(2026, 0, 1) / 1000;

/**
 * Time of the commit that is built, or what SOURCE_DATE_EPOCH says, seconds: the one date that goes into what is built, so
 * that building twice gives the same bytes. Source: reproducible-builds.org, "SOURCE_DATE_EPOCH".
 */
export function sourceDateSeconds(): number {
  const given = process.env.SOURCE_DATE_EPOCH;
  if (given !== undefined) return Number(given);
  const git = spawnSync('git', ['-C', repository, 'log', '-1', '--format=%ct'], { encoding: 'utf8' });
  return git.status === 0 ? Number(git.stdout.trim()) : dateWithoutGitSeconds;
}
