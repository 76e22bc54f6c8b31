/**
 * Files of which it cannot be told yet whether they repeat another one: held open until the next look, because they
 * may be deleted by then.
 */
import type { OpenContent } from './content.ts';

export class HeldFiles {
  /** By inode. */
  readonly #held = new Map<string, OpenContent>();

  /** Holds `content` in the place of what was held of the inode before; undefined: nothing any more. */
  async hold(key: string, content: OpenContent | undefined): Promise<void> {
    await this.#held.get(key)?.handle.close();
    this.#held.delete(key);
    if (content !== undefined) this.#held.set(key, content);
  }

  /**
   * Of the files that are not listed any more, those that grew since they were compared: they were new ones, and the
   * caller owns them now. The others repeated their original to the last byte: they are let go.
   */
  async takeGrown(listed: ReadonlySet<string>): Promise<readonly OpenContent[]> {
    const grown: OpenContent[] = [];
    for (const [key, content] of this.#held) {
      if (listed.has(key)) continue;
      this.#held.delete(key);
      const { sizeBytes } = await content.handle.stat();
      if (content.storage === 'plain' && sizeBytes !== content.stat.sizeBytes) grown.push(content);
      else await content.handle.close();
    }
    return grown;
  }

  async close(): Promise<void> {
    for (const key of this.#held.keys()) await this.hold(key, undefined);
  }
}
