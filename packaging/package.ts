/**
 * `npm run package`: .deb, .rpm and .tar.gz of every binary in dist/, from one staging tree each, and SHA256SUMS. Where there is
 * no binary yet, this machine's is built first.
 *
 *   npm run package [-- --arch x64] [--format deb|rpm|tar] [--fast] [--out DIRECTORY] [--package-version 1.2.3]
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { makeDeb } from './deb.ts';
import { makeRpm } from './rpm.ts';
import { type Packing, stage } from './staging.ts';
import { makeTarball } from './tarball.ts';
import {
  type Architecture,
  architectureOf,
  architectures,
  architecturesToPack,
  binaryPath,
  distDirectory,
  hasTool,
  manifest,
  PackagingFault,
  repository,
  run,
  runScript,
} from './tools.ts';

interface Format {
  readonly make: (packing: Packing) => string;
  readonly tool: string;
  /** How the tool comes onto a machine. */
  readonly install: string;
}

const formats: ReadonlyMap<string, Format> = new Map([
  ['deb', { make: makeDeb, tool: 'dpkg-deb', install: 'apt-get install dpkg, or dnf install dpkg' }],
  ['rpm', { make: makeRpm, tool: 'rpmbuild', install: 'apt-get install rpm, or dnf install rpm-build' }],
  ['tar', { make: makeTarball, tool: 'tar', install: 'apt-get install tar, or dnf install tar' }],
]);

/** Before anything is built: that takes a minute. */
function formatsToMake(asked: string | undefined): readonly Format[] {
  if (asked !== undefined && !formats.has(asked)) throw new PackagingFault(`--format is one of ${[...formats.keys()].join(', ')}, not ${asked}`);
  const wanted = [...formats].filter(([name]) => asked === undefined || asked === name);
  const lacking = wanted.filter(([, { tool }]) => !hasTool(tool));
  if (lacking.length === 0) return wanted.map(([, format]) => format);
  const makeable = [...formats].filter(([, { tool }]) => hasTool(tool)).map(([name]) => `--format ${name}`);
  const installs = lacking.map(([name, { tool, install }]) => `${tool} is not here, which makes the .${name}: ${install}`);
  throw new PackagingFault([...installs, ...(makeable.length === 0 ? [] : [`What can be made here as it is: npm run package -- ${makeable.join(', or ')}`])].join('\n'));
}

await runScript(() => {
  const { values } = parseArgs({
    options: {
      arch: { type: 'string' },
      format: { type: 'string' },
      fast: { type: 'boolean', default: false },
      out: { type: 'string', default: distDirectory },
      'package-version': { type: 'string', default: manifest.version },
    },
  });
  const making = formatsToMake(values.format);
  const asked = architectureOf(values.arch);
  const isBuilt = (architecture: Architecture) => existsSync(binaryPath(architecture));

  const outDirectory = resolve(values.out);
  mkdirSync(outDirectory, { recursive: true });
  for (const architecture of architecturesToPack(asked, architectures.filter(isBuilt))) {
    if (!isBuilt(architecture)) run(process.execPath, [join(repository, 'packaging/build.ts'), '--arch', architecture]);
    const staged = stage(architecture);
    for (const { make } of making) {
      const packing = { architecture, staged, version: values['package-version'], outDirectory, fast: values.fast };
      process.stdout.write(`${make(packing)}\n`);
    }
  }
  writeSums(outDirectory);
});

function writeSums(directory: string): void {
  const packages = readdirSync(directory).filter((name) => /\.(deb|rpm|tar\.gz)$/.test(name)).sort();
  const sums = packages.map((name) => {
    const sum = createHash('sha256').update(readFileSync(join(directory, name))).digest('hex');
    return `${sum}  ${name}\n`;
  });
  writeFileSync(join(directory, 'SHA256SUMS'), sums.join(''));
}
