/**
 * Follows every file of one flow: finds them, tells rotation from new files, and reads whichever has something new,
 * one read at a time and in turn.
 *
 * One loop owns all state, so a look at the directories and a read never interleave. It waits for the byte budget
 * without holding up the looking: while a stream is throttled, rotated files are still found and held open.
 * Invariant: every byte of every generation is handed to the pipeline, or counted with a reason, exactly once a run.
 */
import { FileFault } from '../core/errors.ts';
import type { FileSystem } from '../core/ports.ts';
import type { UnreadablePath } from '../core/status.ts';
import { Wakeup } from '../core/wakeup.ts';
import type { EventSink } from '../telemetry/events.ts';
import type { LoopBeat } from '../telemetry/loop-watch.ts';
import type { AfterDelivery } from './after-delivery.ts';
import { ChangedFiles } from './changed-files.ts';
import type { ContentFiles } from './content/content.ts';
import { inodeKey } from './content/file-identity.ts';
import { FileFaults } from './file-faults.ts';
import type { Generation } from './generation/generation.ts';
import { changesAmong, changesSince, isCutOrReused, isHidden, isSettled, unreadPaths, type Change } from './generation/rotation.ts';
import type { Generations } from './generations.ts';
import type { Discovery, FoundFile, Listing } from './listing/discovery.ts';
import { LookSchedule } from './listing/look-schedule.ts';
import type { Looks } from './listing/looks.ts';
import { type FirstLook, NOT_FIRST } from './listing/seen-directories.ts';
import { WatchedDirectories } from './listing/watched-directories.ts';
import { type HintedPath, HintedPaths } from './reading/hinted-paths.ts';
import { Reader, type ReaderOptions } from './reading/reader.ts';
import { RecentFiles, type RecentFilesOptions } from './reading/recent-files.ts';
import type { SetBacks } from './reading/set-backs.ts';

export interface FlowTailOptions extends Omit<RecentFilesOptions, 'wallMs'>, Omit<ReaderOptions, 'signal' | 'onGiven' | 'onReplaced' | 'onCompressed'> {
  readonly flow: string;
  readonly files: FileSystem;
  readonly events: EventSink;
  readonly beat: LoopBeat;
  readonly discovery: Discovery;
  readonly content: ContentFiles;
  readonly generations: Generations;
  readonly looks: Looks;
  readonly setBacks: SetBacks;
  /** Undefined: delivered files stay. */
  readonly afterDelivery: AfterDelivery | undefined;
  readonly reconcileMs: number;
  /** A file is not looked at again sooner than this for being written to. */
  readonly hintPaceMs: number;
}

export class FlowTail {
  readonly #options: FlowTailOptions;
  readonly #wakeup: Wakeup;
  readonly #stop = new AbortController();
  readonly #reader: Reader;
  readonly #faults: FileFaults;
  readonly #changed: ChangedFiles;
  readonly #watched: WatchedDirectories;
  readonly #schedule: LookSchedule;
  readonly #recent: RecentFiles;
  readonly #hinted: HintedPaths;
  /** `Generations.moves` at the last look. */
  #moves = -1;
  #firstLook = true;
  #overflowTold = false;
  #paused: PromiseWithResolvers<void> | undefined;
  readonly #looked = Promise.withResolvers<void>();
  #running: Promise<void> | undefined;

  constructor(options: FlowTailOptions) {
    this.#options = options;
    this.#wakeup = new Wakeup(options.clock);
    this.#hinted = new HintedPaths({ ...options, isRead: (path) => options.generations.at(path) !== undefined });
    this.#reader = new Reader({
      ...options,
      signal: this.#stop.signal,
      onGiven: () => this.#wakeup.notify(),
      onReplaced: (generation) => this.#changed.replaced(generation),
      onCompressed: (generation) => this.#changed.retell(generation),
    });
    this.#faults = new FileFaults({ ...options, isRead: (path) => options.generations.at(path) !== undefined, lists: (path) => options.discovery.lists(path), onPassing: () => this.#schedule.retry(options.clock.monotonicMs()) });
    this.#changed = new ChangedFiles({ ...options, reader: this.#reader, faults: this.#faults, signal: this.#stop.signal });
    this.#schedule = new LookSchedule(options.reconcileMs);
    this.#recent = new RecentFiles({ ...options, wallMs: () => options.clock.wallMs() });
    this.#watched = new WatchedDirectories({
      ...options,
      onHint: (path, heldMs) => this.#hint(path, heldMs),
      onFault: () => this.#schedule.hintsFail(),
    });
  }

  /** Starts the loop: each generation is read on from its position. */
  start(): void {
    this.#running = this.#run();
  }

  /**
   * Ends reading but goes on looking, so that files which are rotated away meanwhile are held open. Resolves when no read is
   * under way. Call `stop` or `release` afterwards.
   */
  async pause(): Promise<void> {
    this.#paused = Promise.withResolvers<void>();
    this.#reader.pause();
    this.#wakeup.notify();
    await Promise.race([this.#paused.promise, this.#running]);
  }

  /** Stops; resolves when the loop has ended. What was handed on goes its way. Handles are closed. */
  async stop(): Promise<void> {
    await this.release();
    await this.#options.generations.close();
  }

  /** Stops; resolves when the loop has ended. Files stay open: `Generations.handOver` gives them away. */
  async release(): Promise<void> {
    this.#stop.abort();
    this.#wakeup.notify();
    await this.#running;
    this.#options.beat.end();
    await this.#watched.close();
  }

  /** Resolves when the files were looked at for the first time. */
  get looked(): Promise<void> {
    return this.#looked.promise;
  }

  /** Files and directories that cannot be read now. */
  get unreadable(): readonly UnreadablePath[] {
    return this.#faults.unreadable();
  }

  /** Nothing that is known waits to be read. */
  get idle(): boolean {
    return !this.#firstLook && this.#reader.waiting === 0;
  }

  async #run(): Promise<void> {
    const { clock, generations } = this.#options;
    while (!this.#stop.signal.aborted) {
      this.#options.beat.beat();
      const nowMs = clock.monotonicMs();
      this.#paused?.resolve();
      this.#reader.wake(nowMs);
      if (nowMs >= this.#schedule.dueMs) await this.#look();
      else if (this.#hinted.isDue(this.#reader.canRead())) await this.#followHints();
      else if (nowMs >= generations.room.dueMs) await generations.room.make(nowMs);
      else if (this.#reader.storeCuts(nowMs)) continue;
      else if (this.#reader.canRead()) await this.#readNext();
      else {
        this.#reader.rest();
        await this.#wakeup.wait(Math.max(1, Math.min(this.#schedule.dueMs, this.#reader.dueMs, generations.room.dueMs) - nowMs));
      }
    }
    this.#reader.end();
  }

  // Looking.

  async #look(): Promise<void> {
    const { discovery, generations, looks, clock, afterDelivery, reconcileMs } = this.#options;
    const nowMs = clock.monotonicMs();
    this.#options.setBacks.notice({ nowMs, wallMs: clock.wallMs() });
    const scope = this.#schedule.begin(nowMs);
    if (scope.kind === 'everything') this.#hinted.clear();
    const listing = await discovery.look({
      scope,
      nowMs,
      wallMs: clock.wallMs(),
      intervalMsMin: reconcileMs,
      unsettled: unreadPaths(generations),
      isSettled: (file) => isSettled(generations, file),
      reconsider: generations.moves !== this.#moves,
    });
    const first: FirstLook = generations.directories.look(listing);
    this.#faults.listed(listing);
    looks.came(generations.live(), clock.monotonicMs());
    this.#watched.follow(listing);
    const changes = this.#changes(listing);
    const appeared: FoundFile[] = [];
    for (const change of changes) {
      if (change.kind === 'appeared') appeared.push(change.file);
      else if (!this.#stop.signal.aborted) await this.#changed.apply(change, listing, this.#schedule.begunMs);
    }
    if (!this.#stop.signal.aborted) await this.#openRecent(listing);
    await this.#faults.guard('', () => generations.judge.readUndecided(listing, clock.monotonicMs(), this.#faults.unreadLogs()));
    await this.#changed.judge(appeared, first);
    if (this.#stop.signal.aborted) return;
    for (const generation of generations.missing()) if (generation.head.lengthBytes > 0) await this.#changed.search(generation);
    await this.#changed.findUnseen(listing);
    // Last, generations without a head: only an inode number is known. A file with a log's rotated name goes to that log first.
    for (const generation of generations.missing()) if (generation.head.lengthBytes === 0) await this.#changed.search(generation);
    await this.#faults.guard('', () => generations.retire(clock.monotonicMs(), listing));
    if (afterDelivery !== undefined) await afterDelivery.look([...generations.live(), ...generations.finished], listing, clock.monotonicMs());
    if (first.any) this.#options.commitNow();
    if (scope.kind !== 'hinted') looks.ended(nowMs);
    this.#firstLook = false;
    this.#looked.resolve();
    this.#faults.lookedAt(clock.monotonicMs());
    this.#schedule.end(clock.monotonicMs(), !listing.changed && this.#isQuiet());
  }

  /** Whether every file is where it was, and read to its end. */
  #isQuiet(): boolean {
    const { generations } = this.#options;
    if (!this.#reader.isDone || generations.missing().length > 0) return false;
    for (const generation of generations.live()) if (generation.outOfPattern || generation.unreadBytes > 0) return false;
    return true;
  }

  #changes(listing: Listing): readonly Change[] {
    const { generations } = this.#options;
    const asBefore = !listing.changed && generations.moves === this.#moves;
    this.#moves = generations.moves;
    return (asBefore ? changesAmong(generations, listing) : undefined) ?? changesSince(generations.live(), listing);
  }

  #openRecent(listing: Listing): Promise<void> {
    const open = (one: Generation) => this.#faults.guard(one.path, () => this.#changed.prove(one));
    return this.#recent.open(this.#options.generations.live(), { isHidden: ({ path }) => isHidden(path, listing), open });
  }

  async #readNext(): Promise<void> {
    const { generations, clock } = this.#options;
    this.#hinted.wasRead();
    const turn = this.#reader.take();
    if (turn === undefined) return;
    if (turn.generation.handle === undefined && generations.room.isFull) await generations.room.make(clock.monotonicMs());
    await this.#faults.guard(turn.generation.path, () => this.#reader.read(turn));
    await this.#changed.judge([], NOT_FIRST);
  }

  // Hints.

  #hint(path: string | undefined, heldMs: number): void {
    if (path === undefined) this.#overflowed();
    else this.#hinted.add(path, this.#options.clock.monotonicMs() - heldMs);
    this.#wakeup.notify();
  }

  async #followHints(): Promise<void> {
    const { generations, clock } = this.#options;
    // Before any of the paths is asked: a file that is known to have grown is not closed.
    const opensOne = generations.room.isFull && this.#hinted.next().some((path) => generations.at(path)?.handle === undefined);
    if (opensOne) await generations.room.make(clock.monotonicMs());
    for (const hinted of await this.#hinted.take(this.#reader.waiting)) await this.#followHint(hinted);
  }

  /** A known file that grew is read. Any other hint is a reason to look at its directory. */
  async #followHint({ path, seen }: HintedPath): Promise<void> {
    const { generations, discovery } = this.#options;
    const generation = generations.at(path);
    if (generation === undefined && !discovery.concerns(path)) return;
    const same = seen !== undefined && inodeKey(seen.stat) === generation?.inodeKey && !isCutOrReused(generation, { path, stat: seen.stat });
    if (!same) return this.#lookSoon(path);
    try {
      await this.#changed.seen(generation, path, seen);
      await this.#changed.judge([], NOT_FIRST);
    } catch (fault) {
      if (!(fault instanceof FileFault)) throw fault;
      this.#lookSoon(path);
    }
  }

  #lookSoon(path: string | undefined): void {
    this.#schedule.hint(path, this.#options.clock.monotonicMs());
  }

  /** Some hints were lost: nobody knows which. */
  #overflowed(): void {
    if (!this.#overflowTold) this.#options.events.emit('hintsOverflowed', { flow: this.#options.flow });
    this.#overflowTold = true;
    this.#lookSoon(undefined);
  }
}
