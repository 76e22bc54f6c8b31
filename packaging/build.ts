/**
 * `npm run build`: dist/kinship, one file that needs nothing but libc, libstdc++ and libatomic.
 *
 *   npm run build [-- --arch arm64] [--entry src/main.ts] [--out PATH]
 *
 * esbuild makes one CommonJS module of the sources. (An ES module would load all of Node's own modules at once: 90 ms instead of
 * 60 to `kinship version`.) Node's own `--build-sea` puts the module and SQLite's addon into the pinned Node. (The `pkg` tool
 * downloads a base binary while it builds, and its maintained fork drives this same feature of Node.)
 *
 * The binary is reproducible byte for byte. It holds V8's code cache of the module, which saves 45 ms of every command: 80 -> 35 ms
 * to `kinship version`. The cache depends on the seed of V8's hashes, which is fixed while the cache is made, and V8 takes it only
 * under the very flags it was made with. A binary for another architecture than the builder's has no cache (Node's documentation,
 * "Single executable applications": useCodeCache).
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build, type BuildOptions } from 'esbuild';
import { sqliteAssetName } from '../src/platform/sqlite-addon.ts';
import { lazyPackages } from './lazy-packages.ts';
import { strippedNode } from './node-binary.ts';
import { thirdPartyNotices } from './third-party-notices.ts';
import { type Architecture, architectureOf, binaryPath, buildDirectory, distDirectory, PackagingFault, pinnedNode, repository, run, runScript } from './tools.ts';

/** The stripped Node is 116 MB; what comes on top must stay small. */
const binaryBytesMax = 125_000_000;

/**
 * Flags of the agent's Node. Measured with `--max-semi-space-size=4`: 300 MB shipped in the same CPU time as without it,
 * with at most 146 instead of 199 MB of memory (1: 145, 16: 179); with parsing 163 instead of 200. The collector can be
 * called when the start is over (src/platform/heap-growth.ts). SIGUSR1 must not open the inspector. node:ffi is
 * experimental and would say so on every start.
 */
const nodeFlags = ['--max-semi-space-size=4', '--expose-gc', '--disable-sigusr1', '--disable-warning=ExperimentalWarning'];

const bundling: BuildOptions = {
  absWorkingDir: repository,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  // ES modules first: the UMD form of some packages asks for its files in ways that no bundler sees.
  mainFields: ['module', 'main'],
  target: `node${pinnedNode('x64').version.split('.')[0]}`,
  // CommonJS has no import.meta. Code that asks for it looks for files of a checkout, which the binary does not have.
  // import() becomes require(): in a module that the binary compiles by itself (lazy-packages.ts) an import() of a package rejects.
  supported: { 'dynamic-import': false },
  define: { 'import.meta.url': JSON.stringify('file:///usr/bin/kinship') },
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'warning',
};

/** Name of an asset inside the binary → file that it is made from. */
type Assets = Readonly<Record<string, string>>;

async function bundle(entry: string): Promise<{ readonly main: string; readonly assets: Assets }> {
  const main = join(buildDirectory, 'bundle.cjs');
  const lazy = { assets: new Map<string, Buffer>(), inputs: new Set<string>() };
  const plugins = [lazyPackages(bundling, lazy)];
  const result = await build({ ...bundling, entryPoints: [entry], outfile: main, plugins, metafile: true });
  const inputs = [...Object.keys(result.metafile.inputs), ...lazy.inputs];
  writeFileSync(join(distDirectory, 'THIRD-PARTY-NOTICES'), thirdPartyNotices(inputs));
  const assets: Record<string, string> = {};
  for (const [name, content] of [...lazy.assets].sort(([a], [b]) => (a < b ? -1 : 1))) {
    assets[name] = join(buildDirectory, name);
    writeFileSync(assets[name], content);
  }
  return { main, assets };
}

function inject(architecture: Architecture, parts: { main: string; assets: Assets }, out: string): void {
  const settings = join(buildDirectory, `sea-${architecture}.json`);
  const partial = `${out}.partial`;
  const isForThisMachine = architecture === process.arch;
  const configuration = {
    // Relative: the path goes in, and a build elsewhere must give the same bytes.
    main: relative(repository, parts.main),
    output: partial,
    executable: strippedNode(architecture),
    disableExperimentalSEAWarning: true,
    useCodeCache: isForThisMachine,
    useSnapshot: false,
    execArgv: nodeFlags,
    execArgvExtension: 'none',
    assets: {
      ...parts.assets,
      [sqliteAssetName]: join(repository, `node_modules/better-sqlite3/prebuilds/linux-${architecture}.node`),
    },
  };
  writeFileSync(settings, JSON.stringify(configuration, undefined, 2));
  rmSync(partial, { force: true });
  run(process.execPath, [...nodeFlags, '--random-seed=1', '--build-sea', settings], { cwd: repository });
  chmodSync(partial, 0o755);
  renameSync(partial, out);
}

/** Size, and whether it runs. */
function check(architecture: Architecture, out: string): void {
  const { size } = statSync(out);
  if (size > binaryBytesMax) throw new Error(`${out} has ${size} bytes, more than ${binaryBytesMax}`);
  const megabytes = (size / 1e6).toFixed(1);
  if (architecture !== process.arch) {
    process.stdout.write(`${out}: ${megabytes} MB (for ${architecture}: not run here)\n`);
    return;
  }
  const { stdout: version, stderr, status, error } = spawnSync(out, ['version'], { encoding: 'utf8' });
  if (error !== undefined || status !== 0) throw new Error(`${out} version does not run (exit code ${status})`, { cause: error });
  // On standard error Node says at every start that the code cache does not fit, and V8 that it does not know a flag.
  if (stderr !== '') throw new Error(`${out} version: ${stderr}`);
  // A module that was bundled wrongly fails when it is loaded. `check` loads the whole part of the program that reads configs.
  const env = { PATH: process.env.PATH, AWS_EC2_METADATA_DISABLED: 'true' };
  execFileSync(out, ['check', '--config', join(repository, 'config/example.yaml')], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  process.stdout.write(`${out}: ${megabytes} MB, ${version}`);
}

await runScript(async () => {
  const { values } = parseArgs({
    options: { arch: { type: 'string' }, entry: { type: 'string', default: 'src/main.ts' }, out: { type: 'string' } },
  });
  const architecture = architectureOf(values.arch) ?? architectureOf(process.arch) ?? 'x64';
  const { version } = pinnedNode(architecture);
  if (process.version !== `v${version}`) {
    throw new PackagingFault(`build with Node ${version}, the one that goes in (npm run build does), not ${process.version}`);
  }
  const out = resolve(values.out ?? binaryPath(architecture));
  mkdirSync(buildDirectory, { recursive: true });
  mkdirSync(distDirectory, { recursive: true });
  mkdirSync(dirname(out), { recursive: true });
  inject(architecture, await bundle(values.entry), out);
  copyFileSync(join(repository, 'LICENSE'), join(distDirectory, 'LICENSE'));
  check(architecture, out);
});
