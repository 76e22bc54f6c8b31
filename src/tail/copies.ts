/**
 * Files whose bytes another generation delivers, so that nothing is sent twice: the copy that `copytruncate` makes
 * before it cuts the original, and the compressed form of a file that is still open here or was delivered.
 *
 * A copy counts as one only if content says so, and only next to its original under a rotated name. It stops being
 * one when its original is cut short: then it holds the rest (lineage.ts).
 */
import type { FileStat } from '../core/ports.ts';
import { isSameContent, readAt, readMarker } from './content-proof.ts';
import type { OpenContent } from './content.ts';
import type { FoundFile } from './discovery.ts';
import { inodeKey } from './file-identity.ts';
import type { Generation } from './generation.ts';
import { canBeCopyOf } from './rotation.ts';

/** A copy that stops growing short of what was read is no copy of what was read. */
const COPY_QUIET_MS = 3000;

/** A file that may become a copy: still shorter than what was read of the original. */
interface Growing {
  readonly sizeBytes: number;
  readonly sinceMs: number;
}

interface Covered {
  path: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  /** Who delivers a plain copy's bytes; undefined when they are delivered, or the file is compressed. */
  original: Generation | undefined;
}

export class Copies {
  /** Files whose content another generation delivers, or has delivered: inode → what they looked like. */
  readonly #covered = new Map<string, Covered>();
  readonly #growing = new Map<string, Growing>();

  /** Whether `file` is known to repeat what another generation delivers. */
  has({ path, stat }: FoundFile): boolean {
    const covered = this.#covered.get(inodeKey(stat));
    if (covered === undefined || covered.sizeBytes !== stat.sizeBytes || covered.modifiedMs !== stat.modifiedMs) return false;
    covered.path = path;
    return true;
  }

  /** `generation` was delivered from a compressed file: as long as it looks the same, it is not opened again. */
  cover(generation: Generation): void {
    const { path, storedBytes: sizeBytes, modifiedMs } = generation;
    this.#covered.set(generation.inodeKey, { path, sizeBytes, modifiedMs, original: undefined });
  }

  forget(stat: FileStat): void {
    this.#covered.delete(inodeKey(stat));
  }

  /** Inodes that are not listed any more may come back as other files. */
  forgetAllBut(keys: ReadonlySet<string>): void {
    for (const known of [this.#covered, this.#growing]) {
      for (const key of known.keys()) if (!keys.has(key)) known.delete(key);
    }
  }

  /**
   * What an unknown file is to the generations being read. Undefined: nothing. `later`: it cannot be told yet.
   * `covered`: they deliver its bytes. Rejects with a `FileFault`.
   */
  async judge(content: OpenContent, live: Iterable<Generation>, nowMs: number): Promise<'covered' | 'later' | undefined> {
    for (const original of live) {
      const verdict = await this.#compareWithLive(content, { original, nowMs });
      if (verdict === undefined) continue;
      if (verdict === 'covered') this.#coverBy(content, original);
      return verdict;
    }
    return undefined;
  }

  /** Plain copies whose last byte their original has delivered: they can be remembered as delivered. */
  delivered(): readonly { readonly key: string; readonly path: string }[] {
    const copies: { key: string; path: string }[] = [];
    for (const [key, { path, sizeBytes, original }] of this.#covered) {
      if (original !== undefined && original.tracker.watermark >= sizeBytes) copies.push({ key, path });
    }
    return copies;
  }

  /** The copy is remembered; whether it can be found under its name did not matter. */
  remembered(key: string): void {
    const covered = this.#covered.get(key);
    if (covered !== undefined) covered.original = undefined;
  }

  #coverBy({ path, stat, storage }: OpenContent, original: Generation): void {
    const { sizeBytes, modifiedMs } = stat;
    const deliverer = storage === 'plain' ? original : undefined;
    this.#covered.set(inodeKey(stat), { path, sizeBytes, modifiedMs, original: deliverer });
  }

  async #compareWithLive(
    content: OpenContent,
    options: { original: Generation; nowMs: number },
  ): Promise<'covered' | 'later' | undefined> {
    const { original, nowMs } = options;
    if (original.head.lengthBytes === 0 || !canBeCopyOf(content.path, original.originalPath)) return undefined;
    const headOnly = { head: original.head, marker: Buffer.alloc(0), position: 0 };
    if (!(await isSameContent(content.handle, headOnly))) return undefined;
    if (content.storage === 'plain') return this.#compareWithOriginal(content, { original, nowMs });
    // The compressed form of a file that is still open here: whoever has it open reads it to its end.
    if (original.position === 0 || !(await isSameContent(content.handle, original))) return undefined;
    return 'covered';
  }

  /** `copytruncate` copies first and cuts later: until then the copy only repeats what its original delivers. */
  async #compareWithOriginal(
    content: OpenContent,
    options: { original: Generation; nowMs: number },
  ): Promise<'covered' | 'later' | undefined> {
    const { original, nowMs } = options;
    const { sizeBytes } = content.stat;
    if (original.path !== original.originalPath) return undefined;
    const key = inodeKey(content.stat);
    if (sizeBytes >= original.position && original.position > 0) {
      return (await isSameContent(content.handle, original)) ? 'covered' : undefined;
    }
    const growing = this.#growing.get(key);
    if (growing === undefined || growing.sizeBytes !== sizeBytes) {
      this.#growing.set(key, { sizeBytes, sinceMs: nowMs });
      return 'later';
    }
    if (nowMs - growing.sinceMs < COPY_QUIET_MS) return 'later';
    this.#growing.delete(key);
    return (await this.#isPrefixOf(content, original)) ? 'covered' : undefined;
  }

  /** Whether the last bytes of the copy stand at the same place in the original, which still has them. */
  async #isPrefixOf(content: OpenContent, original: Generation): Promise<boolean> {
    const { sizeBytes } = content.stat;
    if (original.handle === undefined || sizeBytes > original.sizeBytes) return false;
    const marker = await readMarker(content.handle, sizeBytes);
    const there = await readAt(original.handle, sizeBytes - marker.length, marker.length);
    return there.equals(marker);
  }
}
