/**
 * Makes generations: of files that are new, and of rows that remember old ones.
 *
 * Invariant: numbers only grow, also across restarts, so a later generation has a higher number.
 */
import { type CheckpointRow, type GenerationState, NO_END } from '../../core/checkpoint-row.ts';
import { dirname } from '../../core/paths.ts';
import type { FileStat } from '../../core/ports.ts';
import type { EventSink } from '../../telemetry/events.ts';
import { isHoleHead, readEndMarker, readHead, readMarker } from '../content/content-proof.ts';
import type { OpenContent } from '../content/content.ts';
import { headOf, inodeKey } from '../content/file-identity.ts';
import { endOfLastLine } from '../content/last-line.ts';
import type { GenerationOwner, GenerationStart } from '../generation/generation-start.ts';
import { Generation } from '../generation/generation.ts';
import type { Encoding } from '../lines/utf16.ts';
import type { FoundFile } from '../listing/discovery.ts';
import type { Looks } from '../listing/looks.ts';
import type { FirstLook } from '../listing/seen-directories.ts';
import type { Inheritance } from './remembered.ts';
import { Sights } from './sights.ts';

export interface BirthOptions extends GenerationOwner<Generation> {
  readonly flow: string;
  readonly events: EventSink;
  readonly initialPosition: 'END_OF_FILE' | 'START_OF_FILE';
  readonly encoding: Encoding;
  /** Where a file had not been written to for longer than this when it was first seen, only bytes appended later are read. */
  readonly ignoreOlderMs: number | undefined;
  readonly wallMs: () => number;
  readonly looks: Looks;
}

/** Where and as what a generation begins. */
interface Beginning extends Found {
  readonly offset: number;
  readonly state: GenerationState;
}

interface Found {
  /** The path of its log, where the file has another one. */
  readonly originalPath?: string | undefined;
  /** When the file was last known not to be there, where looks do not tell. Monotonic. */
  readonly absentMs?: number | undefined;
  readonly nowMs: number;
}

export class Births {
  readonly #options: BirthOptions;
  readonly #wasRead: (stat: FileStat) => boolean;
  /** Files that were seen before it was known what they are. A successor in this process gets them, too. */
  readonly sights: Sights;
  #lastNumber = 0;

  /** `wasRead`: whether the file, by its inode, held another generation before. */
  constructor(options: BirthOptions, wasRead: (stat: FileStat) => boolean, sights = new Sights()) {
    this.sights = sights;
    this.#options = options;
    this.#wasRead = wasRead;
  }

  /** A file was seen. It is not known yet whether it holds a generation. */
  saw(file: FoundFile, { first, nowMs }: { readonly first: FirstLook; readonly nowMs: number }): void {
    this.sights.saw(file.stat, this.#newSinceMs(file, nowMs), { isFirst: first.has(dirname(file.path)) });
  }

  /** A generation that begins where the settings say. Rejects with a `FileFault`. */
  async begin(content: OpenContent, { first, ...found }: Found & { readonly first: FirstLook }): Promise<Generation> {
    const { path, stat, storage } = content;
    const { initialPosition, encoding, events, flow } = this.#options;
    const firstBytes = initialPosition === 'END_OF_FILE' ? this.#firstBytes(content, first) : 0;
    const leftOutBytes = this.#isTooOld(content) ? Infinity : firstBytes;
    const offset = leftOutBytes > 0 ? await endOfLastLine(content, encoding, leftOutBytes) : 0;
    // Nobody appends to a compressed file.
    const state = storage === 'plain' ? 'active' : 'rotated';
    const generation = await this.make(content, { offset, state, ...found });
    events.emit('fileFound', { flow, path, position: offset, sizeBytes: stat.sizeBytes });
    return generation;
  }

  /**
   * How much of the content was there at the first look at its directory. Of a file that could not be opened then, its size
   * tells, and a cut shows only where a look finds it shorter.
   */
  #firstBytes({ path, stat, storage }: OpenContent, first: FirstLook): number {
    if (first.has(dirname(path))) return Infinity;
    const bytes = this.sights.firstBytes(stat) ?? 0;
    // Nobody appends to a compressed file.
    return bytes > 0 && storage !== 'plain' ? Infinity : bytes;
  }

  /** A generation at `offset`. Rejects with a `FileFault`. */
  async make(content: OpenContent, start: Beginning): Promise<Generation> {
    const { handle, stat, storage } = content;
    const head = await readHead(handle);
    const generation = this.#new(content, { ...start, head, marker: await readMarker(handle, start.offset) });
    // After a cut the hole is a longer one: only where the file ended behind it tells the two apart.
    if (storage === 'plain' && head.lengthBytes > 0 && isHoleHead(head)) generation.proveSeen(head, await readEndMarker(handle, stat.sizeBytes));
    return generation;
  }

  /** A generation of a file that cannot be read any more: all of it is unread. */
  unreadable(content: OpenContent, nowMs: number): Generation {
    const nothing = Buffer.alloc(0);
    return this.#new(content, { offset: 0, state: 'rotated', nowMs, head: headOf(nothing), marker: nothing });
  }

  #new({ path, stat, storage }: OpenContent, start: Beginning & Pick<GenerationStart, 'head' | 'marker'>): Generation {
    this.#lastNumber += 1;
    const { flow, wallMs } = this.#options;
    const beginning: GenerationStart = {
      flow,
      number: this.#lastNumber,
      path,
      originalPath: start.originalPath ?? path,
      stat,
      storage,
      offset: start.offset,
      state: start.state,
      nowMs: start.nowMs,
      head: start.head,
      marker: start.marker,
      waits: this.sights.of(stat, storage),
      unreadSinceMs: this.#newSinceMs({ path, stat }, start.nowMs, start.absentMs),
      rowWallMs: wallMs(),
      beganBytes: start.offset,
    };
    const generation = new Generation(beginning, this.#options);
    generation.growth.looked(start.nowMs);
    return generation;
  }

  /**
   * The generation that `row` remembers: a row of a predecessor in this process where something is `inherited`, else one of the
   * store. Bytes that waited then keep their age. Bytes that came since, while nobody looked, came after the flow's last look.
   */
  remember(row: CheckpointRow, inherited: Inheritance | undefined, nowMs: number): Generation {
    this.#lastNumber = Math.max(this.#lastNumber, row.generation);
    const { device, inode, sizeBytes, modifiedMs, birthMs } = row;
    const waits = row.waits.map(({ end, sinceWallMs }) => ({ end, seenMs: this.#monotonicMs(sinceWallMs, nowMs) }));
    const missed = row.storage === 'plain' && waits.at(-1)?.end === NO_END ? waits.pop() : undefined;
    const remembered: GenerationStart = {
      flow: row.flow,
      number: row.generation,
      path: row.path,
      originalPath: row.originalPath,
      stat: { kind: 'file', device, inode, sizeBytes, modifiedMs, linkCount: 1, birthMs },
      head: row.head,
      offset: row.offset,
      cuts: row.cuts,
      marker: Buffer.from(row.tailMarker, 'hex'),
      state: row.state,
      storage: row.storage,
      nowMs,
      waits,
      // Where the row does not say: the bytes were there when the file was last written to.
      unreadSinceMs: missed?.seenMs ?? this.#monotonicMs(Math.min(row.updatedWallMs, row.modifiedMs), nowMs),
      unseenSinceMs: missed?.seenMs ?? this.#options.looks.lastMs,
      rowWallMs: row.updatedWallMs,
      ends: row.ends,
      beganBytes: row.beganBytes,
    };
    const generation = new Generation(remembered, this.#options);
    if (missed !== undefined) generation.growth.hidden(missed.seenMs);
    generation.dirty = inherited !== undefined;
    return generation;
  }

  /** The generation goes on in `content`, or begins there: see `Generation.takeUp`. */
  takeUp(generation: Generation, content: OpenContent, nowMs: number): void {
    const wasRead = inodeKey(content.stat) === generation.inodeKey;
    generation.takeUp(content, { nowMs, newSinceMs: this.newSinceMs(content, { nowMs, wasRead, sightMs: generation.growth.sightMs }) });
    this.sights.forget(content.stat);
  }

  /**
   * The time since which the oldest newly found byte of a file may be there, monotonic: never later than the byte came. That is
   * when the file was made (statx(2) stx_btime). Where the birth time is not known, or where the file `wasRead` before, it is the
   * time of the last look, which did not see the byte. The look at `sightMs` did not see it either, in whatever file the same
   * bytes were then. The byte was there at the latest when the file was last written to.
   */
  newSinceMs(
    { path, stat }: FoundFile,
    { nowMs, wasRead, sightMs, absentMs = this.#options.looks.sightMs(path) }: { nowMs: number; wasRead: boolean; sightMs?: number | undefined; absentMs?: number | undefined },
  ): number {
    const madeMs = stat.birthMs === undefined ? undefined : this.#monotonicMs(stat.birthMs, nowMs);
    const isNew = !wasRead && sightMs === undefined;
    const unseenMs = latest([absentMs, sightMs, wasRead ? madeMs : undefined]);
    const sinceMs = (isNew ? madeMs : undefined) ?? unseenMs ?? Infinity;
    return Math.min(sinceMs, this.#monotonicMs(stat.modifiedMs, nowMs));
  }

  /** As `newSinceMs`, for a file from which no generation is read. */
  #newSinceMs(file: FoundFile, nowMs: number, absentMs?: number | undefined): number {
    const wasRead = this.sights.has(file.stat) || (this.#isOld(file, nowMs) && this.#wasRead(file.stat));
    return this.newSinceMs(file, { nowMs, wasRead, absentMs });
  }

  /** Whether the file was there at the last look. A file made since was never read, even if another file had its inode number before. */
  #isOld({ path, stat: { birthMs } }: FoundFile, nowMs: number): boolean {
    const lookedMs = this.#options.looks.sightMs(path);
    return birthMs !== undefined && lookedMs !== undefined && this.#monotonicMs(birthMs, nowMs) < lookedMs;
  }

  #monotonicMs(wallMs: number, nowMs: number): number {
    return nowMs - Math.max(0, this.#options.wallMs() - wallMs);
  }

  #isTooOld({ stat }: OpenContent): boolean {
    const { ignoreOlderMs, wallMs } = this.#options;
    return ignoreOlderMs !== undefined && wallMs() - stat.modifiedMs > ignoreOlderMs;
  }
}

/** The latest of the times that are known. */
function latest(timesMs: readonly (number | undefined)[]): number | undefined {
  const known = timesMs.filter((timeMs) => timeMs !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}
