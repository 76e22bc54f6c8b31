/**
 * Files of which it cannot be told yet whether they repeat another one: held open until the next look, because they
 * may be deleted by then.
 */
import type { OpenContent } from './content.ts';

interface Held {
  readonly content: OpenContent;
  /** As it was compared, it repeated another file to its last byte. */
  readonly repeats: boolean;
}

export class HeldFiles {
  /** By inode. */
  readonly #held = new Map<string, Held>();

  /** Holds `held` in the place of what was held of the inode before; undefined: nothing any more. */
  async hold(key: string, held: Held | undefined): Promise<void> {
    await this.#held.get(key)?.content.handle.close();
    this.#held.delete(key);
    if (held !== undefined) this.#held.set(key, held);
  }

  /**
   * Of the files that are not listed any more, as they are now, those that may hold what nothing else does: they grew
   * since they were compared, or could not be compared. The caller owns them now. The others are let go.
   */
  async takeUnread(listed: ReadonlySet<string>): Promise<readonly OpenContent[]> {
    const unread: OpenContent[] = [];
    for (const [key, { content, repeats }] of this.#held) {
      if (listed.has(key)) continue;
      this.#held.delete(key);
      const stat = await content.handle.stat();
      const isUnread = !repeats || stat.sizeBytes !== content.stat.sizeBytes;
      if (content.storage === 'plain' && isUnread) unread.push({ ...content, stat });
      else await content.handle.close();
    }
    return unread;
  }

  async close(): Promise<void> {
    for (const key of this.#held.keys()) await this.hold(key, undefined);
  }
}
