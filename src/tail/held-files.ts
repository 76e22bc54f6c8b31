/**
 * Files of which it cannot be told yet whether they repeat another one: held open until the next look, because they
 * may be deleted by then.
 */
import { isWithin, type OpenContent, statOrForgotten } from './content.ts';
import type { Generation } from './generation.ts';
import { canBeCopyOfGeneration } from './rotation.ts';

interface Held {
  readonly content: OpenContent;
  /** As it was compared, it repeated another file to its last byte. */
  readonly repeats: boolean;
  /** Monotonic time at which it was first found to be listed no more. */
  readonly goneMs?: number;
}

/** What becomes of those that may hold what nothing else does. */
interface UnreadFiles {
  readonly nowMs: number;
  /** `unsure`: what it may repeat has just changed. The next look asks again, unless this one was to tell `now`. */
  readonly take: (content: OpenContent, now: boolean) => Promise<'unsure' | void>;
  readonly lose: (content: OpenContent) => void;
}

/** The next look tells, or the one after it: whether a log was cut, or is where another one is now. */
const UNSURE_MS = 15_000;

export class HeldFiles {
  /** By inode. */
  readonly #held = new Map<string, Held>();

  /** Holds `held` in the place of what was held of the inode before; undefined: nothing any more. */
  async hold(key: string, held: Held | undefined): Promise<void> {
    const before = this.#held.get(key);
    if (held === undefined) this.#held.delete(key);
    else this.#held.set(key, held);
    // Last: a stop and a reload may close everything at once.
    await before?.content.handle.close();
  }

  /**
   * Whether the generation may be in one of those of which it cannot be told what they are, by its name: no search finds one that is
   * deleted meanwhile, only this tells.
   */
  mayHold(generation: Pick<Generation, 'originalPath' | 'path'>): boolean {
    for (const { content, repeats } of this.#held.values()) if (!repeats && canBeCopyOfGeneration(content.path, generation)) return true;
    return false;
  }

  /**
   * Whether all that a compressed file has stands in one that is held, too: in what it was made from, as far as can be told.
   * Rejects with a `FileFault`.
   */
  async repeat(compressed: OpenContent): Promise<boolean> {
    for (const { content } of this.#held.values()) {
      const stat = content.storage === 'plain' ? await statOrForgotten(content.handle) : undefined;
      if (stat !== undefined && (await isWithin(compressed, content.handle, stat.sizeBytes))) return true;
    }
    return false;
  }

  /**
   * Gives `take` the files that are not listed any more, as they are now, of those that may hold what nothing else does:
   * they grew since they were compared, or could not be compared. Those among them that the server has forgotten (ESTALE)
   * go to `lose`, as they were when they were held. The others are let go. Where `take` or the file fails, or cannot be told
   * for `UNSURE_MS`, it is held on: the bytes are nowhere else. Rejects where something failed.
   */
  async forUnread(listed: ReadonlySet<string>, { nowMs, take, lose }: UnreadFiles): Promise<void> {
    for (const [key, held] of this.#held) {
      if (listed.has(key)) continue;
      const { content, repeats, goneMs = nowMs } = held;
      const stat = await statOrForgotten(content.handle);
      const isUnread = content.storage === 'plain' && (!repeats || (stat !== undefined && stat.sizeBytes !== content.stat.sizeBytes));
      if (isUnread && stat !== undefined) {
        if ((await take({ ...content, stat }, nowMs - goneMs >= UNSURE_MS)) === 'unsure') {
          this.#held.set(key, { ...held, goneMs });
          continue;
        }
      } else await content.handle.close();
      this.#held.delete(key);
      if (isUnread && stat === undefined) lose(content);
    }
  }

  async close(): Promise<void> {
    for (const key of this.#held.keys()) await this.hold(key, undefined);
  }
}
