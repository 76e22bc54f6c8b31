/**
 * One generation of one log file: the bytes written to one inode between two truncations, wherever they live now
 * (renamed, copied away, unlinked but open).
 *
 * Invariant: `position` only moves forward, over bytes that were handed to the pipeline or counted with a reason. Every read
 * compares the bytes before it with `marker`, so nothing is handed on from a file that is not this generation.
 */
import { type CutInPlace, type Ends, type GenerationState, type Head, NO_END, NO_ENDS, type Storage } from '../../core/checkpoint-row.ts';
import { limits } from '../../core/limits.ts';
import { OffsetTracker } from '../../core/offset-tracker.ts';
import { OutcomeCounts } from '../../core/outcome-counts.ts';
import type { FileHandle, FileStat, Now } from '../../core/ports.ts';
import { grownHead } from '../content/content-proof.ts';
import { type OpenContent, statOrForgotten } from '../content/content.ts';
import { DecompressedFile } from '../content/decompressed-file.ts';
import { inodeKey } from '../content/file-identity.ts';
import { GrowthTimes } from '../content/growth-times.ts';
import { NearBytes } from '../content/near-bytes.ts';
import { PastEnds } from '../content/past-ends.ts';
import type { ByteOrder } from '../lines/utf16.ts';
import { Cuts } from './cuts.ts';
import type { GenerationOwner, GenerationStart } from './generation-start.ts';

/** While a file is read, its head is compared no more often than this: most cuts show in the size of the file. */
const HEAD_PROOF_MS = 10;

export class Generation {
  readonly flow: string;
  readonly number: number;
  originalPath: string;
  /** As `CheckpointRow.beganBytes`. */
  readonly beganBytes: number | undefined;
  readonly tracker: OffsetTracker;
  readonly cuts: Cuts;
  /** What became of its bytes since the agent started. */
  readonly counts = new OutcomeCounts();
  /** Bytes handed to the pipeline since the agent started, counted when they are read, not when they are settled. */
  readBytes = 0;
  path: string;
  device: string;
  inode: string;
  /** Key of device and inode, kept because every look asks every file for it. */
  inodeKey: string;
  birthMs: number | undefined;
  head: Head;
  /** The bytes before `position`: `marker` is stored; `near` covers more of them and is not. */
  marker: Buffer;
  readonly near = new NearBytes();
  state: GenerationState;
  storage: Storage;
  /** Size of the content as far as known: that of a plain file, or how far a compressed one was decompressed. */
  sizeBytes: number;
  /** The file on disk as last seen. */
  storedBytes: number;
  modifiedMs: number;
  /** Modification time of its file when it was last seen at its original path. */
  placedMs: number;
  /** Modification time at which the bytes before the position were last found unchanged. */
  provedMs: number | undefined;
  /** Size when it was last proved to be what it is. If the file is cut, what it lost is counted from this size. */
  provedBytes: number;
  linkCount: number;
  /** Monotonic time of the last growth that was seen, or from which quiet counts. */
  grownMs: number;
  /** Decompressing has come to the end of what there is. */
  endReached = false;
  /** Monotonic time since which its file cannot be found under any name. */
  missingSinceMs: number | undefined;
  /** Monotonic time at which the search for it was last hindered by a file that could not be read. */
  hinderedMs = -Infinity;
  /** The inode in which it was cut short in place: it never comes back there. */
  cutInPlace: CutInPlace | undefined;
  /** Where reads of it ended, the last one included. They prove copies of it that end below the position. */
  readonly readEnds: PastEnds;
  /** Where its file was seen to end before it was read that far. They prove a copy of a file that begins with a hole. */
  readonly seenEnds: PastEnds;
  /** A copy of it that ends below its position was found (`isShortCopy`): there is one at most. */
  copyFound = false;
  /** It is such a copy itself: this is the tracker of its original. Until that has resolved the same bytes, no row may be stored. */
  originalTracker: OffsetTracker | undefined;
  /** Found again under a name that the flow's patterns do not list. */
  outOfPattern = false;
  /** Bytes after the position that do not end in a newline (or an open group) are waiting. */
  partial = false;
  /** Where those bytes end, as far as was read. */
  partialEnd = 0;
  /** The byte order of UTF-16 and the first line, once they were read. */
  byteOrder: ByteOrder | undefined;
  firstLine: Buffer | undefined;
  /** What waits was already tried when its time-out passed: now only the file's end can complete it. */
  partialTried = false;
  /** Monotonic time before which what is due is not tried again. */
  partialRetryMs = 0;
  /** When its row was written last. */
  rowWallMs: number;
  /** Monotonic time at which its file was first seen without any name. */
  deletedMs: number | undefined;
  readonly growth: GrowthTimes;
  /** Where the file ended when it was compared last, and its end marker there. Until that is read, it must still stand there. */
  lookedEnd: { readonly offset: number; readonly marker: Buffer } | undefined;
  #headProvedMs = -Infinity;
  #handle: FileHandle | undefined;
  readonly #owner: GenerationOwner<Generation>;

  /** `owner` is no part of `start`: `owner` lives as long as the generation, `start` need not. */
  constructor(start: GenerationStart, owner: GenerationOwner<Generation>) {
    this.#owner = owner;
    this.dirty = true;
    this.flow = start.flow;
    this.number = start.number;
    this.path = start.path;
    this.originalPath = start.originalPath;
    this.device = start.stat.device;
    this.inode = start.stat.inode;
    this.inodeKey = inodeKey(start.stat);
    this.birthMs = start.stat.birthMs;
    this.head = start.head;
    this.marker = start.marker;
    this.state = start.state;
    this.storage = start.storage;
    this.grownMs = start.nowMs;
    this.rowWallMs = start.rowWallMs;
    this.beganBytes = start.beganBytes;
    this.storedBytes = start.stat.sizeBytes;
    this.sizeBytes = start.storage === 'plain' ? start.stat.sizeBytes : start.offset;
    this.provedBytes = this.sizeBytes;
    this.modifiedMs = start.stat.modifiedMs;
    this.placedMs = start.stat.modifiedMs;
    this.linkCount = start.stat.linkCount;
    this.growth = new GrowthTimes(start.waits ?? [], start.unseenSinceMs);
    this.growth.grew(this.#endBytes, start.unreadSinceMs, start.offset);
    this.cuts = new Cuts(start.cuts ?? []);
    const { read, seen, cutInPlace } = start.ends ?? NO_ENDS;
    this.cutInPlace = cutInPlace;
    this.readEnds = new PastEnds(read);
    this.seenEnds = new PastEnds(seen);
    const { offset: startOffset, marker } = start;
    this.tracker = new OffsetTracker({ startOffset, marker, onResolve: (resolution) => owner.onResolve(this, resolution) });
  }

  /** The row in the store is behind. */
  get dirty(): boolean {
    return this.#owner.changed.has(this);
  }

  set dirty(dirty: boolean) {
    if (dirty) this.#owner.changed.add(this);
    else this.#owner.changed.delete(this);
  }

  get handle(): FileHandle | undefined {
    return this.#handle;
  }

  set handle(handle: FileHandle | undefined) {
    this.#handle = handle;
    if (handle === undefined) this.#owner.open.delete(this);
    else this.#owner.open.add(this);
  }

  get position(): number {
    return this.tracker.readOffset;
  }

  /** The file on disk as it was seen last. */
  get lastStat(): FileStat {
    const { device, inode, birthMs, storedBytes: sizeBytes, modifiedMs, linkCount } = this;
    return { kind: 'file', device, inode, birthMs, sizeBytes, modifiedMs, linkCount };
  }

  /** Whether its row may be stored. A copy (`originalTracker`) waits until its original has resolved the bytes that were read of both. */
  get storable(): boolean {
    return this.originalTracker === undefined || this.originalTracker.watermark >= Math.min(this.tracker.watermark, this.originalTracker.readOffset);
  }

  /** Its file was cut short in place: a plain copy may hold the rest. False once it goes on in a copy: nobody copies a copy. */
  get cut(): boolean {
    return this.inode === this.cutInPlace?.inode;
  }

  /** The bytes before the position were found unchanged in a file that was modified last at `modifiedMs` and begins with `head`. */
  prove(modifiedMs: number, head: Head): void {
    this.#begins(head);
    this.growth.proved();
    this.provedMs = modifiedMs;
    this.provedBytes = this.sizeBytes;
  }

  /**
   * Its file holds other bytes now: cut in place, as was noticed at `cutWallMs`, or another file. Only bytes that were known before still
   * count as unread. Its first line and byte order are forgotten: they may have been read from the other bytes.
   */
  replaced(cutWallMs: number | undefined): void {
    this.cutInPlace = cutWallMs === undefined ? undefined : { inode: this.inode, noticedWallMs: cutWallMs };
    this.growth.mistook(this.position);
    this.seenEnds.forgetAwaited();
    this.firstLine = undefined;
    this.byteOrder = undefined;
    if (this.storage === 'plain') this.sizeBytes = Math.max(this.position, this.provedBytes);
  }

  get ends(): Ends {
    return { read: this.readEnds.text, seen: this.seenEnds.text, cutInPlace: this.cutInPlace };
  }

  /** Its bytes are handed on up to `position`, where `marker` is the end marker. `telling`: not all of them were skipped. */
  passTo(position: number, marker: Buffer, { telling, wallMs }: { telling: boolean; wallMs: number }): void {
    this.marker = Buffer.from(marker.subarray(-limits.tailMarkerBytes));
    // Every generation of the log begins with such skipped bytes (a hole, header lines): they prove nothing.
    if (telling || !this.readEnds.isEmpty) this.readEnds.note(position, marker, wallMs);
  }

  /** Its file was seen to end at `offset` with the end marker `marker`: a copy that is being made now may end there. */
  seeEnd(offset: number, marker: Buffer): void {
    if (this.seenEnds.note(offset, marker)) this.dirty = true;
  }

  /** As far as known. Of a compressed file at least 1 until its end was reached. */
  get unreadBytes(): number {
    const unreadBytes = Math.max(0, this.sizeBytes - this.position);
    return this.storage === 'plain' || this.endReached ? unreadBytes : Math.max(1, unreadBytes);
  }

  /** Since when the oldest unread or unresolved byte waits, monotonic; undefined: there is none. */
  get lateSinceMs(): number | undefined {
    if (this.lagBytes === 0 || this.#isUnended) return undefined;
    return this.growth.seenMs(this.tracker.watermark) ?? this.grownMs;
  }

  /** Nothing waits but a line that has not ended. The line is not late: it begins to wait once it is complete. */
  get #isUnended(): boolean {
    return this.partial && this.tracker.pendingBytes === 0 && this.sizeBytes === this.partialEnd;
  }

  /** Unread or unresolved, as far as known: see `unreadBytes`. */
  get lagBytes(): number {
    return this.unreadBytes + this.position - this.tracker.watermark;
  }

  /** Where the content ended when its file was looked at. `NO_END` for a compressed file: all of its content was there. */
  get #endBytes(): number {
    return this.storage === 'plain' ? this.sizeBytes : NO_END;
  }

  /** Takes over what the open handle, asked at `askedMs`, said of the content. True: the content grew. */
  see(stat: FileStat, now: Now, askedMs = now.nowMs): boolean {
    const grew = stat.sizeBytes > this.sizeBytes;
    if (this.storage === 'plain') this.seeFile(stat, now, askedMs);
    else if (grew) this.#grow(stat, now);
    this.sizeBytes = stat.sizeBytes;
    this.linkCount = stat.linkCount;
    this.deletedMs = stat.linkCount > 0 ? undefined : (this.deletedMs ?? now.nowMs);
    return grew;
  }

  /** Takes over what was said of the file on disk, which may be as old as `askedMs`. True: the file changed. */
  seeFile(stat: FileStat, now: Now, askedMs = now.nowMs): boolean {
    const changed = stat.sizeBytes !== this.storedBytes || stat.modifiedMs !== this.modifiedMs;
    if (changed) {
      this.dirty = true;
      if (this.storage !== 'plain' && this.lagBytes === 0) this.growth.renew(this.#endBytes, this.growth.newSinceMs(stat.modifiedMs, now));
      this.endReached = false;
    }
    this.storedBytes = stat.sizeBytes;
    this.modifiedMs = stat.modifiedMs;
    this.linkCount = stat.linkCount;
    if (this.storage === 'plain') {
      if (stat.sizeBytes > this.sizeBytes) this.#grow(stat, now);
      this.sizeBytes = stat.sizeBytes;
    }
    this.dirty ||= this.growth.isHidden;
    this.growth.looked(askedMs, changed);
    return changed;
  }

  /** How long it has been quiet counts from `nowMs`. The bytes that are there have waited as long as before. */
  quietFrom(nowMs: number): void {
    // Bytes that were there when the file was taken over wait since then.
    this.growth.grew(this.#endBytes, this.grownMs, this.tracker.watermark);
    this.grownMs = nowMs;
  }

  #grow({ sizeBytes, modifiedMs }: FileStat, now: Now): void {
    this.quietFrom(now.nowMs);
    if (this.storage === 'plain') this.seenEnds.awaitReading(sizeBytes);
    if (this.#isUnended) this.growth.forget();
    this.growth.grew(sizeBytes, this.growth.newSinceMs(modifiedMs, now), this.tracker.watermark);
  }

  /** Its file was looked at: it begins with `head`, holds what was read and seen of it, and ends with the end marker `marker`. */
  proveSeen(head: Head, marker: Buffer): void {
    this.#begins(head);
    this.provedBytes = this.sizeBytes;
    if (this.sizeBytes > (this.lookedEnd?.offset ?? 0)) this.seeEnd(this.sizeBytes, marker);
    this.lookedEnd = { offset: this.sizeBytes, marker };
  }

  /**
   * The head, grown with the file up to its full length; undefined: the file no longer begins with it. A file that was cut and refilled can
   * by chance have the same bytes before the position: so the known head is compared, at most every `HEAD_PROOF_MS` of `nowMs` (undefined:
   * it was compared just now). New bytes of the head may be those of such a file until the rest is proved (`prove`).
   */
  async grownHead(nowMs: number | undefined): Promise<Head | undefined> {
    const { handle, head } = this;
    const grows = head.lengthBytes < Math.min(limits.headBytesMax, this.sizeBytes);
    const due = this.storage === 'plain' && nowMs !== undefined && nowMs - this.#headProvedMs >= HEAD_PROOF_MS;
    if (handle === undefined || (!grows && !due)) return head;
    const grown = await grownHead(handle, head);
    if (grown !== undefined) this.#headProvedMs = nowMs ?? this.#headProvedMs;
    return grown;
  }

  #begins(head: Head): void {
    this.dirty ||= head !== this.head;
    this.head = head;
  }

  /** Since when a file that cannot be found, or not be looked at, may have grown, monotonic. */
  get missedSinceMs(): number | undefined {
    const { unseenSinceMs, isHidden } = this.growth;
    if (this.missingSinceMs === undefined) return isHidden ? unseenSinceMs : undefined;
    return Math.min(this.missingSinceMs, unseenSinceMs ?? Infinity);
  }

  /** Nobody can look at its file. All others were last looked at at `lookedMs`, monotonic. */
  hide(lookedMs: number): void {
    this.dirty ||= !this.growth.isHidden;
    this.growth.hidden(lookedMs);
  }

  /** Goes on in `content`, which was found. What is new in it may be there since its file was missed, or since `newSinceMs` if earlier. */
  takeUp(content: OpenContent, { nowMs, newSinceMs }: { nowMs: number; newSinceMs: number }): void {
    const sinceMs = Math.min(newSinceMs, this.missedSinceMs ?? Infinity);
    const settledBytes = this.lagBytes === 0 ? Infinity : this.tracker.watermark;
    this.adopt(content);
    if (content.storage === 'plain') for (const ends of [this.readEnds, this.seenEnds]) ends.trim(content.stat.sizeBytes);
    this.growth.goOn(this.#endBytes, { sinceMs, nowMs, settledBytes });
    this.grownMs = nowMs;
  }

  /** Goes on reading from `content`, which was proved to hold this generation's bytes. */
  adopt(content: OpenContent): void {
    const { stat } = content;
    this.handle = content.handle;
    this.path = content.path;
    this.storage = content.storage;
    this.endReached = false;
    this.lookedEnd = undefined;
    this.device = stat.device;
    this.inode = stat.inode;
    this.inodeKey = inodeKey(stat);
    this.birthMs = stat.birthMs;
    this.storedBytes = stat.sizeBytes;
    this.sizeBytes = content.storage === 'plain' ? stat.sizeBytes : this.position;
    this.provedBytes = this.sizeBytes;
    this.modifiedMs = stat.modifiedMs;
    this.linkCount = stat.linkCount;
    this.missingSinceMs = undefined;
    this.deletedMs = undefined;
    this.dirty = true;
  }

  /** Whether the content has an end: a compressed file that is still being written, or was cut off, has none. */
  async hasEnd(): Promise<boolean> {
    return this.handle instanceof DecompressedFile ? this.handle.isComplete() : true;
  }

  /** State of the open file; undefined where none is open, or the server has forgotten the handle (ESTALE). */
  async statOpen(): Promise<FileStat | undefined> {
    const stat = this.handle === undefined ? undefined : await statOrForgotten(this.handle);
    if (stat === undefined) await this.close();
    return stat;
  }

  /** Closes the handle, if any; it is opened again on demand. */
  async close(): Promise<void> {
    const handle = this.handle;
    this.handle = undefined;
    await handle?.close();
  }
}
