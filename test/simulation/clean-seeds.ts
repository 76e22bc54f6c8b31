/** Runs seeds one after another in this process and says which of them failed, in words. */
import { runSeed } from './run-seed.ts';
import { failureText, KEEP_EVENTS, type SeedChoice } from './seed-report.ts';

/** Failures shown in full; more of them are only named. */
const SHOWN_MAX = 3;

/** The failures among `count` seeds from `from` on, ready to read; none: all are clean. What `choice` leaves open, each seed decides. */
export async function failuresAmong(from: number, count: number, choice: Pick<SeedChoice, 'only' | 'modes' | 'features' | 'reloads'> = {}): Promise<readonly string[]> {
  const only = choice.only && new Set(choice.only);
  const features = choice.features && new Set<string>(choice.features);
  const failures: string[] = [];
  for (let seed = from; seed < from + count; seed += 1) {
    const report = await runSeed({ ...choice, only, features, seed, keepEvents: KEEP_EVENTS });
    if (report.failure === undefined) continue;
    failures.push(failures.length < SHOWN_MAX ? failureText(report, choice) : `seed ${seed} failed: ${report.failure}`);
  }
  return failures;
}
