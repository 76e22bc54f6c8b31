/**
 * Which lines the agent had to deliver. The answer depends on what the world did and on when the agent was up, never on
 * what the agent did.
 *
 * A line is owed under two conditions. Its file stood where the flow looks, while the agent ran and the disk was well, for
 * long enough to be found and held open. And after that, the process lived until the world let the bytes through.
 * Bytes that are cut off in place are owed only if everything was well for long enough before, or if a copy stayed.
 *
 * A rename is no excuse. A file that was rotated out of the flow's sight before anyone saw it is owed in two cases. An
 * older file of the same log was known: then the rotated file is found by its name and its times. Or nothing of the log
 * was there when the flow first looked: then every file with a rotated name of the log came since. Neither holds if the
 * clock was set, nor for a file to which a symbolic link led, because the name of such a file says nothing.
 */
import { limits } from '../../src/core/limits.ts';
import { dirname } from '../../src/core/paths.ts';
import { fileFaults, hintFaults, kinesisFaults, storeFaults, type FaultKind, type FaultPlan } from './fault-plan.ts';
import type { Holding, Place } from './ledger.ts';
import type { ContentLine } from './sim-content.ts';
import { COMMIT_LOSS_MS } from './sim-store.ts';

/** One run of the agent's process. */
export interface LifeSpan {
  readonly fromMs: number;
  toMs: number;
}

/** A new file is found within these times: by its hint, or else by a listing. */
const FOUND_BY_HINT_MS = 2000;
const FOUND_BY_LISTING_MS = 10_000;
/** Within this time of undisturbed running everything that was written is delivered. */
const DELIVERED_MS = 25_000;
/** Added for a copy that the flow does not list: a compressed one has to stay unchanged for a while before it is read. */
const COMPRESSED_FOUND_MS = 15_000;
/** A process makes its first look within this time if the disk is well. */
const FIRST_LOOK_MS = 500;
/** Rotated names count as new for a minute; here a little less, to be sure. */
const NEW_NAMES_MS = 55_000;
/** For so long after a log was found, the agent surely looks for files that were rotated before. */
const SOUGHT_MS = 10_000;
/** The coarsest tick of a file system's times (`stampTickMs` in scenario.ts). */
const DIRECTORY_TICK_MS = 2000;
/** Positions are stored once a second: what was known is stored within this time. */
const STORED_MS = 1500;

const HURTS_READING: readonly FaultKind[] = ['denied', 'too-many-open', 'stale-handle', 'io-error', 'slow-disk'];
/** Slow looks come rarely; a directory that may not be read cannot be watched; a watch that failed is not set again. */
const HURTS_HINTING: readonly FaultKind[] = ['slow-disk', 'denied', 'watch-limit'];
const REFUSES_STORING: readonly FaultKind[] = ['store-busy', 'store-full'];
/** Files to which the symbolic link of a log leads. Their names do not tell the log: what nobody saw through the link is never found. */
const LINKED = /\.data-\d+$/;
const HURTS_DELIVERY: readonly FaultKind[] = [...fileFaults, ...kinesisFaults];

export class Excuses {
  readonly #faults: FaultPlan;
  readonly #lives: readonly LifeSpan[];
  readonly #originals: (flow: string) => readonly Holding[];
  readonly #closesFiles: boolean;
  readonly #tellsBirth: boolean;
  readonly #overtaken = new Map<Holding, Set<string>>();

  /** `closesFiles`: fewer files may be open than there are. `tellsBirth`: the file system says when files were made. */
  constructor(options: { faults: FaultPlan; lives: readonly LifeSpan[]; originals: (flow: string) => readonly Holding[]; closesFiles: boolean; tellsBirth: boolean }) {
    this.#tellsBirth = options.tellsBirth;
    this.#closesFiles = options.closesFiles;
    this.#faults = options.faults;
    this.#lives = options.lives;
    this.#originals = options.originals;
  }

  /** Whether the line has to have been delivered by the end of the run. */
  owes(holding: Holding, line: ContentLine): boolean {
    if (this.isBeforeFirstLook(holding, line)) return false;
    const own = holding.places;
    if (own.some((place) => place.matched && this.#deliveredIn(place, line))) return true;
    const cutMs = holding.content.truncatedMs;
    const copies = holding.copies.filter((place) => place.coversBytes() >= line.end && isProvable(holding, place));
    if (cutMs !== undefined) return copies.some((place) => this.#holdsOn(holding, place, { line, fromMs: cutMs }));
    return [...own, ...copies].some((place) => this.#holdsOn(holding, place, { line, fromMs: place.fromMs }));
  }

  /** Whether the flow starts at END_OF_FILE, and the line may have stood there at its first look: then the line is not wanted. */
  isBeforeFirstLook(holding: Holding, line: ContentLine): boolean {
    return holding.flow.initialPosition === 'END_OF_FILE' && this.mayBeFirstSeen(line.firstByteMs);
  }

  /**
   * Whether `record`, which holds the line, may be accepted after its successor. One record of a file may, after a time in which
   * the service called every record invalid. The agent then sets the record aside and tries its successor, because only an accepted
   * successor shows that the record itself is bad. If the service becomes well between the two tries, the successor is accepted
   * before the record (seed 58030253). With a reshard, a lane of the old shards may have set aside a second record (seed 66920389).
   */
  mayBeOvertaken(holding: Holding, { line, record, nowMs }: { line: ContentLine; record: string; nowMs: number }): boolean {
    if (!this.#faults.windows('called-invalid').some(({ toMs }) => line.completedMs < toMs && nowMs >= toMs)) return false;
    const overtaken = this.#overtaken.get(holding) ?? new Set<string>();
    this.#overtaken.set(holding, overtaken.add(record));
    return overtaken.size <= (this.#faults.has('reshard') ? 2 : 1);
  }

  /** Whether what came at `atMs` may have been there at the flow's first look: the first one whose result was surely stored for good. */
  mayBeFirstSeen(atMs: number): boolean {
    for (const life of this.#lives) {
      const lookedMs = this.#calm(HURTS_READING, life.fromMs, life.toMs, FOUND_BY_LISTING_MS);
      if (lookedMs === undefined) continue;
      // If the store refuses commits and the process then crashes, the next life sees everything for the first time again.
      const storedMs = this.#calm(REFUSES_STORING, lookedMs, life.toMs, STORED_MS);
      const sure = storedMs !== undefined && storedMs + COMMIT_LOSS_MS < life.toMs;
      if (sure) return atMs < lookedMs;
    }
    return true;
  }

  /** Whether the world was well for long enough while the line stood at `place`. */
  #deliveredIn(place: Place, line: ContentLine): boolean {
    const fromMs = Math.max(place.fromMs, line.completedMs);
    return this.#lives.some((life) => this.#calm(HURTS_DELIVERY, Math.max(fromMs, life.fromMs), Math.min(place.toMs, life.toMs), DELIVERED_MS) !== undefined);
  }

  /** Whether some life of the agent found the bytes at `place` and lived until they were delivered. */
  #holdsOn(holding: Holding, place: Place, seen: { line: ContentLine; fromMs: number }): boolean {
    const { line } = seen;
    const bornMs = Math.max(seen.fromMs, place.fromMs, holding.content.firstByteMs ?? Infinity);
    if (line.completedMs > lastSight(holding)) return false;
    return this.#lives.some((life) => {
      let foundMs = this.#found(holding, place, { life, bornMs });
      if (foundMs === undefined) return false;
      if (!place.matched && !this.#knows(holding, life)) {
        const unseenMs = this.#foundUnseen(holding, place, life);
        if (unseenMs === undefined) return false;
        foundMs = Math.max(foundMs, unseenMs);
      }
      const throughMs = this.#calm(HURTS_DELIVERY, Math.max(foundMs, line.completedMs), life.toMs, DELIVERED_MS);
      if (throughMs === undefined) return false;
      if (place.toMs > throughMs) return true;
      // With these limits the agent gives up a deleted file that pins too much for too long.
      if (holding.flow.features.names.includes('deleted-bounds')) return false;
      // The agent may have closed a file that it had read to its end: then it has to notice the line itself.
      if (this.#closesFiles && this.#found(holding, place, { life, bornMs: Math.max(bornMs, line.completedMs) }) === undefined) return false;
      // A handle that the server forgets, or that was closed for want of handles, can be opened again only while the file has a name.
      return !this.#faults.overlaps(['stale-handle', 'too-many-open'], foundMs, throughMs);
    });
  }

  /** The latest time at which `life` finds a file that stands at `place` and is not empty since `bornMs`; undefined: maybe never. */
  #found(holding: Holding, place: Place, { life, bornMs }: { life: LifeSpan; bornMs: number }): number | undefined {
    const fromMs = Math.max(bornMs, life.fromMs);
    const toMs = Math.min(place.toMs, life.toMs);
    const byListing = this.#calm(HURTS_READING, fromMs, toMs, FOUND_BY_LISTING_MS);
    const byHint = this.#foundByHint(holding, place, { life, fromMs, toMs });
    if (byHint === undefined) return byListing;
    return byListing === undefined ? byHint : Math.min(byHint, byListing);
  }

  #foundByHint(holding: Holding, place: Place, { life, fromMs, toMs }: { life: LifeSpan; fromMs: number; toMs: number }): number | undefined {
    if (!holding.flow.hinted || HURTS_HINTING.some((kind) => this.#faults.has(kind))) return undefined;
    const kinds = [...HURTS_READING, ...hintFaults];
    const isTold = (atMs: number) => this.#calm(kinds, atMs, toMs, FOUND_BY_HINT_MS) === atMs + FOUND_BY_HINT_MS;
    // A write to a file behind a symbolic link changes another name. Only the change of the link itself gives a hint, once.
    if (holding.places.some(({ path }) => LINKED.test(path))) {
      const toldMs = Math.max(place.fromMs, life.fromMs);
      return isTold(toldMs) ? Math.max(fromMs, toldMs + FOUND_BY_HINT_MS) : undefined;
    }
    if (!this.#faults.has('hint-lost')) return this.#calm(kinds, fromMs, toMs, FOUND_BY_HINT_MS);
    // A lost hint does not come again: if the file does not change once more, only the next listing finds it.
    const changesMs = [fromMs, ...holding.content.lines.flatMap(({ firstByteMs, completedMs }) => [firstByteMs, completedMs])];
    const toldMs = changesMs.filter((atMs) => atMs >= fromMs && isTold(atMs));
    return toldMs.length === 0 ? undefined : Math.min(...toldMs) + FOUND_BY_HINT_MS;
  }

  /** The latest time at which a file that nobody saw under a matching name is found at `place`; undefined: maybe never. */
  #foundUnseen(holding: Holding, place: Place, life: LifeSpan): number | undefined {
    if (LINKED.test(place.path)) return undefined;
    const log = logOf(holding);
    const { bornMs } = holding.content;
    const ofLog = this.#originals(holding.flow.id).filter((other) => logOf(other) === log);
    if (this.#faults.has('clock-jump')) return undefined;
    const isKnown = ofLog.some((other) => other.content.bornMs < bornMs && this.#knows(other, life));
    const soughtMs = isKnown ? place.fromMs : (this.#soughtWithNew(holding, place, { life, ofLog }) ?? this.#soughtAsLate(holding, place, { life, ofLog }));
    if (soughtMs === undefined) return undefined;
    const lengthMs = FOUND_BY_LISTING_MS + (place.copy ? COMPRESSED_FOUND_MS : 0);
    return this.#calm(HURTS_READING, Math.max(place.fromMs, soughtMs, life.fromMs), Math.min(place.toMs, life.toMs), lengthMs);
  }

  /**
   * When the agent has found a file of a log and looks next to it for older ones; undefined: maybe never. It looks if no file of the
   * log was there at the first look of this life, and as long as the rotated names count as new.
   */
  #soughtWithNew(holding: Holding, place: Place, { life, ofLog }: { life: LifeSpan; ofLog: readonly Holding[] }): number | undefined {
    const log = logOf(holding);
    if (log === undefined || place.copy || dirname(place.path) !== dirname(log) || !holding.flow.hinted) return undefined;
    const lookedMs = this.#calm(HURTS_READING, life.fromMs, life.toMs, FIRST_LOOK_MS);
    const cameMs = Math.min(...ofLog.flatMap(({ places, copies }) => [...places, ...copies].map(({ fromMs }) => fromMs)));
    if (lookedMs === undefined || cameMs <= lookedMs) return undefined;
    const soughtMs = this.#youngerFoundMs(holding, { life, ofLog });
    return soughtMs < cameMs + NEW_NAMES_MS ? soughtMs : undefined;
  }

  /**
   * When the agent looks for files that came after a look into their directory that found nothing of their log, in this life or in an
   * earlier one; undefined: maybe never. It looks once a younger file of the log is found, or at once, where the file system tells
   * when files were made.
   */
  #soughtAsLate(holding: Holding, place: Place, { life, ofLog }: { life: LifeSpan; ofLog: readonly Holding[] }): number | undefined {
    if (!holding.flow.hinted || !this.#cameLate(ofLog, life)) return undefined;
    const youngerMs = this.#youngerFoundMs(holding, { life, ofLog });
    // The agent looks at that time, not at every later name.
    if (youngerMs < Infinity && place.fromMs < youngerMs + SOUGHT_MS) return youngerMs;
    // A copy, compressed or not, may have come from anywhere; an empty file says nothing.
    const isNextToLog = dirname(place.path) === dirname(logOf(holding) ?? '');
    return this.#tellsBirth && !place.copy && isNextToLog ? Math.max(place.fromMs, holding.content.firstByteMs ?? Infinity) : undefined;
  }

  /**
   * Whether every file of a log came after a look into its directory that this life knows of: its own first look, or an earlier life's
   * look that was stored for good. Lives may have run after the log came only where the file system tells when files were made: else
   * nobody can tell which of them such a life found.
   */
  #cameLate(ofLog: readonly Holding[], life: LifeSpan): boolean {
    const cameMs = Math.min(...ofLog.flatMap(({ places, copies }) => [...places, ...copies].map(({ fromMs }) => fromMs)));
    const lookedMs = this.#calm(HURTS_READING, life.fromMs, life.toMs, FIRST_LOOK_MS);
    if (lookedMs !== undefined && cameMs > lookedMs + DIRECTORY_TICK_MS) return true;
    const earlier = this.#lives.filter(({ fromMs }) => fromMs < life.fromMs);
    const before = this.#tellsBirth ? earlier.filter(({ toMs }) => toMs < cameMs) : earlier;
    const seen = before.some((one) => {
      const firstMs = this.#calm(HURTS_READING, one.fromMs, one.toMs, FIRST_LOOK_MS);
      const storedMs = firstMs === undefined ? undefined : this.#calm(REFUSES_STORING, firstMs, one.toMs, STORED_MS);
      return storedMs !== undefined && storedMs + COMMIT_LOSS_MS < one.toMs;
    });
    return seen && cameMs > Math.max(...before.map(({ toMs }) => toMs));
  }

  /** The latest time at which a younger file of the log is found under a matching name; Infinity: maybe never. */
  #youngerFoundMs(holding: Holding, { life, ofLog }: { life: LifeSpan; ofLog: readonly Holding[] }): number {
    const younger = ofLog.filter(({ content }) => content.bornMs > holding.content.bornMs);
    const found = younger.flatMap((other) => other.places.filter(({ matched }) => matched).map((at) => this.#found(other, at, { life, bornMs: Math.max(at.fromMs, other.content.firstByteMs ?? Infinity) })));
    return Math.min(...found.map((ms) => ms ?? Infinity));
  }

  /** Whether the content was surely found under a matching name, in this life or in an earlier one that stored it. */
  #knows(holding: Holding, life: LifeSpan): boolean {
    return holding.places.some(
      (place) =>
        place.matched &&
        this.#lives.some((earlier) => {
          if (earlier.fromMs > life.fromMs) return false;
          const bornMs = Math.max(place.fromMs, holding.content.firstByteMs ?? Infinity);
          const foundMs = this.#found(holding, place, { life: earlier, bornMs });
          if (foundMs === undefined) return false;
          if (earlier === life) return true;
          const storedMs = foundMs + STORED_MS + COMMIT_LOSS_MS;
          return storedMs < earlier.toMs && !this.#faults.overlaps(storeFaults, foundMs, earlier.toMs);
        }),
    );
  }

  /** The end of the first stretch of `lengthMs` between the two times that none of `kinds` touches. */
  #calm(kinds: readonly FaultKind[], fromMs: number, toMs: number, lengthMs: number): number | undefined {
    let startMs = fromMs;
    for (;;) {
      if (!(startMs + lengthMs <= toMs)) return undefined;
      const endMs = startMs + lengthMs;
      const disturbing = kinds.flatMap((kind) =>
        this.#faults.windows(kind).filter((window) => window.fromMs < endMs && startMs < window.toMs),
      );
      if (disturbing.length === 0) return endMs;
      startMs = Math.max(...disturbing.map((window) => window.toMs));
    }
  }
}

/** The path of the log: the first matching name of the content. */
function logOf(holding: Holding): string | undefined {
  return holding.places.find((place) => place.matched)?.path;
}

/**
 * Whether the agent can prove that `copy` is one. Where lines are joined, the last record waits for the next line and is not
 * read yet, but its bytes count in the head by which a small file is known. A copy made before these bytes were written
 * lacks a part of that head.
 */
function isProvable({ flow, content }: Holding, copy: Place): boolean {
  const proven = flow.features.framing === undefined || content.lengthBytes >= limits.headBytesMax;
  return proven || copy.coversBytes() === content.lengthBytes;
}

/** Until when new lines could be seen: the last time the file had any name. */
function lastSight(holding: Holding): number {
  return Math.max(...holding.places.map((place) => place.toMs), holding.content.truncatedMs ?? 0);
}
