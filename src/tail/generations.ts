/**
 * What one flow knows of its files: the generations being read, those whose file is missing, and those that are
 * finished and remembered so that no copy of them is sent again.
 *
 * Invariant: one live generation an inode; a generation leaves `live` only when all its bytes were handed on or
 * counted as lost.
 */
import type { CheckpointRow } from '../core/checkpoint-row.ts';
import { dirname } from '../core/paths.ts';
import type { FileHandle } from '../core/ports.ts';
import { Births } from './births.ts';
import { deletedToRelease } from './deleted-files.ts';
import type { FoundFile, Listing } from './discovery.ts';
import { inodeKey } from './file-identity.ts';
import { type OpenContent, openContent, statOrNothing } from './content.ts';
import { Copies, type DeliveredCopy } from './copies.ts';
import type { Generation } from './generation.ts';
import type { GenerationsOptions, Remembered } from './generations-options.ts';
import { HeldFiles } from './held-files.ts';
import { findContinuation, isContinuation, isSameInode } from './lineage.ts';
import { idleHandles, isOver } from './retirement.ts';
import { canBeCopyOf } from './rotation.ts';
import { type FirstLook, NOT_FIRST, SeenDirectories } from './seen-directories.ts';

/** How a file came to be looked at. */
interface Appearance extends FirstLook {
  /** The generation whose place it took: whatever the file is, it is not that. */
  readonly except?: Generation;
}

/** How long a missing file is searched for before its rest is counted as lost. */
const SEARCH_MS = 15_000;
/** How often it is looked whether finished files can be forgotten. */
const FORGET_EVERY_MS = 60_000;

export class Generations {
  readonly #options: GenerationsOptions;
  readonly #live = new Map<string, Generation>();
  readonly #missing = new Set<Generation>();
  readonly #finished = new Set<Generation>();
  readonly finished: Iterable<Generation> = this.#finished;
  readonly #copies: Copies;
  readonly #held = new HeldFiles();
  readonly directories: SeenDirectories;
  readonly #births: Births;
  /** Where generations were last seen; some may have moved on. */
  readonly #paths = new Map<string, Generation>();
  /** How often a generation was taken up, given up or finished. */
  moves = 0;
  #removals: number[] = [];
  #forgottenMs = 0;

  constructor(options: GenerationsOptions, remembered: Remembered) {
    this.#options = options;
    this.#births = new Births(options);
    this.#copies = new Copies(options.content);
    this.directories = new SeenDirectories(remembered.directories);
    const aliveWallMs = remembered.rows.reduce((latest, row) => Math.max(latest, row.updatedWallMs), 0);
    // Newest first: of several generations of one inode, it belongs to the last.
    for (const row of remembered.rows.toSorted((a, b) => b.generation - a.generation)) this.#remember(row, { ...remembered, aliveWallMs });
    if (!remembered.stored) this.directories.restore(remembered.directories);
  }

  live(): Iterable<Generation> {
    return this.#live.values();
  }

  missing(): readonly Generation[] {
    return [...this.#missing];
  }

  /** Gives the open handles away, by generation. */
  takeHandles(): ReadonlyMap<number, FileHandle> {
    const handles = new Map<number, FileHandle>();
    for (const generation of this.#live.values()) {
      if (generation.handle !== undefined) handles.set(generation.number, generation.handle);
      generation.handle = undefined;
    }
    return handles;
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
    const generation = this.#paths.get(path);
    if (generation === undefined) return undefined;
    if (generation.path === path && this.#live.get(generation.inodeKey) === generation) return generation;
    this.#paths.delete(path);
    return undefined;
  }

  /** Whether `file` repeats what another generation delivers. */
  isCopy(file: FoundFile): boolean {
    return this.#copies.has(file);
  }

  /** Rows that changed since the last call; `restore` them if they could not be stored. */
  takeRows(wallMs: number): { upserts: readonly CheckpointRow[]; removals: readonly number[]; directories: readonly string[] } {
    const upserts: CheckpointRow[] = [];
    for (const known of [this.#live.values(), this.#missing, this.#finished]) {
      for (const generation of known) {
        if (!generation.dirty) continue;
        generation.dirty = false;
        upserts.push(generation.row(wallMs));
      }
    }
    const removals = this.#removals;
    this.#removals = [];
    return { upserts, removals, directories: this.directories.takeNew() };
  }

  /** Everything known, for a successor in this process. */
  remembered(wallMs: number): { readonly rows: readonly CheckpointRow[]; readonly directories: readonly string[] } {
    const rows = [...this.all(), ...this.#finished].map((generation) => generation.row(wallMs));
    return { rows, directories: this.directories.all() };
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
    this.#paths.set(path, generation);
    generation.state = path === generation.originalPath ? 'active' : 'rotated';
    generation.dirty = true;
  }

  /** No name of the pattern leads to it any more. True: its open handle has more to read. */
  async absent(generation: Generation, nowMs: number): Promise<boolean> {
    if (generation.state === 'active') generation.grownMs = nowMs;
    generation.state = 'rotated';
    generation.outOfPattern = true;
    const stat = await generation.statOpen();
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
    const stat = await statOrNothing(this.#options.content.files, path);
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
    return this.appeared({ path, stat }, { ...NOT_FIRST, except: generation }, nowMs);
  }

  /** Looks for a missing generation under other names; true when it was found. Counts its rest as lost in the end. */
  async search(generation: Generation, nowMs: number): Promise<boolean> {
    if (!this.#missing.has(generation)) return false;
    const found = await findContinuation(this.#options.content, generation, {
      extraPaths: (await this.#options.rotated?.list())?.files.map((file) => file.path) ?? [],
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
      const generation = known ?? (await this.#births.begin(content, { first, nowMs }));
      generation.adopt(content);
      generation.grownMs = nowMs;
      this.#enlist(generation);
      return generation;
    } finally {
      if (!kept) await content.handle.close();
    }
  }

  /** Held files that turned out to be new ones when they were gone already. */
  async #readHeld(listed: ReadonlySet<string>, nowMs: number): Promise<void> {
    for (const content of await this.#held.takeGrown(listed)) {
      const generation = await this.#births.begin(content, { first: NOT_FIRST, nowMs });
      generation.adopt(content);
      this.#enlist(generation);
    }
  }

  /** Lets go of what is over: drained and gone, or drained and quiet under a name the flow does not follow. */
  async retire(nowMs: number, listing: Listing): Promise<void> {
    const listed = listing.inodeKeys;
    this.#copies.forgetAllBut(listed);
    await this.#readHeld(listed, nowMs);
    for (const generation of this.#live.values()) {
      if (generation.state !== 'rotated' || !(await isOver(generation, nowMs))) continue;
      this.#live.delete(generation.inodeKey);
      await generation.close();
      this.#finish(generation);
    }
    for (const generation of deletedToRelease(this.#live.values(), this.#options.deletedFiles, nowMs)) {
      await this.#release(generation, nowMs);
    }
    this.#forget(listed, nowMs);
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
      const generation = await this.#births.make(content, { offset, state: 'finished', nowMs });
      this.#finished.add(generation);
    } finally {
      await content.handle.close();
    }
  }

  #remember(row: CheckpointRow, remembered: Remembered & { readonly aliveWallMs: number }): void {
    const generation = this.#births.remember(row, remembered);
    generation.handle = remembered.handles?.get(row.generation);
    if (row.state === 'finished') {
      this.#finished.add(generation);
      if (row.storage !== 'plain') this.#copies.cover(generation);
    } else if (this.#live.has(generation.inodeKey)) {
      // The inode was cut or reused while the older one was not at its end.
      generation.cut = true;
      generation.missingSinceMs = remembered.nowMs;
      this.#missing.add(generation);
    } else this.#enlist(generation);
  }

  #enlist(generation: Generation): void {
    this.moves += 1;
    this.#live.set(generation.inodeKey, generation);
    this.#paths.set(generation.path, generation);
  }

  // Losing and finishing.

  #lose(generation: Generation, nowMs: number): void {
    if (this.#live.get(generation.inodeKey) === generation) this.#live.delete(generation.inodeKey);
    this.moves += 1;
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
    this.#enlist(generation);
    this.#options.events.emit('fileContinued', { flow, path: found.path, from, position });
  }

  /** A deleted file is held no longer: its rest is looked for like that of any file that is gone, then given up. */
  async #release(generation: Generation, nowMs: number): Promise<void> {
    const { flow, path, storedBytes, unreadBytes, deletedMs } = generation;
    await generation.close();
    this.#lose(generation, nowMs);
    const seconds = Math.round((nowMs - (deletedMs ?? nowMs)) / 1000);
    this.#options.events.emit('deletedFileReleased', { flow, path, seconds, bytes: storedBytes, unreadBytes });
  }

  /** Finished files that are gone need not be told from their copies for ever. */
  #forget(listed: ReadonlySet<string>, nowMs: number): void {
    if (nowMs - this.#forgottenMs < FORGET_EVERY_MS) return;
    this.#forgottenMs = nowMs;
    const { wallMs, rememberMs } = this.#options;
    for (const generation of this.#finished) {
      if (generation.dirty || listed.has(generation.inodeKey) || wallMs() - generation.rowWallMs < rememberMs) continue;
      this.#finished.delete(generation);
      this.#removals.push(generation.number);
    }
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
    this.moves += 1;
    generation.state = 'finished';
    generation.missingSinceMs = undefined;
    generation.dirty = true;
    if (generation.storage !== 'plain') this.#copies.cover(generation);
    this.#finished.add(generation);
    this.#options.onFinished(generation);
  }
}
