/** The tables of test/README.md name tests that exist, and leave out no scenario. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const directory = import.meta.dirname;
const rows = readFileSync(join(directory, 'README.md'), 'utf8').split('\n').filter((line) => line.startsWith('| '));
const named = rows.flatMap((row) =>
  [...row.matchAll(/`([^`]+\.test\.ts)`: (.+?)(?=<br>| \|$)/g)].map(([, path = '', name = '']) => ({ path, name })),
);

test('every test that the tables name is in the file that they name', () => {
  const gone = named.filter(({ path, name }) => {
    const file = join(directory, path);
    return !existsSync(file) || !isTestOf(readFileSync(file, 'utf8'), name);
  });
  expect(gone).toEqual([]);
});

test('each of the thirty scenarios has a test', () => {
  const scenarios = rows.filter((row) => /^\| \d+ \|/.test(row));
  expect(scenarios.map((row) => Number(row.split('|')[1]))).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
  expect(scenarios.filter((row) => !row.includes('.test.ts`: '))).toEqual([]);
});

/** Whether a call of `test` or `it` has a title that begins with `name`. */
function isTestOf(source: string, name: string): boolean {
  return ["'", '`'].some((quote) => source.includes(`(${quote}${name}`));
}
