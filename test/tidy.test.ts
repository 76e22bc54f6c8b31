/** The structure that the design promises, held by a test: import directions, file sizes, banned globals, no dead files. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const sourceFiles = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts'))
  .map((entry) => relative(root, join(entry.parentPath, entry.name)))
  .sort();

const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** Who may import whom: a layer imports itself and what stands here. `cli/` and `main.ts` compose everything. */
const stages = ['config', 'tail', 'preprocess', 'route', 'producer', 'aws', 'checkpoint'];
const mayImport: Readonly<Record<string, readonly string[]>> = {
  core: [],
  telemetry: ['core'],
  config: ['core', 'telemetry', 'tail/config', 'preprocess', 'route', 'producer/config', 'aws', 'checkpoint/config'],
  tail: ['core', 'telemetry'],
  preprocess: ['core', 'telemetry'],
  route: ['core', 'telemetry'],
  producer: ['core', 'telemetry'],
  aws: ['core', 'telemetry'],
  checkpoint: ['core', 'telemetry'],
  platform: ['core', 'telemetry', 'config/files/config-reader'],
  agent: ['core', 'telemetry', ...stages],
};

/** Inside these layers a folder imports itself, the layer's config and the folders before it; what lies in no folder puts them together. */
const foldersOf: Readonly<Record<string, readonly string[]>> = {
  tail: ['lines', 'content', 'listing', 'generation', 'reading', 'search', 'recognition'],
  config: ['issues', 'files', 'schema', 'java-agent', 'relations'],
  aws: ['faults', 'network', 'machine', 'access', 'wire'],
  cli: ['usage', 'host', 'positions', 'flows'],
  producer: ['shards', 'records', 'hot-shards', 'lanes', 'sending'],
  preprocess: ['config', 'stage', 'time', 'json', 'fields', 'csv', 'java', 'formats', 'steps'],
};

interface Import {
  readonly from: string;
  readonly to: string;
}

function importsOf(path: string): readonly Import[] {
  const found: Import[] = [];
  for (const match of read(path).matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)) {
    const target = relative(root, resolve(root, dirname(path), match[1] ?? ''));
    found.push({ from: path, to: target });
  }
  return found;
}

/** The shortest way from `start` back to itself, if there is one. */
function circleFrom(start: string, needs: ReadonlyMap<string, readonly string[]>): string | undefined {
  const ways = [[start]];
  const seen = new Set<string>();
  for (const way of ways) {
    for (const next of needs.get(way.at(-1) ?? '') ?? []) {
      if (next === start) return [...way, next].join(' → ');
      if (!seen.has(next)) ways.push([...way, next]);
      seen.add(next);
    }
  }
  return undefined;
}

const layerOf = (path: string) => path.split('/')[1] ?? '';

describe('every source file', () => {
  test('imports only in the agreed directions', () => {
    const wrong = sourceFiles.flatMap(importsOf).filter(({ from, to }) => {
      const allowed = mayImport[layerOf(from)];
      if (allowed === undefined || !to.startsWith('src/') || layerOf(to) === layerOf(from)) return false;
      return !allowed.some((place) => to.startsWith(`src/${place}/`) || to === `src/${place}.ts`);
    });
    expect(wrong.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
  });

  test.each(Object.entries(foldersOf))('of %s imports only from folders before its own', (layer, folders) => {
    const placeOf = (path: string) => folders.indexOf(path.split('/')[2] ?? '');
    const inLayer = sourceFiles.flatMap(importsOf).filter(({ from, to }) => layerOf(from) === layer && layerOf(to) === layer);
    const wrong = inLayer.filter(({ from, to }) => placeOf(from) >= 0 && to !== `src/${layer}/config.ts` && (placeOf(to) < 0 || placeOf(to) > placeOf(from)));
    expect(wrong.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
    const inFolders = sourceFiles.filter((path) => layerOf(path) === layer).map(placeOf);
    expect(new Set(inFolders).size).toBe(folders.length + 1);
  });

  test('is needed by none of those that it needs itself, be it later or for its types only', () => {
    const needs = new Map(sourceFiles.map((path) => [path, importsOf(path).map(({ to }) => to)]));
    expect(sourceFiles.flatMap((path) => circleFrom(path, needs) ?? [])).toEqual([]);
  });

  test('has at most 400 lines', () => {
    const long = sourceFiles.filter((path) => read(path).split('\n').length > 401);
    expect(long).toEqual([]);
  });

  test('begins by saying what it is for', () => {
    const silent = sourceFiles.filter((path) => !/^(#!.*\n)?\/\*\*/.test(read(path)));
    expect(silent).toEqual([]);
  });

  test('is used by another one', () => {
    const used = new Set(sourceFiles.flatMap(importsOf).map(({ to }) => to));
    const dead = sourceFiles.filter((path) => !used.has(path) && path !== 'src/main.ts');
    expect(dead).toEqual([]);
  });

  test('takes time, chance, files and the network from ports', () => {
    const banned = /\b(setTimeout|setInterval|setImmediate|Math\.random|Date\.now|performance\.now)\b|new Date\(\)|from 'node:(fs|fs\/promises|net|http|https|child_process|dgram)'/;
    const atTheEdge = /^src\/(platform|aws|cli)\/|^src\/main\.ts$|^src\/checkpoint\/(open-store|make-directories|file-place|store-faults|store-lock)\.ts$|^src\/agent\/control-socket\.ts$/;
    const wrong = sourceFiles.filter((path) => !atTheEdge.test(path) && banned.test(withoutComments(read(path))));
    expect(wrong).toEqual([]);
  });

  test('ends the process nowhere but in main.ts', () => {
    const wrong = sourceFiles.filter((path) => path !== 'src/main.ts' && /process\.exit\(/.test(read(path)));
    expect(wrong).toEqual([]);
  });

  test('holds nothing that was put off or silenced', () => {
    const pattern = /\b(TODO|FIXME|XXX)\b|@ts-(ignore|expect-error)|catch \{\s*\}|\bas any\b|: any\b|\benum \w+ \{|export default/;
    const wrong = sourceFiles.filter((path) => pattern.test(withoutComments(read(path))));
    expect(wrong).toEqual([]);
  });
});

test('no document holds two versions of itself: the marks of a merge', () => {
  const own = readdirSync(root, { withFileTypes: true }).filter(({ name }) => !['node_modules', '.git', 'dist'].includes(name));
  const files = own.flatMap((entry) => {
    if (entry.isFile()) return [entry.name];
    return entry.isDirectory() ? readdirSync(join(root, entry.name), { recursive: true, encoding: 'utf8' }).map((name) => join(entry.name, name)) : [];
  });
  const documents = files.filter((path) => /\.(md|ya?ml|json)$/.test(path));
  expect(documents).toContain('CHANGELOG.md');
  expect(documents.filter((path) => /^(<{7}|>{7}) /m.test(read(path)))).toEqual([]);
});

test('every dependency is pinned exactly', () => {
  const manifest: Record<string, Record<string, string>> = JSON.parse(read('package.json'));
  const loose = ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((kind) =>
    Object.entries(manifest[kind] ?? {}).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version)),
  );
  expect(loose).toEqual([]);
});

function withoutComments(source: string): string {
  return source.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');
}
