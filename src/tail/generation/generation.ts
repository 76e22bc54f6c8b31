/**
 * One generation of one log file: the bytes written to one inode between two truncations, wherever they live now
 * (renamed, copied away, unlinked but open).
 *
 * Invariant: `position` only moves forward over bytes that were handed to the pipeline; before every read the bytes
 * before it are compared with `marker`, so nothing is read from a file that is not this generation.
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

/** How often the head of a file is compared while it is read: that it was cut shows in its size at most other times. */
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
  /** Handed to the pipeline since the agent started; counted where they are read, not where they are settled. */
  readBytes = 0;
  path: string;
  device: string;
  inode: string;
  /** Of both: it is asked for at every look at every file. */
  inodeKey: string;
  birthMs: number | undefined;
  head: Head;
  /** What stands before `position`: as it is stored, and more of it. */
  marker: Buffer;
  readonly near = new NearBytes();
  state: GenerationState;
  storage: Storage;
  /** Size of the content as far as known: of the file, or of what was decompressed of it. */
  sizeBytes: number;
  /** The file on disk as last seen. */
  storedBytes: number;
  modifiedMs: number;
  /** Modification time of its file when it was last seen at its original path. */
  placedMs: number;
  /** Modification time at which the bytes before the position were last found unchanged. */
  provedMs: number | undefined;
  /** Size at which it was known to be what it is: what a file that was cut has lost is counted from this. */
  provedBytes: number;
  linkCount: number;
  /** Monotonic time of the last growth seen, or since which quiet counts. */
  grownMs: number;
  /** Decompressing came to the end of what there is. */
  endReached = false;
  /** Monotonic time since which its file cannot be found under any name. */
  missingSinceMs: number | undefined;
  /** Monotonic time at which something stood in the way of the search for it last. */
  hinderedMs = -Infinity;
  /** The inode that was cut short in place under it: it never comes back there. */
  cutInPlace: CutInPlace | undefined;
  /** Where reads of it ended, the last one too: what copies of it that end below the position are proved by. */
  readonly pastEnds: PastEnds;
  /** Where the file ended when it was looked at, while it waited to be read: a copy of one that begins with a hole is proved by them. */
  readonly seenEnds: PastEnds;
  /** Such a copy was found: there is one at most. */
  copyFound = false;
  /** It is such a copy itself, as far as that one reads: until that is resolved there, no row of it may be stored. */
  repeats: OffsetTracker | undefined;
  /** Found again under a name that the flow's patterns do not list. */
  outOfPattern = false;
  /** Bytes after the position that do not end in a newline (or an open group) are waiting. */
  partial = false;
  /** Where they end, as far as was read. */
  partialEnd = 0;
  /** Of UTF-16, and the first line: as far as anyone asked. */
  byteOrder: ByteOrder | undefined;
  firstLine: Buffer | undefined;
  /** What waits was already tried when its time-out passed: only the file's end can complete it. */
  partialTried = false;
  /** Monotonic time before which what waits and was due is not tried again. */
  partialRetryMs = 0;
  /** When its row was written last. */
  rowWallMs: number;
  /** Monotonic time at which its file was first seen without any name. */
  deletedMs: number | undefined;
  readonly growth: GrowthTimes;
  /** Where the file ended when it was compared last, and what stood before there (`readEndMarker`): it still does, where it is not read yet. */
  lookedEnd: { readonly offset: number; readonly marker: Buffer } | undefined;
  #headProvedMs = -Infinity;
  #handle: FileHandle | undefined;
  readonly #owner: GenerationOwner<Generation>;

  /** `owner` is no part of `start`: it lives as long as the generation, what it starts with need not. */
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
    this.pastEnds = new PastEnds(read);
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

  /** Whether a row of it may be stored: what it says must be safe. What it has beyond what it repeats is its own. */
  get storable(): boolean {
    return this.repeats === undefined || this.repeats.watermark >= Math.min(this.tracker.watermark, this.repeats.readOffset);
  }

  /** Its file was cut short in place: a plain copy may hold the rest, until it goes on in one. Nobody makes a copy of that. */
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
   * Its file holds other bytes now: cut in place, as was noticed at `cutWallMs`, or another one. What is unread of it is what was known
   * before; its first line and byte order, asked for last, can be the other bytes'.
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
    return { read: this.pastEnds.text, seen: this.seenEnds.text, cutInPlace: this.cutInPlace };
  }

  /** Its bytes are handed on up to `position`, before which `marker` stands (`readEndMarker`); `telling`: not only skipped ones. */
  passTo(position: number, marker: Buffer, { telling, wallMs }: { telling: boolean; wallMs: number }): void {
    this.marker = Buffer.from(marker.subarray(-limits.tailMarkerBytes));
    // Every generation of the log begins with a hole or header lines: those prove nothing.
    if (telling || !this.pastEnds.isEmpty) this.pastEnds.note(position, marker, wallMs);
  }

  /** Its file was seen to end at `offset`, before which `marker` stands (`readEndMarker`): something may be copying it now, as far as it goes. */
  seeEnd(offset: number, marker: Buffer): void {
    if (this.seenEnds.note(offset, marker)) this.dirty = true;
  }

  /** As far as known: of a compressed file at least 1 until its end was reached. */
  get unreadBytes(): number {
    const unreadBytes = Math.max(0, this.sizeBytes - this.position);
    return this.storage === 'plain' || this.endReached ? unreadBytes : Math.max(1, unreadBytes);
  }

  /** Since when the oldest byte waits that is unread or unresolved, monotonic; undefined: there is none. */
  get lateSinceMs(): number | undefined {
    if (this.lagBytes === 0 || this.#isUnended) return undefined;
    return this.growth.seenMs(this.tracker.watermark) ?? this.grownMs;
  }

  /** Nothing waits but a line that has not ended. It is not late, for it is not there yet: it waits once it is complete. */
  get #isUnended(): boolean {
    return this.partial && this.tracker.pendingBytes === 0 && this.sizeBytes === this.partialEnd;
  }

  /** Unread or unresolved, as far as known: see `unreadBytes`. */
  get lagBytes(): number {
    return this.unreadBytes + this.position - this.tracker.watermark;
  }

  /** Where the content ends, as far as it was there when its file was looked at: all of what is compressed was. */
  get #endBytes(): number {
    return this.storage === 'plain' ? this.sizeBytes : NO_END;
  }

  /** Takes over what the open handle, asked at `askedMs`, says of the content; true when it grew. */
  see(stat: FileStat, now: Now, askedMs = now.nowMs): boolean {
    const grew = stat.sizeBytes > this.sizeBytes;
    if (this.storage === 'plain') this.seeFile(stat, now, askedMs);
    else if (grew) this.#grow(stat, now);
    this.sizeBytes = stat.sizeBytes;
    this.linkCount = stat.linkCount;
    this.deletedMs = stat.linkCount > 0 ? undefined : (this.deletedMs ?? now.nowMs);
    return grew;
  }

  /** Takes over what is said of the file on disk, which was asked for at `askedMs`: it can be so old; true when it changed. */
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

  /** How long it has been quiet counts from `nowMs`; what is there waits for as long as it did. */
  quietFrom(nowMs: number): void {
    // What was there when the file was taken over waits since then.
    this.growth.grew(this.#endBytes, this.grownMs, this.tracker.watermark);
    this.grownMs = nowMs;
  }

  #grow({ sizeBytes, modifiedMs }: FileStat, now: Now): void {
    this.quietFrom(now.nowMs);
    if (this.storage === 'plain') this.seenEnds.awaitReading(sizeBytes);
    if (this.#isUnended) this.growth.forget();
    this.growth.grew(sizeBytes, this.growth.newSinceMs(modifiedMs, now), this.tracker.watermark);
  }

  /** Its file was looked at: it begins with `head`, holds what was read and seen of it, and `marker` stands at its end (`readEndMarker`). */
  proveSeen(head: Head, marker: Buffer): void {
    this.#begins(head);
    this.provedBytes = this.sizeBytes;
    if (this.sizeBytes > (this.lookedEnd?.offset ?? 0)) this.seeEnd(this.sizeBytes, marker);
    this.lookedEnd = { offset: this.sizeBytes, marker };
  }

  /**
   * The head grows with the file until it has its full length; undefined: the file no longer begins with it. A file that is refilled
   * after it was cut can by chance have the same bytes before the position: at most every `HEAD_PROOF_MS` of `nowMs` (undefined: it
   * was looked at just now) the head is compared, too. What is new of it may be that of such a file until the rest is proved (`prove`).
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

  /** Of a file that cannot be found, or not be looked at: since when it may have grown, monotonic. */
  get missedSinceMs(): number | undefined {
    const { unseenSinceMs, isHidden } = this.growth;
    if (this.missingSinceMs === undefined) return isHidden ? unseenSinceMs : undefined;
    return Math.min(this.missingSinceMs, unseenSinceMs ?? Infinity);
  }

  /** Nobody can look at its file, when all others were looked at last at `lookedMs`, monotonic. */
  hide(lookedMs: number): void {
    this.dirty ||= !this.growth.isHidden;
    this.growth.hidden(lookedMs);
  }

  /** Goes on in `content`, which was found: what is new in it may be there since its file was missed, or `newSinceMs`. */
  takeUp(content: OpenContent, { nowMs, newSinceMs }: { nowMs: number; newSinceMs: number }): void {
    const sinceMs = Math.min(newSinceMs, this.missedSinceMs ?? Infinity);
    const settledBytes = this.lagBytes === 0 ? Infinity : this.tracker.watermark;
    this.adopt(content);
    if (content.storage === 'plain') for (const ends of [this.pastEnds, this.seenEnds]) ends.trim(content.stat.sizeBytes);
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

  /** Of the open handle; undefined where there is none, or the server has forgotten it (ESTALE). */
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
