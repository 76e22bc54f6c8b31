/**
 * File faults of one flow. Each concerns one path, is told once, and is taken back when the path can be read again. A fault that may
 * pass by itself is told when it does not.
 *
 * Invariant: nothing but a `FileFault` is held back; a fault never ends the flow's loop. A fault that did not come again for a few
 * looks is over, or its path is gone: it is forgotten, and would be told anew.
 */
import { FileFault } from '../core/errors.ts';
import type { Clock } from '../core/ports.ts';
import type { UnreadablePath } from '../core/status.ts';
import type { EventSink } from '../telemetry/events.ts';
import { isHidden } from './generation/rotation.ts';
import type { Listing } from './listing/discovery.ts';
import type { Looks } from './listing/looks.ts';
import { UnreadLogs } from './recognition/unread-logs.ts';

export interface FileFaultsOptions {
  readonly flow: string;
  readonly events: EventSink;
  readonly clock: Clock;
  readonly reconcileMs: number;
  readonly looks: Looks;
  /** Whether the file at the path is being read. */
  readonly isRead: (path: string) => boolean;
  /** Whether the flow lists a file of that name. */
  readonly lists: (path: string) => boolean;
  /** Called for a fault that passes by itself, without a hint when it does. */
  readonly onPassing: () => void;
}

export class FileFaults {
  readonly #options: FileFaultsOptions;
  readonly #told = new Map<string, Told>();
  /** When a file last waited because too many are open, as far as that was told. */
  #exhaustedMs = -Infinity;

  constructor(options: FileFaultsOptions) {
    this.#options = options;
  }

  /** The paths that cannot be read now. */
  unreadable(): readonly UnreadablePath[] {
    const { clock, looks } = this.#options;
    const nowMs = clock.monotonicMs();
    const told = [...this.#told].filter(([, { lastMs, isOver }]) => !isOver && !this.#isOld(lastMs, nowMs));
    return told.map(([path, { reason }]) => ({ path, reason, seconds: (nowMs - (looks.failingSinceMs(path) ?? nowMs)) / 1000 }));
  }

  /** Logs that cannot be read now, so that nobody knows which generations they hold. */
  unreadLogs(): UnreadLogs {
    const { clock, looks, isRead } = this.#options;
    return new UnreadLogs({ looks, isRead, nowMs: clock.monotonicMs() });
  }

  /**
   * The files were listed: tells what could not be read there. A file that could not be read before and is gone now is not waited
   * for: its rotated or compressed form can be all that is left of it.
   */
  listed(listing: Pick<Listing, 'files' | 'faults' | 'changedDirectories'>): void {
    for (const fault of listing.faults) this.tell(fault);
    for (const directory of listing.changedDirectories.keys()) this.#listedAgain(directory);
    const { looks, isRead, lists } = this.#options;
    const failing = [...looks.failing()].map(([path]) => path).filter((path) => lists(path) && !isRead(path) && !isHidden(path, listing) && this.#told.get(path)?.isOver !== true);
    if (failing.length === 0) return;
    const there = new Set(listing.files.map(({ path }) => path));
    for (const path of failing) if (!there.has(path)) this.#forget(path);
  }

  /** A look has ended: faults that did not come again for a few looks are forgotten. */
  lookedAt(nowMs: number): void {
    for (const [path, { lastMs }] of this.#told) if (this.#isOld(lastMs, nowMs)) this.#forget(path);
  }

  /**
   * Runs `action` on `path`. A `FileFault` is told, and the next look tries again. `action` resolves to false where it did not find
   * out whether the file at `path` can be read.
   */
  async guard(path: string, action: () => Promise<boolean | void>): Promise<void> {
    try {
      if ((await action()) === false) return;
    } catch (fault) {
      if (!(fault instanceof FileFault)) throw fault;
      this.tell(fault);
      return;
    }
    const told = this.#told.get(path);
    this.#forget(path);
    if (told?.isOver === false && told.isTold) this.#tellReadable(path);
  }

  /** The file at the path of the fault cannot be read now: tells that once. Too many open files may pass: that is told after `EXHAUSTED_MS`. */
  tell({ code, systemCode, path }: FileFault): void {
    // The file went between two looks: the next look knows what became of it.
    if (code === 'not-found') return;
    // What a person has to set right is looked at as often as everything else.
    if (code !== 'denied' && code !== 'foreign') this.#options.onPassing();
    // The server has forgotten the handle, not the file. It is opened anew as long as it has a name, which may not be long.
    if (code === 'stale') return;
    const { events, flow, clock, looks } = this.#options;
    const nowMs = clock.monotonicMs();
    const isPassing = code === 'too-many-open' && nowMs - (looks.failingSinceMs(path) ?? nowMs) < EXHAUSTED_MS;
    const before = this.#told.get(path);
    if (before !== undefined && this.#isOld(before.lastMs, nowMs)) this.#forget(path);
    const known = this.#told.get(path);
    looks.failed(path, nowMs);
    this.#told.set(path, { reason: systemCode, lastMs: nowMs, isOver: false, isTold: known?.isTold === true || !isPassing });
    if (isPassing) return;
    if (code === 'too-many-open') this.#tellExhausted(path, nowMs);
    else if (known?.reason !== systemCode || known.isOver) events.emit('fileUnreadable', { flow, path, reason: systemCode });
  }

  /** Too many open files are one cause: it is told once, however many files wait. */
  #tellExhausted(path: string, nowMs: number): void {
    const { events, flow } = this.#options;
    if (this.#isOld(this.#exhaustedMs, nowMs)) events.emit('openFilesExhausted', { flow, path });
    this.#exhaustedMs = nowMs;
  }

  #isOld(lastMs: number, nowMs: number): boolean {
    return lastMs < nowMs - FORGOTTEN_AFTER_LOOKS * this.#options.reconcileMs;
  }

  /** `Looks` keeps the fault for a while: it tells since when a file that appears in the directory now may have been there. */
  #listedAgain(directory: string): void {
    const told = this.#told.get(directory);
    if (told === undefined || told.isOver) return;
    this.#told.set(directory, { ...told, isOver: true });
    if (told.isTold) this.#tellReadable(directory);
  }

  #tellReadable(path: string): void {
    const { events, flow } = this.#options;
    events.emit('fileReadableAgain', { flow, path });
  }

  #forget(path: string): void {
    this.#options.looks.readable(path);
    this.#told.delete(path);
  }
}

/** What was told of a path. */
interface Told {
  /** The reason, as the system names it. */
  readonly reason: string;
  readonly lastMs: number;
  /** It was told that the path can be read again. */
  readonly isOver: boolean;
  /** False: the fault stands in the status only, because it may pass by itself. */
  readonly isTold: boolean;
}

const FORGOTTEN_AFTER_LOOKS = 3;
/** Where thousands of files come at once, some wait so long until others are read, delivered and closed: nobody has to act. */
const EXHAUSTED_MS = 10_000;
