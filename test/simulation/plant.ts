/**
 * Plants one bug in the product while it is loaded: a replacement in the text of one file, named by KINSHIP_PLANT.
 * Loaded with `--import` into a process of its own; the product has no hooks for it.
 */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

interface PlantedBug {
  /** Below src/. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
}

export const plantedBugs = {
  'highest-ack-wins': { file: 'core/offset-tracker.ts', find: '', replace: '' },
} as const satisfies Record<string, PlantedBug>;

/** The file's text with the bug in it. Throws unless `find` stands there exactly once. */
export function plantIn(source: string, bug: PlantedBug): string {
  const pieces = source.split(bug.find);
  if (pieces.length !== 2) throw new Error(`the place for a planted bug stands ${pieces.length - 1} times in ${bug.file}`);
  return pieces.join(bug.replace);
}

const name = process.env['KINSHIP_PLANT'] ?? '';
const bug: PlantedBug | undefined = Object.entries(plantedBugs).find(([known]) => known === name)?.[1];
if (bug !== undefined) {
  const url = new URL(`../../src/${bug.file}`, import.meta.url).href;
  registerHooks({
    load: (loaded, context, nextLoad) => {
      if (loaded !== url) return nextLoad(loaded, context);
      const source = plantIn(readFileSync(fileURLToPath(url), 'utf8'), bug);
      return { format: 'module-typescript', source, shortCircuit: true };
    },
  });
}
