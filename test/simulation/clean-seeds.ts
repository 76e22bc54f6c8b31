/** Runs seeds one after another in this process and says which of them failed, in words. */
import { runSeed } from './run-seed.ts';
import type { RotationMode } from './scenario.ts';
import { failureText, KEEP_EVENTS } from './seed-report.ts';

/** Failures shown in full; more of them are only named. */
const SHOWN_MAX = 3;

/** With which choices the seeds are run: their own ones where nothing is said. */
interface Options {
  readonly reloads?: boolean;
  readonly only?: ReadonlySet<string>;
  readonly modes?: readonly RotationMode[];
}

/** The failures among `count` seeds from `from` on, ready to read. Empty when all are clean. */
export async function failuresAmong(from: number, count: number, options: Options = {}): Promise<readonly string[]> {
  const failures: string[] = [];
  for (let seed = from; seed < from + count; seed += 1) {
    const report = await runSeed({ ...options, seed, keepEvents: KEEP_EVENTS });
    if (report.failure === undefined) continue;
    failures.push(failures.length < SHOWN_MAX ? failureText(report, { reloads: options.reloads, modes: options.modes }) : `seed ${seed} failed: ${report.failure}`);
  }
  return failures;
}
