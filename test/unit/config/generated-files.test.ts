/** The committed files of config/ are what the schema gives. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { configExample } from '../../../src/config/schema/example.ts';
import { configJsonSchema } from '../../../src/config/schema/json-schema.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { configReference } from '../../../src/config/schema/reference.ts';
import { FakeConfigFiles } from './fake-config-files.ts';

const committed = (name: string) => readFileSync(new URL(`../../../config/${name}`, import.meta.url), 'utf8');
const hint = 'write it anew: npm run --silent kinship -- schema > config/schema.json (--example, --reference likewise)';

describe('config/', () => {
  test('schema.json is what kinship schema prints', () => {
    expect(committed('schema.json'), hint).toBe(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
  });

  test('example.yaml is what kinship schema --example prints', () => {
    expect(committed('example.yaml'), hint).toBe(configExample());
  });

  test('reference.md is what kinship schema --reference prints', () => {
    expect(committed('reference.md'), hint).toBe(configReference());
  });

  test('example.yaml is accepted without a warning', async () => {
    const loaded = await load(configExample());
    expect(loaded).toMatchObject({ kind: 'ok', warnings: [] });
  });

  test('every commented key of example.yaml is known and takes the value it shows', async () => {
    const issues: string[] = [];
    for (const block of commentedBlocks(configExample())) {
      const loaded = await load(block.config);
      const wrong = loaded.kind === 'invalid' ? loaded.issues : [];
      // An issue with other keys of the example (a second destination, say) is not the fault of this value.
      issues.push(
        ...wrong
          .map((issue) => `${block.title}: ${issue.message}`)
          .filter((text) => /unknown key|must be |has no value/.test(text)),
      );
    }
    expect(issues).toEqual([]);
  });

  test('every key has a description, and no two fields of one section share a name', () => {
    const undescribed = [...configReference().matchAll(/^\| `(\w+)` \|.*\|\s*\|$/gm)].map((match) => match[1]);
    expect(undescribed).toEqual([]);
  });
});

function load(config: string) {
  return loadConfig('kinship.yaml', {
    files: new FakeConfigFiles({ 'kinship.yaml': config }, false),
    env: { HOSTNAME: 'host' },
  });
}

/** The example with one commented key at a time made active. */
function commentedBlocks(example: string): { title: string; config: string }[] {
  const lines = example.split('\n');
  const blocks: { title: string; config: string }[] = [];
  for (const [index, line] of lines.entries()) {
    const match = /^(\s*)#(\w+):/.exec(line);
    if (match === null) continue;
    const end = lines.findIndex((other, at) => at > index && !other.startsWith(`${match[1]}#`));
    const active = lines.map((other, at) => (at >= index && at < end ? other.replace('#', '') : other));
    blocks.push({ title: match[2] ?? '', config: active.join('\n') });
  }
  return blocks;
}
