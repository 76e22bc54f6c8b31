/**
 * 200 and more configs with something wrong → every message, exactly. The table is test/golden/config/broken.txt;
 * `UPDATE_GOLDEN=1 npx vitest run test/unit/config/broken-configs.test.ts` writes it anew, for a person to read over.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { issueText } from '../../../src/config/issues/config-issue.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { FakeConfigFiles } from './fake-config-files.ts';

const table = new URL('../../golden/config/broken.txt', import.meta.url);
const env = { WORD: 'word', BIG: '99999', SECRET: 'from the environment' };

interface Case {
  readonly title: string;
  readonly file: string;
  readonly config: string;
  readonly messages: string;
}

function readCases(): Case[] {
  const parts = readFileSync(table, 'utf8').split(/^=== /m).slice(1);
  return parts.map((part) => {
    const match = /^(.*) \((\S+)\)\n([\s\S]*?)^~~~\n([\s\S]*)$/m.exec(part);
    if (match === null) throw new Error(`not a case: ${part.slice(0, 80)}`);
    const [, title = '', file = '', config = '', messages = ''] = match;
    return { title, file, config, messages };
  });
}

async function messagesOf(broken: Case): Promise<string> {
  const loaded = await loadConfig(broken.file, { files: new FakeConfigFiles({ [broken.file]: broken.config }), env });
  const issues = loaded.kind === 'invalid' ? loaded.issues.map(issueText) : ['(accepted)'];
  return [...issues, ...loaded.warnings.map((warning) => `warning: ${issueText(warning)}`)]
    .map((line) => `${line}\n`)
    .join('');
}

const cases = readCases();

if (process.env['UPDATE_GOLDEN'] === '1') {
  const texts = await Promise.all(
    cases.map(async (one) => `=== ${one.title} (${one.file})\n${one.config}~~~\n${await messagesOf(one)}`),
  );
  writeFileSync(table, texts.join(''));
}

describe('broken configs', () => {
  test('are at least 200, each with a title of its own', () => {
    expect(cases.length).toBeGreaterThanOrEqual(200);
    expect(new Set(cases.map((one) => one.title)).size).toBe(cases.length);
  });

  test.each(readCases().map((one) => [one.title, one] as const))('%s', async (_title, one) => {
    const messages = await messagesOf(one);
    expect(messages).toBe(one.messages);
    expect(messages).not.toContain('(accepted)');
    expect(messages).not.toContain('do not show me');
    for (const line of messages.trimEnd().split('\n')) expect(line).toMatch(/^(?:warning: )?\S+:\d+:\d+: \S/);
  });
});
