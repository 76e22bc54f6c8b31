/**
 * What one flow knows of its files: the generations being read, those whose file is missing, and those that are
 * finished and remembered so that no copy of them is sent again. In file-judge.ts it is told what a file is, in generation-courses.ts what
 * becomes of its generation then.
 */
import type { Now } from '../core/ports.ts';
import { isLongerThan } from './content/content-proof.ts';
import { type OpenContent, statOrNothing } from './content/content.ts';
import { inodeKey } from './content/file-identity.ts';
import { FileJudge } from './file-judge.ts';
import type { Generation } from './generation/generation.ts';
import { HandleRoom } from './generation/handle-room.ts';
import { KnownGenerations } from './generation/known-generations.ts';
import { isSameInode } from './generation/lineage.ts';
import { type ChangedRows, changedRows, markChanged, rowOf } from './generation/rows.ts';
import { GenerationCourses } from './generation-courses.ts';
import type { GenerationsOptions } from './generations-options.ts';
import type { FoundFile, Listing } from './listing/discovery.ts';
import { SeenDirectories } from './listing/seen-directories.ts';
import { Births } from './recognition/births.ts';
import { byClaim } from './recognition/claims.ts';
import { Copies } from './recognition/copies.ts';
import { takeHandles } from './recognition/handover.ts';
import { UndecidedFiles } from './recognition/undecided-files.ts';
import { Recognition } from './recognition/recognition.ts';
import type { Remembered } from './recognition/remembered.ts';
import { UnreadForms } from './recognition/unread-forms.ts';
import { SearchSpaces } from './search/search-space.ts';
import { findMissing, isSearchedLong } from './search/search.ts';
import { Unseen } from './search/unseen.ts';

export class Generations {
  readonly #options: GenerationsOptions;
  readonly #known: KnownGenerations;
  readonly #changed = new Set<Generation>();
  readonly #open = new Set<Generation>();
  readonly room: HandleRoom;
  readonly #unseen: Unseen;
  readonly #copies: Copies;
  readonly #undecided: UndecidedFiles;
  readonly #unread: UnreadForms;
  readonly directories: SeenDirectories;
  readonly #births: Births;
  readonly #recognition: Recognition;
  readonly #spaces: SearchSpaces;
  readonly #courses: GenerationCourses;
  readonly judge: FileJudge;

  constructor(options: GenerationsOptions, remembered: Remembered) {
    this.#options = options;
    this.#known = new KnownGenerations(options);
    this.room = new HandleRoom(this.#open, options);
    this.#births = new Births({ ...options, changed: this.#changed, open: this.#open }, (stat) => this.#known.wereReadFrom(stat), remembered.inherited?.sights);
    this.directories = new SeenDirectories(remembered.directories);
    this.#unseen = new Unseen({ ...options, files: options.content.files, directories: this.directories, memory: remembered.inherited?.unseen });
    this.#unread = new UnreadForms(this.#unseen.logNames);
    this.#copies = new Copies(options.content);
    this.#spaces = new SearchSpaces(options.content.files, options.rotated);
    this.#courses = new GenerationCourses({ known: this.#known, room: this.room, births: this.#births, unseen: this.#unseen, copies: this.#copies, unread: this.#unread }, options);
    const { inherited } = remembered;
    this.#undecided = inherited?.undecided ?? new UndecidedFiles();
    const { lists } = options;
    this.#recognition = new Recognition({ known: this.#known, copies: this.#copies, undecided: this.#undecided, births: this.#births, lists });
    this.judge = new FileJudge({ known: this.#known, recognition: this.#recognition, births: this.#births, copies: this.#copies, undecided: this.#undecided, unread: this.#unread, unseen: this.#unseen, courses: this.#courses }, options);
    for (const row of byClaim(remembered)) this.#courses.remember(row, inherited);
    if (inherited === undefined) return;
    this.directories.restore(remembered.directories);
    this.#copies.inherit(inherited.copies, [...this.#known]);
  }

  /** How often a generation was taken up, given up or finished. */
  get moves(): number {
    return this.#courses.moves;
  }

  get finished(): Iterable<Generation> {
    return this.#known.finished;
  }

  live(): Iterable<Generation> {
    return this.#known.live;
  }

  /** Missing generations: those with the longest head first. */
  missing(): readonly Generation[] {
    return [...this.#known.missing].sort((a, b) => b.head.lengthBytes - a.head.lengthBytes);
  }

  /** Closes every handle. */
  async close(): Promise<void> {
    for (const generation of this.#known.live) await generation.close();
    await this.#undecided.close();
  }

  /** All live and missing generations. */
  all(): readonly Generation[] {
    return [...this.#known.live, ...this.#known.missing];
  }

  at(path: string): Generation | undefined {
    return this.#known.live.at(path);
  }

  /** Whether `file` repeats what another generation delivers. */
  isCopy(file: FoundFile): boolean {
    return this.#copies.has(file);
  }

  /** Rows that changed since the last call; `restore` them if they could not be stored. `last`: includes what could wait longer. */
  takeRows(now: Now, { last = false } = {}): ChangedRows {
    const rows = { upserts: changedRows(this.#changed, this.#known, now), removals: this.#known.finished.takeRemovals() };
    return { ...rows, directories: this.directories.take(last || rows.upserts.length > 0 || rows.removals.length > 0) };
  }

  /** Everything known, and every open file, for a successor in this process. The successor owns them from now on. */
  handOver(now: Now): Omit<Remembered, 'lookedWallMs'> {
    const handles = takeHandles(this.#known.live, this.#known.missing);
    const known = [...this.#known].filter((generation) => generation.storable);
    const rows = known.map((generation) => rowOf(generation, now));
    const inherited = { handles, undecided: this.#undecided, copies: this.#copies.memory, unseen: this.#unseen.memory, sights: this.#births.sights };
    return { rows, directories: this.directories.all(), inherited };
  }

  /** Takes back what `takeRows` gave and could not be stored. */
  restore({ upserts, removals, directories }: ChangedRows): void {
    markChanged(this.#known, upserts);
    this.#known.finished.restoreRemovals(removals);
    this.directories.restore(directories);
  }

  /** The generation's file is listed as `file`. */
  moved(generation: Generation, { path, stat }: FoundFile, nowMs: number): void {
    generation.outOfPattern = false;
    if (path === generation.originalPath) generation.placedMs = stat.modifiedMs;
    if (generation.path === path) return;
    if (generation.path === generation.originalPath) this.#unseen.left(generation, nowMs);
    this.#options.events.emit('fileRotated', { flow: generation.flow, path: generation.path, to: path });
    this.#known.live.move(generation, path);
    generation.state = path === generation.originalPath ? 'active' : 'rotated';
    generation.dirty = true;
  }

  /** No listed name leads to the file any more. True: its open handle has more to read. `now` is asked again: the handle can be slow. */
  async absent(generation: Generation, now: () => Now): Promise<boolean> {
    const { nowMs } = now();
    if (generation.state === 'active') generation.quietFrom(nowMs);
    generation.state = 'rotated';
    if (!generation.outOfPattern && generation.path === generation.originalPath) this.#unseen.left(generation, nowMs);
    generation.outOfPattern = true;
    const stat = await generation.statOpen();
    if (stat === undefined) {
      this.#courses.lose(generation, nowMs);
      return false;
    }
    generation.see(stat, now(), nowMs);
    return generation.unreadBytes > 0;
  }

  /** The generation's inode holds other bytes now; `FileJudge.tookPlace` tells whose. */
  async replaced(generation: Generation, path: string, nowMs: number): Promise<void> {
    await generation.close();
    const stat = await statOrNothing(this.#options.content.files, path);
    const { flow, position } = generation;
    // Nothing is lost of a file that never had a byte, and files of /proc are replaced at every look.
    const hadBytes = position > 0 || generation.sizeBytes > 0;
    if (hadBytes) this.#options.events.emit('fileTruncated', { flow, path, position, sizeBytes: stat?.sizeBytes ?? 0 });
    const isCut = stat !== undefined && inodeKey(stat) === generation.inodeKey && isSameInode(stat, generation);
    generation.replaced(isCut ? this.#options.wallMs() : undefined);
    generation.state = 'rotated';
    if (generation.path === generation.originalPath) this.#unseen.left(generation, nowMs);
    this.#courses.lose(generation, nowMs);
  }

  /**
   * Searches for a missing generation under other names. Returns what is to be read in the file where it was found (see `#restIn`).
   * After a long enough search gives the generation up: its rest counts as lost. Rejects with a `FileFault` where it was not found and a
   * file that may hold it cannot be read; it is not given up then.
   */
  async search(generation: Generation, nowMs: number): Promise<Generation | undefined> {
    if (!this.#known.missing.has(generation)) return undefined;
    // Where only its inode number is known, a file at a known log's path may have got that number anew: the next look tells.
    const isPlace = (path: string) => generation.head.lengthBytes === 0 && this.at(path) !== undefined;
    const isTaken = ({ path, stat }: FoundFile) => this.#known.isIn(stat) || this.#copies.isOfOther(stat, generation) || isPlace(path);
    const space = this.#spaces.for(generation, nowMs);
    const isAnothers = (file: OpenContent) => this.#recognition.isAnothers(file, generation);
    const isCopy = (file: OpenContent) => this.#recognition.isCopyOfCut(file, generation);
    const { logNames } = this.#unseen;
    const options = { space, isTaken, logNames, isAnothers, isCopy };
    const found = await findMissing(this.#options.content, generation, options);
    if (found?.kind === 'unread') {
      generation.hinderedMs = nowMs;
      throw found.fault;
    }
    if (found?.kind === 'rest') return this.#followAs(found.content, nowMs, (content) => this.#restIn(content, generation, nowMs));
    if (found !== undefined) await this.#followAs(found.content, nowMs, (content) => this.#recognition.asCopyOf(content, generation, nowMs));
    const isSought = generation.tracker.pendingBytes > 0 || !isSearchedLong(generation, space.sinceMs);
    if (!isSought && !this.#undecided.mayHold(generation, nowMs) && !this.#unread.mayRepeat(generation, nowMs)) this.#courses.giveUp(generation);
    return undefined;
  }

  /** Follows the generation that `make` makes of `content`. Closes `content` where that fails. */
  async #followAs(content: OpenContent, nowMs: number, make: (content: OpenContent) => Promise<Generation>): Promise<Generation> {
    try {
      const generation = await make(content);
      this.#courses.follow(generation, content, nowMs);
      return generation;
    } catch (fault) {
      await content.handle.close();
      throw fault;
    }
  }

  /** Lets go of generations that are over: see `GenerationCourses.retire`. */
  retire(nowMs: number, listing: Listing): Promise<void> {
    this.#births.sights.forgetAllBut(listing.inodeKeys, this.#undecided);
    return this.#courses.retire(nowMs, listing);
  }

  /** What is to be read in a file that holds the missing generation: see `Recognition.restIn`. */
  async #restIn(content: OpenContent, generation: Generation, nowMs: number): Promise<Generation> {
    const { flow, path: from, position } = generation;
    const rest = await this.#recognition.restIn(content, generation, nowMs);
    // Each start also searches for files that are where they were, and for delivered ones: to find those is no news.
    const goesOn = async () => (content.storage === 'plain' ? content.stat.sizeBytes > position : isLongerThan(content.handle, position));
    const isNews = rest === generation && content.path !== from && (await goesOn());
    if (isNews) this.#options.events.emit('fileContinued', { flow, path: content.path, from, position });
    this.#copies.forget(content.stat);
    return rest;
  }
}
