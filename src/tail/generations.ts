/**
 * What one flow knows of its files: the generations being read, those whose file is missing, and those that are
 * finished and remembered so that no copy of them is sent again.
 *
 * Invariant: one live generation an inode; a generation leaves `live` only when all its bytes were handed on or
 * counted as lost.
 */
import type { CheckpointRow, GenerationState } from '../core/checkpoint-row.ts';
import { FileFault } from '../core/errors.ts';
import type { Resolution } from '../core/offset-tracker.ts';
import { dirname } from '../core/paths.ts';
import type { EventSink } from '../telemetry/events.ts';
import type { FoundFile, Listing } from './discovery.ts';
import { inodeKey } from './file-identity.ts';
import { type ContentFiles, type OpenContent, openContent } from './content.ts';
import { readHead, readMarker } from './content-proof.ts';
import { Copies, type DeliveredCopy } from './copies.ts';
import { Generation } from './generation.ts';
import { HeldFiles } from './held-files.ts';
import { endOfLastLine } from './last-line.ts';
import { findContinuation, isContinuation, isSameInode } from './lineage.ts';
import { idleHandles, isOver } from './retirement.ts';
import { canBeCopyOf } from './rotation.ts';
import { type FirstLook, SeenDirectories } from './seen-directories.ts';
import type { Encoding } from './utf16.ts';

export interface GenerationsOptions {
  readonly flow: string;
  readonly content: ContentFiles;
  /** A file that did not grow for this long is closed until it does. */
  readonly idleCloseMs: number;
  readonly openFilesMax: number;
  readonly events: EventSink;
  readonly initialPosition: 'END_OF_FILE' | 'START_OF_FILE';
  readonly encoding: Encoding;
  readonly onResolve: (generation: Generation, resolution: Resolution) => void;
  /** Everything `generation` will ever have is handed on and resolved, or counted as lost. */
  readonly onFinished: (generation: Generation) => void;
}

/** What the store holds of the flow; `nowMs` is monotonic. */
export interface Remembered {
  readonly rows: readonly CheckpointRow[];
  readonly directories: readonly string[];
  readonly nowMs: number;
}

/** How a file came to be looked at. */
interface Appearance extends FirstLook {
  /** The generation whose place it took: whatever the file is, it is not that. */
  readonly except?: Generation;
}

/** How long a missing file is searched for before its rest is counted as lost. */
const SEARCH_MS = 15_000;
export class Generations {
  readonly #options: GenerationsOptions;
  readonly #live = new Map<string, Generation>();
  readonly #missing = new Set<Generation>();
  readonly #finished = new Set<Generation>();
  readonly finished: Iterable<Generation> = this.#finished;
  readonly #copies: Copies;
  readonly #held = new HeldFiles();
  readonly directories: SeenDirectories;
  #removals: number[] = [];
  #lastNumber = 0;

  constructor(options: GenerationsOptions, remembered: Remembered) {
    this.#options = options;
    this.#copies = new Copies(options.content);
    this.directories = new SeenDirectories(remembered.directories);
    for (const row of remembered.rows) this.#remember(row, remembered.nowMs);
  }

  live(): readonly Generation[] {
    return [...this.#live.values()];
  }

  missing(): readonly Generation[] {
    return [...this.#missing];
  }

  /** Closes every handle. */
  async close(): Promise<void> {
    for (const generation of this.#live.values()) await generation.close();
    await this.#held.close();
  }

  /** Live and missing ones. */
  all(): readonly Generation[] {
    return [...this.#live.values(), ...this.#missing];
  }

  at(path: string): Generation | undefined {
    for (const generation of this.#live.values()) if (generation.path === path) return generation;
    return undefined;
  }

  /** Rows that changed since the last call; `restore` them if they could not be stored. */
  takeRows(wallMs: number): { upserts: readonly CheckpointRow[]; removals: readonly number[]; directories: readonly string[] } {
    const upserts: CheckpointRow[] = [];
    for (const generation of [...this.#live.values(), ...this.#missing, ...this.#finished]) {
      if (!generation.dirty) continue;
      generation.dirty = false;
      upserts.push(generation.row(wallMs));
    }
    const removals = this.#removals;
    this.#removals = [];
    return { upserts, removals, directories: this.directories.takeNew() };
  }

  /** Takes back what `takeRows` gave: it was not stored. */
  restore(rows: { removals: readonly number[]; directories: readonly string[]; upserts: readonly CheckpointRow[] }): void {
    const numbers = new Set(rows.upserts.map((row) => row.generation));
    for (const generation of [...this.#live.values(), ...this.#missing, ...this.#finished]) {
      if (numbers.has(generation.number)) generation.dirty = true;
    }
    this.#removals = [...rows.removals, ...this.#removals];
    this.directories.restore(rows.directories);
  }

  /** The generation's file is listed as `path`. */
  moved(generation: Generation, path: string): void {
    generation.outOfPattern = false;
    if (generation.path === path) return;
    this.#options.events.emit('fileRotated', { flow: generation.flow, path: generation.path, to: path });
    generation.path = path;
    generation.state = path === generation.originalPath ? 'active' : 'rotated';
    generation.dirty = true;
  }

  /** No name of the pattern leads to it any more. True: its open handle has more to read. */
  async absent(generation: Generation, nowMs: number): Promise<boolean> {
    if (generation.state === 'active') generation.grownMs = nowMs;
    generation.state = 'rotated';
    generation.outOfPattern = true;
    const stat = await this.#statOpen(generation);
    if (stat === undefined) {
      this.#lose(generation, nowMs);
      return false;
    }
    generation.see(stat, nowMs);
    return generation.unreadBytes > 0;
  }

  /** Its inode holds other bytes now. Returns the generation that begins there. */
  async replaced(generation: Generation, path: string, nowMs: number): Promise<Generation | undefined> {
    await generation.close();
    const stat = await this.#statOrNothing(path);
    this.#options.events.emit('fileTruncated', {
      flow: generation.flow,
      path,
      position: generation.position,
      sizeBytes: stat?.sizeBytes ?? 0,
    });
    generation.cut = stat !== undefined && inodeKey(stat) === generation.inodeKey;
    generation.state = 'rotated';
    this.#lose(generation, nowMs);
    if (stat === undefined || stat.kind !== 'file' || this.#live.has(inodeKey(stat))) return undefined;
    return this.appeared({ path, stat }, { any: false, has: () => false, except: generation }, nowMs);
  }

  /** Looks for a missing generation under other names; true when it was found. Counts its rest as lost in the end. */
  async search(generation: Generation, nowMs: number): Promise<boolean> {
    if (!this.#missing.has(generation)) return false;
    const found = await findContinuation(this.#options.content, generation, {
      extraPaths: [],
      isTaken: (key) => this.#live.has(key),
      copied: generation.cut,
    });
    if (found !== undefined) {
      this.#resume(generation, found, nowMs);
      return true;
    }
    const searchedMs = nowMs - (generation.missingSinceMs ?? nowMs);
    if (searchedMs >= SEARCH_MS && generation.tracker.pendingBytes === 0) this.#giveUp(generation);
    return false;
  }

  /** A file with an unknown inode: a copy, something that was missing, or a new generation, which is returned. */
  async appeared(file: FoundFile, first: Appearance, nowMs: number): Promise<Generation | undefined> {
    const key = inodeKey(file.stat);
    if (this.#live.has(key) || this.#copies.has(file)) return undefined;
    const content = await openContent(this.#options.content, file.path);
    let kept = false;
    try {
      const known = await this.#recognise(content, { first, nowMs });
      if (known === 'covered') return undefined;
      kept = true;
      await this.#held.hold(key, known === 'later' ? content : undefined);
      if (known === 'later') return undefined;
      const generation = known ?? (await this.#begin(content, { first, nowMs }));
      generation.adopt(content);
      generation.grownMs = nowMs;
      this.#live.set(generation.inodeKey, generation);
      return generation;
    } finally {
      if (!kept) await content.handle.close();
    }
  }

  /** Held files that turned out to be new ones when they were gone already. */
  async #readHeld(listed: ReadonlySet<string>, nowMs: number): Promise<void> {
    for (const content of await this.#held.takeGrown(listed)) {
      const generation = await this.#begin(content, { first: NOT_FIRST, nowMs });
      generation.adopt(content);
      this.#live.set(generation.inodeKey, generation);
    }
  }

  /** Lets go of what is over: drained and gone, or drained and quiet under a name the flow does not follow. */
  async retire(nowMs: number, listing: Listing): Promise<void> {
    const listed = new Set(listing.files.map((file) => inodeKey(file.stat)));
    this.#copies.forgetAllBut(listed);
    await this.#readHeld(listed, nowMs);
    for (const generation of this.#live.values()) {
      if (!(await isOver(generation, nowMs))) continue;
      this.#live.delete(generation.inodeKey);
      await generation.close();
      this.#finish(generation);
    }
    for (const copy of this.#copies.delivered(nowMs)) await this.#rememberCopy(copy, nowMs);
    for (const generation of idleHandles(this.#live.values(), { ...this.#options, nowMs })) await generation.close();
  }

  // Recognising.

  /** Undefined: a new generation. `later`: it cannot be told yet. `covered`: another generation delivers its bytes. */
  async #recognise(
    content: OpenContent,
    { first, nowMs }: { first: Appearance; nowMs: number },
  ): Promise<Generation | 'covered' | 'later' | undefined> {
    const missing = await this.#among(this.#missing, content, first.except);
    if (missing !== undefined) return missing;
    // Files that were there before the flow was cannot be told from twins: all are read.
    const verdict = first.has(dirname(content.path)) ? undefined : await this.#copies.judge(content, this.#live.values(), nowMs);
    return verdict ?? this.#among(this.#finished, content);
  }

  /** The generation of `known` whose bytes `content` holds; it is taken out of there, to be read on. */
  async #among(known: Set<Generation>, content: OpenContent, except?: Generation): Promise<Generation | undefined> {
    for (const generation of known) {
      if (generation === except) continue;
      const related = canBeCopyOf(content.path, generation.originalPath) && generation.head.lengthBytes > 0;
      if (!related && !isSameInode(content.stat, generation)) continue;
      if (!(await isContinuation(content, generation, { copied: generation.cut }))) continue;
      known.delete(generation);
      generation.state = 'rotated';
      return generation;
    }
    return undefined;
  }

  /** A copy stays one when its original is gone: remembered as delivered up to its end. */
  async #rememberCopy(copy: DeliveredCopy, nowMs: number): Promise<void> {
    const content = await openContent(this.#options.content, copy.path);
    try {
      this.#copies.remembered(copy.key);
      // A file that changed since is no copy of what was delivered: the next look judges it anew.
      if (inodeKey(content.stat) !== copy.key || content.stat.sizeBytes !== copy.sizeBytes) return;
      for (const generation of this.#finished) {
        if (!isSameInode(content.stat, generation)) continue;
        this.#finished.delete(generation);
        this.#removals.push(generation.number);
      }
      const offset = content.stat.sizeBytes;
      const generation = await this.#make(content, { offset, state: 'finished', nowMs });
      this.#finished.add(generation);
    } finally {
      await content.handle.close();
    }
  }

  async #begin(content: OpenContent, { first, nowMs }: { first: FirstLook; nowMs: number }): Promise<Generation> {
    const { path, stat, storage } = content;
    const atEnd = this.#options.initialPosition === 'END_OF_FILE' && first.has(dirname(path));
    const offset = atEnd ? await endOfLastLine(content, this.#options.encoding) : 0;
    // Nobody appends to a compressed file.
    const state = storage === 'plain' ? 'active' : 'rotated';
    const generation = await this.#make(content, { offset, state, nowMs });
    this.#options.events.emit('fileFound', { flow: generation.flow, path, position: offset, sizeBytes: stat.sizeBytes });
    return generation;
  }

  async #make(
    { handle, path, stat, storage }: OpenContent,
    start: { offset: number; state: GenerationState; nowMs: number },
  ): Promise<Generation> {
    this.#lastNumber += 1;
    return new Generation({
      flow: this.#options.flow,
      number: this.#lastNumber,
      path,
      originalPath: path,
      stat,
      head: await readHead(handle),
      marker: await readMarker(handle, start.offset),
      storage,
      ...start,
      onResolve: this.#options.onResolve,
    });
  }

  #remember(row: CheckpointRow, nowMs: number): void {
    this.#lastNumber = Math.max(this.#lastNumber, row.generation);
    const generation = new Generation({
      flow: row.flow,
      number: row.generation,
      path: row.path,
      originalPath: row.originalPath,
      stat: {
        kind: 'file',
        device: row.device,
        inode: row.inode,
        sizeBytes: row.sizeBytes,
        modifiedMs: row.modifiedMs,
        linkCount: 1,
        birthMs: row.birthMs,
      },
      head: row.head,
      offset: row.offset,
      marker: Buffer.from(row.tailMarker, 'hex'),
      state: row.state,
      storage: row.storage,
      nowMs,
      onResolve: this.#options.onResolve,
    });
    generation.dirty = false;
    if (row.state === 'finished') {
      this.#finished.add(generation);
      if (row.storage !== 'plain') this.#copies.cover(generation);
    }
    else if (this.#live.has(generation.inodeKey)) this.#missing.add(generation);
    else this.#live.set(generation.inodeKey, generation);
  }

  // Losing and finishing.

  #lose(generation: Generation, nowMs: number): void {
    if (this.#live.get(generation.inodeKey) === generation) this.#live.delete(generation.inodeKey);
    generation.missingSinceMs ??= nowMs;
    generation.partial = false;
    generation.dirty = true;
    this.#missing.add(generation);
  }

  #resume(generation: Generation, found: OpenContent, nowMs: number): void {
    const { flow, path: from, position } = generation;
    this.#missing.delete(generation);
    this.#copies.forget(found.stat);
    generation.adopt(found);
    generation.grownMs = nowMs;
    generation.outOfPattern = true;
    this.#live.set(generation.inodeKey, generation);
    this.#options.events.emit('fileContinued', { flow, path: found.path, from, position });
  }

  #giveUp(generation: Generation): void {
    this.#missing.delete(generation);
    const lostBytes = generation.unreadBytes;
    if (lostBytes > 0) {
      const { flow, path } = generation;
      generation.tracker.open(lostBytes).resolve('lost', lostBytes, 0);
      this.#options.events.emit('bytesLost', { flow, path, bytes: lostBytes });
    }
    this.#finish(generation);
  }

  #finish(generation: Generation): void {
    generation.state = 'finished';
    generation.missingSinceMs = undefined;
    generation.dirty = true;
    if (generation.storage !== 'plain') this.#copies.cover(generation);
    this.#finished.add(generation);
    this.#options.onFinished(generation);
  }

  /** Of the open handle; undefined where there is none, or the server has forgotten it (ESTALE). */
  async #statOpen(generation: Generation) {
    try {
      return await generation.handle?.stat();
    } catch (fault) {
      if (!(fault instanceof FileFault) || fault.code !== 'stale') throw fault;
      await generation.close();
      return undefined;
    }
  }

  async #statOrNothing(path: string) {
    try {
      return await this.#options.content.files.stat(path);
    } catch (fault) {
      if (fault instanceof FileFault) return undefined;
      throw fault;
    }
  }
}

const NOT_FIRST: FirstLook = { any: false, has: () => false };
