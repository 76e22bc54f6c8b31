/**
 * Where reads of a generation ended, or where its file was seen to end, each with its end marker (`readEndMarker`): they prove a copy that
 * ends below the position. `copytruncate` makes such a copy whenever something is written, and read, between its copy and its cut. Stored
 * with the position.
 *
 * Invariant: at most `ENDS_MAX` ends, the denser the newer they are: such a copy ends shortly below the position.
 */
import { hash } from 'node:crypto';
import { assert } from '../../core/assert.ts';
import type { FileHandle } from '../../core/ports.ts';
import { isHoleMarker, readEndMarker } from './content-proof.ts';
import type { OpenContent } from './content.ts';
import { giveSlot, takeSlot } from './marker-slots.ts';

/** The object is used again for a newer end that takes its place. */
interface PastEnd {
  offset: number;
  /** Of the end marker; undefined: nobody asked for it yet. Most ends give way to newer ones before. */
  digest: string | undefined;
  /** The end marker, as long as there is no digest: the first `markerBytes` of the slot. */
  slot: Buffer | undefined;
  markerBytes: number;
  /** When the file was known to reach `offset`, whole milliseconds; infinite: nobody knows. */
  reachedWallMs: number;
}

const ENDS_MAX = 12;
/** Shared by all files of which no end is awaited: there can be thousands. */
const NONE: readonly number[] = [];
/** 66 bits. */
const DIGEST_CHARACTERS = 11;

export class PastEnds {
  /** The ends as they are stored; undefined: one was noted since. */
  #text: string | undefined;
  /** The ends that the text stands for; undefined: nobody asked for them yet. Of most files nobody does. */
  #parsed: PastEnd[] | undefined;
  /** Where the file was seen to end before it was read that far, ascending. */
  #unread: readonly number[] = NONE;
  /** The end that gave way last. */
  #spare: PastEnd | undefined;

  /** `text`: the ends that were noted before, as they are stored. */
  constructor(text = '') {
    this.#text = text;
  }

  /** At most 500 bytes, more or less. */
  get text(): string {
    this.#text ??= textOf(this.#ends);
    return this.#text;
  }

  get isEmpty(): boolean {
    return this.text === '';
  }

  /** Offset of the last end; 0: none is known. */
  get lastBytes(): number {
    return this.#ends.at(-1)?.offset ?? 0;
  }

  /** How many ends are known. */
  get count(): number {
    return this.#ends.length;
  }

  /** The generation goes on in a file of `sizeBytes`: it has no ends beyond that. */
  trim(sizeBytes: number): void {
    if (this.lastBytes <= sizeBytes) return;
    for (const end of this.#ends) if (end.offset > sizeBytes) dropMarker(end);
    this.#parsed = this.#ends.filter((end) => end.offset <= sizeBytes);
    this.#text = undefined;
  }

  get #ends(): PastEnd[] {
    this.#parsed ??= endsIn(this.#text ?? '');
    return this.#parsed;
  }

  /**
   * The file came to `offset`, with the end marker `marker`, at `reachedWallMs` at the latest. True: that is new.
   */
  note(offset: number, marker: Buffer, reachedWallMs = Infinity): boolean {
    // A hole is no proof: after copytruncate, every file of a writer without O_APPEND begins with one.
    if (offset === 0 || isHoleMarker(marker)) return false;
    const ends = this.#ends;
    const before = ends.findLastIndex((end) => end.offset <= offset);
    if (ends[before]?.offset === offset) return false;
    ends.splice(before + 1, 0, this.#endAt(offset, marker, Math.ceil(reachedWallMs)));
    this.#text = undefined;
    if (ends.length <= ENDS_MAX) return true;
    [this.#spare] = ends.splice(this.#leastNeeded(), 1);
    if (this.#spare !== undefined) dropMarker(this.#spare);
    return true;
  }

  #endAt(offset: number, marker: Buffer, reachedWallMs: number): PastEnd {
    const slot = takeSlot(marker);
    const end = this.#spare;
    if (end === undefined) return { offset, digest: undefined, slot, markerBytes: marker.length, reachedWallMs };
    this.#spare = undefined;
    end.offset = offset;
    end.digest = undefined;
    end.slot = slot;
    end.markerBytes = marker.length;
    end.reachedWallMs = reachedWallMs;
    return end;
  }

  /** Whether the ends after `from` and up to `to` still have their end markers: `markerAt` gives what stands there now. */
  stand({ from, to }: { from: number; to: number }, markerAt: (offset: number) => Buffer): boolean {
    if (this.lastBytes <= from) return true;
    return this.#ends.every((end) => end.offset <= from || end.offset > to || digestAt(end) === digestOf(markerAt(end.offset)));
  }

  /** The file was seen to end at `offset`, and is not read that far yet. */
  awaitReading(offset: number): void {
    this.#unread = [...this.#unread.slice(1 - ENDS_MAX), offset];
  }

  /** Takes the awaited ends up to `readTo`, where reading has come to. They are to be noted now or never. */
  takeAwaited(readTo: number): readonly number[] {
    const awaited = this.#unread;
    if (awaited.length === 0) return NONE;
    this.#unread = awaited.filter((offset) => offset > readTo);
    return awaited.filter((offset) => offset <= readTo);
  }

  /** The file that was seen to end was another one. */
  forgetAwaited(): void {
    this.#unread = NONE;
  }

  /** Whether the file of `sizeBytes` behind `handle` holds every end that lies within it, and at least one does. */
  async proves(handle: FileHandle, sizeBytes: number): Promise<boolean> {
    return (await this.provenTo(handle, sizeBytes)) > 0;
  }

  /** The last end within the file of `sizeBytes` behind `handle`, if it holds every one that lies within it; else 0. */
  async provenTo(handle: FileHandle, sizeBytes: number): Promise<number> {
    return (await this.fit(handle, sizeBytes)) ? (this.#ends.findLast((end) => end.offset <= sizeBytes)?.offset ?? 0) : 0;
  }

  /** Whether the file of `sizeBytes` behind `handle` holds every end that lies within it. Rejects with a `FileFault`. */
  async fit(handle: FileHandle, sizeBytes: number): Promise<boolean> {
    for (const { offset, digest } of this.#proofs()) {
      if (offset <= sizeBytes && digestOf(await readEndMarker(handle, offset)) !== digest) return false;
    }
    return true;
  }

  /** Whether the file of `sizeBytes` behind `handle` holds an end at `fromBytes` or beyond. Rejects with a `FileFault`. */
  async holdsOneFrom(fromBytes: number, handle: FileHandle, sizeBytes: number): Promise<boolean> {
    for (const { offset, digest } of this.#proofs()) {
      if (offset >= fromBytes && offset <= sizeBytes && digestOf(await readEndMarker(handle, offset)) === digest) return true;
    }
    return false;
  }

  /** Whether the file of `sizeBytes` behind `handle` ends as this one did when it had that size. */
  async provesEnd(handle: FileHandle, sizeBytes: number): Promise<boolean> {
    const last = this.#ends.find((end) => end.offset === sizeBytes);
    return last !== undefined && (await this.proves(handle, sizeBytes));
  }

  /** When the file was known to be longer than `sizeBytes`: a copy of that length was made before. Infinite: not known. */
  outgrownWallMs(sizeBytes: number): number {
    return this.#ends.reduce((least, end) => (end.offset > sizeBytes ? Math.min(least, end.reachedWallMs) : least), Infinity);
  }

  /** All ends were reached before `wallMs`, whatever the clock showed. True: that is new. */
  reachedBefore(wallMs: number): boolean {
    const latestMs = Math.max(0, Math.floor(wallMs));
    const isLater = ({ reachedWallMs }: PastEnd) => reachedWallMs !== Infinity && reachedWallMs > latestMs;
    if (!this.#ends.some(isLater)) return false;
    for (const end of this.#ends) if (isLater(end)) end.reachedWallMs = latestMs;
    this.#text = undefined;
    return true;
  }

  /** The ends as they are now: others may take their place while a file is read. */
  #proofs(): readonly { readonly offset: number; readonly digest: string }[] {
    return this.#ends.map((end) => ({ offset: end.offset, digest: digestAt(end) }));
  }

  /** Index of the end whose neighbours are closest together, in proportion to its distance from the newest end. */
  #leastNeeded(): number {
    const ends = this.#ends;
    const offsetAt = (index: number) => ends[index]?.offset ?? 0;
    const newest = offsetAt(ends.length - 1);
    let least = 1;
    let leastGap = Infinity;
    for (let index = 1; index < ends.length - 1; index += 1) {
      const gap = (offsetAt(index + 1) - offsetAt(index - 1)) / (newest - offsetAt(index));
      if (gap >= leastGap) continue;
      least = index;
      leastGap = gap;
    }
    return least;
  }
}

/**
 * Whether a plain file reaches and holds every end, also beyond the position: then it was not cut, nor refilled behind the same
 * beginning, while no one looked. True of any compressed file. Rejects with a `FileFault`.
 */
export async function holdsEnds({ handle, stat: { sizeBytes }, storage }: OpenContent, ends: { readEnds: PastEnds; seenEnds: PastEnds }): Promise<boolean> {
  if (storage !== 'plain') return true;
  if (ends.readEnds.lastBytes > sizeBytes || ends.seenEnds.lastBytes > sizeBytes) return false;
  return (await ends.readEnds.fit(handle, sizeBytes)) && ends.seenEnds.fit(handle, sizeBytes);
}

function digestAt(end: PastEnd): string {
  if (end.digest !== undefined) return end.digest;
  assert(end.slot !== undefined, 'an end has what stands before it, or its digest');
  end.digest = digestOf(end.slot.subarray(0, end.markerBytes));
  dropMarker(end);
  return end.digest;
}

function dropMarker(end: PastEnd): void {
  if (end.slot !== undefined) giveSlot(end.slot);
  end.slot = undefined;
}

function digestOf(marker: Buffer): string {
  return hash('sha256', marker, 'base64url').slice(0, DIGEST_CHARACTERS);
}

/** `offset.digest.time` for each end, with commas between them. Numbers are in base 36: by how much they exceed those before. */
function textOf(ends: readonly PastEnd[]): string {
  let [lastOffset, lastMs] = [0, 0];
  const parts: string[] = [];
  for (const end of ends) {
    const { offset, reachedWallMs } = end;
    const time = reachedWallMs === Infinity ? '' : (reachedWallMs - lastMs).toString(RADIX);
    parts.push(`${(offset - lastOffset).toString(RADIX)}.${digestAt(end)}.${time}`);
    lastOffset = offset;
    if (reachedWallMs !== Infinity) lastMs = reachedWallMs;
  }
  return parts.join(',');
}

function endsIn(text: string): PastEnd[] {
  let [offset, lastMs] = [0, 0];
  const ends: PastEnd[] = [];
  for (const part of text.split(',').filter(Boolean)) {
    const [more = '', digest = '', time = ''] = part.split('.');
    offset += Number.parseInt(more, RADIX);
    if (time !== '') lastMs += Number.parseInt(time, RADIX);
    ends.push({ offset, digest, slot: undefined, markerBytes: 0, reachedWallMs: time === '' ? Infinity : lastMs });
  }
  return ends;
}

const RADIX = 36;
