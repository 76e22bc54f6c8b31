/** The licences of everything that is inside the single binary, as their authors ask for. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from './tools.ts';

/** The notices' text for the files that went into the bundle, Node's own licence first. */
export function thirdPartyNotices(inputs: readonly string[]): string {
  const packages = [...new Set(inputs.map(packageOf).filter((name) => name !== undefined))].sort();
  const parts = [nodeNotice(), ...packages.map(packageNotice)];
  return `kinship contains the following software.\n\n${parts.join(`\n${'-'.repeat(80)}\n\n`)}`;
}

/** `node_modules/@scope/name` or `node_modules/name`, nested ones included. */
function packageOf(input: string): string | undefined {
  return /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
}

function nodeNotice(): string {
  const installed = join(repository, 'node_modules', `node-linux-${process.arch}`, 'LICENSE');
  const text = existsSync(installed) ? readFileSync(installed, 'utf8') : 'See https://github.com/nodejs/node/blob/main/LICENSE';
  return `Node.js\n\n${text.trim()}\n`;
}

function packageNotice(directory: string): string {
  const path = join(repository, directory);
  const { name, version, license } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
  const file = readdirSync(path).find((entry) => /^(licen[cs]e|copying)(\.\w+)?$/i.test(entry));
  const text = file === undefined ? `Licence: ${license}` : readFileSync(join(path, file), 'utf8').trim();
  return `${name} ${version} (${license})\n\n${text}\n`;
}
