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
import { stage } from './staging.ts';
import { makeTarball } from './tarball.ts';
import {
  type Architecture,
  architectureOf,
  architectures,
  architecturesToPack,
  binaryPath,
  distDirectory,
  manifest,
  repository,
  run,
} from './tools.ts';

const formats = new Map([
  ['deb', makeDeb],
  ['rpm', makeRpm],
  ['tar', makeTarball],
]);

const { values } = parseArgs({
  options: {
    arch: { type: 'string' },
    format: { type: 'string' },
    fast: { type: 'boolean', default: false },
    out: { type: 'string', default: distDirectory },
    'package-version': { type: 'string', default: manifest.version },
  },
});
if (values.format !== undefined && !formats.has(values.format)) {
  throw new Error(`--format is one of ${[...formats.keys()].join(', ')}, not ${values.format}`);
}
const asked = architectureOf(values.arch);
const isBuilt = (architecture: Architecture) => existsSync(binaryPath(architecture));

const outDirectory = resolve(values.out);
mkdirSync(outDirectory, { recursive: true });
for (const architecture of architecturesToPack(asked, architectures.filter(isBuilt))) {
  if (!isBuilt(architecture)) run(process.execPath, [join(repository, 'packaging/build.ts'), '--arch', architecture]);
  const staged = stage(architecture);
  for (const [format, make] of formats) {
    if (values.format !== undefined && values.format !== format) continue;
    const packing = { architecture, staged, version: values['package-version'], outDirectory, fast: values.fast };
    process.stdout.write(`${make(packing)}\n`);
  }
}

const packages = readdirSync(outDirectory).filter((name) => /\.(deb|rpm|tar\.gz)$/.test(name)).sort();
const sums = packages.map((name) => {
  const sum = createHash('sha256').update(readFileSync(join(outDirectory, name))).digest('hex');
  return `${sum}  ${name}\n`;
});
writeFileSync(join(outDirectory, 'SHA256SUMS'), sums.join(''));
