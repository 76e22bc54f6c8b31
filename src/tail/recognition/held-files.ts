/**
 * Files of which it cannot be told yet whether they repeat another one: held open until the next look, because they
 * may be deleted by then.
 */
import { FileFault } from '../../core/errors.ts';
import { isWithin, type OpenContent, statOrForgotten } from '../content/content.ts';
import type { Generation } from '../generation/generation.ts';
import { canBeCopyOfGeneration } from '../generation/rotation.ts';

/** A file as it was judged last. */
interface Judged {
  readonly content: OpenContent;
  /** As it was compared, it repeated another file to its last byte. */
  readonly repeats: boolean;
}

interface Held extends Judged {
  /** Monotonic time since which it could not be told. */
  readonly unsureSinceMs: number;
  /** Monotonic time at which it was first found to be listed no more. */
  readonly goneMs?: number;
}

/** What becomes of those that may hold what nothing else does. */
interface UnreadFiles {
  readonly nowMs: number;
  /** How long a deleted file may be held open; undefined: for ever. */
  readonly keepMsMax: number | undefined;
  /** `unsure`: what it may repeat has just changed. The next look asks again, unless this one was to tell `now`. */
  readonly take: (content: OpenContent, now: boolean) => Promise<'unsure' | void>;
  readonly lose: (content: OpenContent) => void;
}

/** The next look tells, or the one after it: whether a log was cut, or is where another one is now. */
const UNSURE_MS = 15_000;
/** What looks at a slow disk cannot tell in so long, as what repeats a log that is cut again and again, they may never. */
const AWAITED_MS = 60_000;

export class HeldFiles {
  /** By inode. */
  readonly #held = new Map<string, Held>();

  /** Holds `judged` in the place of what was held of the inode before; undefined: nothing any more. `nowMs`: monotonic. */
  async hold(key: string, judged: Judged | undefined, nowMs: number): Promise<void> {
    if (judged === undefined) return this.#letGo(key);
    const before = this.#held.get(key);
    this.#held.set(key, { ...judged, unsureSinceMs: before?.repeats === false ? before.unsureSinceMs : nowMs });
    await before?.content.handle.close();
  }

  /**
   * Whether the generation may be in one of those of which it cannot be told what they are, by its name: no search finds one that is
   * deleted meanwhile, only this tells. Of one that could not be told for `AWAITED_MS` that is not waited for: what the generation
   * lacks is counted as lost then, and told. `nowMs`: monotonic.
   */
  mayHold(generation: Pick<Generation, 'originalPath' | 'path'>, nowMs: number): boolean {
    for (const { content, repeats, unsureSinceMs } of this.#held.values()) {
      if (!repeats && nowMs - unsureSinceMs < AWAITED_MS && canBeCopyOfGeneration(content.path, generation)) return true;
    }
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
   * for `UNSURE_MS`, it is held on, for `keepMsMax`: the bytes are nowhere else. Rejects with the first `FileFault` once all were asked.
   */
  async forUnread(listed: ReadonlySet<string>, unread: UnreadFiles): Promise<void> {
    const { nowMs, keepMsMax = Infinity, lose } = unread;
    let fault: FileFault | undefined;
    for (const [key, held] of this.#held) {
      if (listed.has(key)) continue;
      const gone = { ...held, goneMs: held.goneMs ?? nowMs };
      this.#held.set(key, gone);
      try {
        await this.#tell(key, gone, unread);
      } catch (cause) {
        if (!(cause instanceof FileFault)) throw cause;
        fault ??= cause;
        if (nowMs - gone.goneMs <= keepMsMax) continue;
        // First: closing can fail, too.
        lose(gone.content);
        await this.#letGo(key);
      }
    }
    if (fault !== undefined) throw fault;
  }

  async #tell(key: string, { content, repeats, goneMs }: Held & { readonly goneMs: number }, { nowMs, keepMsMax = Infinity, take, lose }: UnreadFiles): Promise<void> {
    const stat = await statOrForgotten(content.handle);
    const grew = content.storage === 'plain' && stat !== undefined && stat.sizeBytes !== content.stat.sizeBytes;
    const isUnread = !repeats || grew;
    if (isUnread && stat !== undefined) {
      const now = nowMs - goneMs >= Math.min(UNSURE_MS, keepMsMax);
      if ((await take({ ...content, stat }, now)) === 'unsure') return;
    } else await content.handle.close();
    this.#held.delete(key);
    if (isUnread && stat === undefined) lose(content);
  }

  async close(): Promise<void> {
    for (const key of this.#held.keys()) await this.#letGo(key);
  }

  async #letGo(key: string): Promise<void> {
    const held = this.#held.get(key);
    this.#held.delete(key);
    // Last: a stop and a reload may close everything at once.
    await held?.content.handle.close();
  }
}
