/** The names of one directory, so that thousands of logs can be asked for their rotated forms at once. */
import { isStampedNameOf, stemOf } from '../content/file-identity.ts';
import { logStemsIn } from './by-log.ts';

export class RotatedNames {
  /** Names by the stems of the logs of which they can be rotated forms. */
  readonly #byStem = new Map<string, string[]>();

  constructor(names: Iterable<string>) {
    for (const name of names) for (const stem of logStemsIn(name)) this.#add(stem, name);
  }

  #add(stem: string, name: string): void {
    const known = this.#byStem.get(stem);
    if (known === undefined) this.#byStem.set(stem, [name]);
    else known.push(name);
  }

  /** The names that can be rotated forms of the log called `log` (`isRotatedNameOf`), and some more. */
  near(log: string): readonly string[] {
    return this.#byStem.get(stemOf(log)) ?? [];
  }

  /** The names that can be nothing but rotated forms of the log called `log` (`isStampedNameOf`), in the order in which they came. */
  of(log: string): readonly string[] {
    return this.near(log).filter((name) => isStampedNameOf(name, log));
  }
}
