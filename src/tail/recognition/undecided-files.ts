/**
 * Files of which it is not known yet whether they repeat another one. They are kept open until the next look, because they may be
 * deleted by then.
 */
import { FileFault } from '../../core/errors.ts';
import { isWithin, type OpenContent, statOrForgotten } from '../content/content.ts';
import type { Generation } from '../generation/generation.ts';
import { canBeCopyOfGeneration } from '../generation/rotation.ts';

/** A file as it was judged last. */
interface Judged {
  readonly content: OpenContent;
  /** When it was compared, it repeated another file to its last byte. */
  readonly isCopySoFar: boolean;
}

interface Undecided extends Judged {
  /** Monotonic time since which nobody can tell what the file is. */
  readonly unsureSinceMs: number;
  /** Monotonic time at which it was first found to be listed no more. */
  readonly goneMs?: number;
}

/** What becomes of files that may hold bytes which no other file has. */
interface UnreadFiles {
  readonly nowMs: number;
  /** How long a deleted file may be kept open; undefined: for ever. */
  readonly keepMsMax: number | undefined;
  /**
   * Tells what the file is, and reads or closes it. `unsure`: the file that it may repeat has just changed, so the next look asks
   * again. With `now` it is never `unsure`.
   */
  readonly take: (content: OpenContent, now: boolean) => Promise<'unsure' | void>;
  readonly lose: (content: OpenContent) => void;
}

/** How long an unsure file waits at most: the next look, or the one after it, tells whether a log was cut or moved. */
const UNSURE_MS = 15_000;
/**
 * A file that looks cannot judge for this long, even on a slow disk, may never be judged: for example one that repeats a log that is cut
 * again and again.
 */
const AWAITED_MS = 60_000;

export class UndecidedFiles {
  /** By inode. */
  readonly #files = new Map<string, Undecided>();

  /** Whether a file with that inode is among these. */
  has(key: string): boolean {
    return this.#files.has(key);
  }

  /** Keeps `judged` in place of what was kept of the inode `key` before; undefined: it is decided, nothing is kept. `nowMs`: monotonic. */
  async keep(key: string, judged: Judged | undefined, nowMs: number): Promise<void> {
    if (judged === undefined) return this.#letGo(key);
    const before = this.#files.get(key);
    this.#files.set(key, { ...judged, unsureSinceMs: before?.isCopySoFar === false ? before.unsureSinceMs : nowMs });
    await before?.content.handle.close();
  }

  /**
   * Whether the missing generation may be in one of these files, by its name, and nobody can tell yet what that is. If that file was deleted
   * meanwhile, no search finds it: only this check does. A file that stays unclear for `AWAITED_MS` does not count: the bytes that the
   * generation lacks are then counted as lost, and reported. `nowMs`: monotonic.
   */
  mayHold(generation: Pick<Generation, 'originalPath' | 'path'>, nowMs: number): boolean {
    for (const { content, isCopySoFar, unsureSinceMs } of this.#files.values()) {
      if (!isCopySoFar && nowMs - unsureSinceMs < AWAITED_MS && canBeCopyOfGeneration(content.path, generation)) return true;
    }
    return false;
  }

  /**
   * Whether one of these files begins with all that the compressed file has: as far as can be told, the compressed file was made
   * from it. Rejects with a `FileFault`.
   */
  async haveAllOf(compressed: OpenContent): Promise<boolean> {
    for (const { content } of this.#files.values()) {
      const stat = content.storage === 'plain' ? await statOrForgotten(content.handle) : undefined;
      if (stat !== undefined && (await isWithin(compressed, content.handle, stat.sizeBytes))) return true;
    }
    return false;
  }

  /**
   * Decides about the files that are not listed any more. A file that could not be compared, or that grew since, may hold bytes that no
   * other file has. It goes to `take` as it is now; or, if the server has forgotten it (ESTALE), to `lose` as it was when it was judged.
   * All other files are let go. An unsure file is kept for `UNSURE_MS`, then `take` has to decide. Where `take` or the file fails, the
   * file is kept for `keepMsMax`: its bytes are nowhere else. Rejects with the first `FileFault` once all files were asked.
   */
  async forUnread(listed: ReadonlySet<string>, unread: UnreadFiles): Promise<void> {
    const { nowMs, keepMsMax = Infinity, lose } = unread;
    let fault: FileFault | undefined;
    for (const [key, file] of this.#files) {
      if (listed.has(key)) continue;
      const gone = { ...file, goneMs: file.goneMs ?? nowMs };
      this.#files.set(key, gone);
      try {
        await this.#tell(key, gone, unread);
      } catch (cause) {
        if (!(cause instanceof FileFault)) throw cause;
        fault ??= cause;
        if (nowMs - gone.goneMs <= keepMsMax) continue;
        // Before the close, which can fail, too.
        lose(gone.content);
        await this.#letGo(key);
      }
    }
    if (fault !== undefined) throw fault;
  }

  async #tell(key: string, { content, isCopySoFar, goneMs }: Undecided & { readonly goneMs: number }, { nowMs, keepMsMax = Infinity, take, lose }: UnreadFiles): Promise<void> {
    const stat = await statOrForgotten(content.handle);
    const grew = content.storage === 'plain' && stat !== undefined && stat.sizeBytes !== content.stat.sizeBytes;
    const isUnread = !isCopySoFar || grew;
    if (isUnread && stat !== undefined) {
      const now = nowMs - goneMs >= Math.min(UNSURE_MS, keepMsMax);
      if ((await take({ ...content, stat }, now)) === 'unsure') return;
    } else await content.handle.close();
    this.#files.delete(key);
    if (isUnread && stat === undefined) lose(content);
  }

  async close(): Promise<void> {
    for (const key of this.#files.keys()) await this.#letGo(key);
  }

  async #letGo(key: string): Promise<void> {
    const file = this.#files.get(key);
    this.#files.delete(key);
    // Closed last: a stop and a reload may both close everything at once.
    await file?.content.handle.close();
  }
}
