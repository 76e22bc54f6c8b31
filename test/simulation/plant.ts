/**
 * Plants the bug named by KINSHIP_PLANT while the product is loaded. For `--import` into a process of its own.
 */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { plantIn, plantedBugs, type PlantedBug } from './planted-bug.ts';

const name = process.env['KINSHIP_PLANT'] ?? '';
const bug: PlantedBug | undefined = Object.entries(plantedBugs).find(([known]) => known === name)?.[1];
if (bug === undefined) throw new Error(`there is no planted bug ${name}; there are: ${Object.keys(plantedBugs).join(', ')}`);
const sources = new Map<string, string>();
for (const { file } of bug) {
  const url = new URL(`../../src/${file}`, import.meta.url).href;
  sources.set(url, plantIn(file, readFileSync(fileURLToPath(url), 'utf8'), bug));
}

registerHooks({
  load: (url, context, nextLoad) => {
    const source = sources.get(url);
    return source === undefined ? nextLoad(url, context) : { format: 'module-typescript', source, shortCircuit: true };
  },
});
