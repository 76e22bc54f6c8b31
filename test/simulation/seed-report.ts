/** What is printed of a failed seed: options, the last events, and the command that repeats it. */
import type { FeatureName } from './features.ts';
import type { SeedReport } from './run-seed.ts';
import type { KeyKind, RotationMode } from './scenario.ts';

/** What limits a run; the same words as the options of `npm run simulate`. */
export interface SeedChoice {
  readonly only?: readonly string[] | undefined;
  readonly modes?: readonly RotationMode[] | undefined;
  readonly keys?: readonly KeyKind[] | undefined;
  readonly features?: readonly FeatureName[] | undefined;
  readonly plant?: string | undefined;
  /** The config is reloaded every few seconds. */
  readonly reloads?: boolean | undefined;
}

export const KEEP_EVENTS = 50;

/** The command that runs one seed again. */
export function commandFor(seed: number, choice: SeedChoice = {}): string {
  const lists = (['only', 'modes', 'keys', 'features'] as const).map((name) => {
    const list = choice[name];
    return list === undefined ? '' : ` --${name} ${list.join(',') || "''"}`;
  });
  const plant = choice.plant === undefined ? '' : ` --plant ${choice.plant}`;
  return `npm run simulate -- --seeds 1 --from ${seed}${lists.join('')}${plant}${choice.reloads === true ? ' --reloads' : ''}`;
}

/** All that a person needs to begin with. */
export function failureText(report: SeedReport, choice: SeedChoice = {}): string {
  return [
    `seed ${report.seed} failed: ${report.failure}`,
    `faults: ${report.faults.join(' ') || 'none'}`,
    `scenario: ${report.scenario}`,
    `last ${report.lastEvents.length} events:`,
    ...report.lastEvents,
    `again: ${commandFor(report.seed, choice)}`,
  ].join('\n');
}
