/**
 * What becomes of files that are done with: deleted or moved, where the config says so.
 *
 * Invariant: a file is touched only if it was rotated away or a file of a later date supersedes it, if it has one name, if its last
 * byte is resolved and stored as such, if its content is proved, and if it did not change for the grace time. It is renamed before the
 * last check, so that a rotation in between cannot slip another file under its name. The new name is in the same directory
 * (`app.log.1.kinship-INODE`): if the process ends in between, a file that nobody has read is still among the logs.
 */
import { FileFault } from '../core/errors.ts';
import { basename, dirname, join } from '../core/paths.ts';
import type { FileStat } from '../core/ports.ts';
import { writeHint } from '../core/write-hint.ts';
import type { EventSink } from '../telemetry/events.ts';
import { isSameContent } from './content/content-proof.ts';
import { type ContentFiles, openContent } from './content/content.ts';
import { inodeKey } from './content/file-identity.ts';
import type { Generation } from './generation/generation.ts';
import { canBeCopyOf } from './generation/rotation.ts';
import { isStill } from './generation/still-proof.ts';
import { DatedNames } from './listing/dated-names.ts';
import type { FoundFile, Listing } from './listing/discovery.ts';

export interface AfterDeliveryOptions {
  readonly flow: string;
  readonly content: ContentFiles;
  readonly events: EventSink;
  /** A directory on the file system of the logs; undefined: files are deleted. */
  readonly moveTo: string | undefined;
  readonly graceMs: number;
}

interface Unchanged {
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  readonly sinceMs: number;
}

/** What else is listed beside the file that is judged. */
interface Others {
  /** The paths that are written to. */
  readonly live: readonly string[];
  readonly dated: DatedNames;
}

/**
 * Whether nothing of `file` is wanted any more, as far as a listing tells. A file counts as rotated if it was seen under another
 * name, if it is compressed, if its name says so, or if its name has a date and another file's name a later one.
 */
export function isDoneWith(generation: Generation, file: FoundFile, { live, dated }: Others): boolean {
  const { path, stat } = file;
  const { tracker, state, storage, storedBytes, originalPath } = generation;
  if (!isUnchanged(generation, stat) || generation.dirty || generation.partial || tracker.pendingBytes > 0) return false;
  const renamed = path !== originalPath;
  if (state === 'rotated') return renamed && storage === 'plain' && generation.unreadBytes === 0;
  if (state === 'active') return storage === 'plain' && tracker.watermark >= storedBytes && isSuperseded(generation, file, dated);
  if (storage !== 'plain') return true;
  return tracker.watermark >= storedBytes && (renamed || isSuperseded(generation, file, dated) || live.some((other) => canBeCopyOf(path, other)));
}

/** Whether a file of a later date took over. Never true of a file of which nothing was wanted (`initialPosition`). */
function isSuperseded({ beganBytes, storedBytes }: Generation, file: FoundFile, dated: DatedNames): boolean {
  return beganBytes !== undefined && (beganBytes === 0 || beganBytes < storedBytes) && dated.supersede(file);
}

/** Whether `stat` is of the generation's file, unchanged since it was looked at last, and the file has no other name. */
function isUnchanged(generation: Generation, stat: FileStat): boolean {
  const { storedBytes, modifiedMs } = generation;
  const same = inodeKey(stat) === generation.inodeKey && stat.linkCount === 1;
  return same && stat.sizeBytes === storedBytes && stat.modifiedMs === modifiedMs;
}

export class AfterDelivery {
  /** Paths that files are being moved to now, by any flow. */
  static readonly #targets = new Set<string>();
  readonly #options: AfterDeliveryOptions;
  /** By generation number: files that are done with, and since when they have not changed. */
  #unchanged = new Map<number, Unchanged>();
  /** The dated names of the last listing that had changed. */
  #dated: DatedNames | undefined;

  constructor(options: AfterDeliveryOptions) {
    this.#options = options;
  }

  /** Disposes of the files among `generations` that are due. `nowMs`: monotonic. Never rejects with a `FileFault`. */
  async look(generations: Iterable<Generation>, listing: Listing, nowMs: number): Promise<void> {
    const known = [...generations];
    const dated = listing.changed ? new DatedNames(listing.files) : (this.#dated ??= new DatedNames(listing.files));
    this.#dated = dated;
    if (!dated.any && known.every((generation) => generation.state === 'active')) {
      this.#unchanged = new Map();
      return;
    }
    const files = onlyNames(listing.files);
    const live = known.filter((generation) => generation.state === 'active').map((generation) => generation.path);
    const unchanged = new Map<number, Unchanged>();
    for (const generation of known) {
      const file = files.get(generation.inodeKey);
      if (file === undefined || dirname(file.path) === this.#options.moveTo || !isDoneWith(generation, file, { live, dated })) continue;
      const { sizeBytes, modifiedMs } = file.stat;
      const before = this.#unchanged.get(generation.number);
      const same = before !== undefined && before.sizeBytes === sizeBytes && before.modifiedMs === modifiedMs;
      const due = same && nowMs - before.sinceMs >= this.#options.graceMs;
      // A disposal that fails is tried again after the same time.
      unchanged.set(generation.number, same && !due ? before : { sizeBytes, modifiedMs, sinceMs: nowMs });
      if (due) await this.#dispose(generation, file);
    }
    this.#unchanged = unchanged;
  }

  async #dispose(generation: Generation, file: FoundFile): Promise<void> {
    const { moveTo, flow, events } = this.#options;
    const { path } = file;
    try {
      const { files } = this.#options.content;
      if (moveTo !== undefined) await this.#refuseOtherDevice(path, moveTo);
      if (!(await this.#isProven(generation, path)) || !(await this.#isNoLink(generation, path))) return;
      if (moveTo === undefined) {
        if (!(await this.#take(generation, path, (beside) => files.unlink(beside)))) return;
        events.emit('deliveredFileDeleted', { flow, path, bytes: generation.storedBytes });
        return;
      }
      const target = await this.#reserveName(generation, file, moveTo);
      try {
        if (!(await this.#take(generation, path, (beside) => files.rename(beside, target)))) return;
        events.emit('deliveredFileMoved', { flow, path, to: target });
      } finally {
        AfterDelivery.#targets.delete(target);
      }
    } catch (fault) {
      if (!(fault instanceof FileFault)) throw fault;
      // Renamed or deleted by someone else: the next look knows.
      if (fault.code === 'not-found' && fault.path !== moveTo) return;
      events.emit('afterDeliveryFailed', { flow, path, reason: fault.systemCode, hint: hintFor(fault, path, moveTo) });
    }
  }

  /**
   * Refuses early a file that cannot be moved, so that it is not renamed to and fro at every look. Directories are compared: on an overlay,
   * as in containers, a file can have another device than its directory (Linux, filesystems/overlayfs, "Inode properties").
   */
  async #refuseOtherDevice(path: string, moveTo: string): Promise<void> {
    const { files } = this.#options.content;
    const [from, to] = [await files.stat(dirname(path)), await files.stat(moveTo)];
    if (from.device !== to.device) throw new FileFault({ code: 'other', systemCode: 'EXDEV', path: moveTo });
  }

  /** Renames `path` to a name beside it and calls `dispose` with that name. False: it was another file, and it is back in its place. */
  async #take(generation: Generation, path: string, dispose: (beside: string) => Promise<void>): Promise<boolean> {
    const { files } = this.#options.content;
    const beside = nameBeside(path, generation);
    await files.rename(path, beside);
    try {
      if (isUnchanged(generation, await files.stat(beside))) {
        await dispose(beside);
        return true;
      }
    } catch (fault) {
      await this.#putBack(path, beside);
      throw fault;
    }
    await this.#putBack(path, beside);
    return false;
  }

  /** If its place was taken meanwhile, the file stays beside it. It may be one that nobody has read; the flow finds it there. */
  async #putBack(path: string, beside: string): Promise<void> {
    const { files } = this.#options.content;
    const names = new Set((await files.list(dirname(path))).map((entry) => entry.name));
    if (!names.has(basename(path))) await files.rename(beside, path);
  }

  /** Whether the file holds the generation. One that is still followed keeps its handle: what is written to the deleted file is read. */
  async #isProven(generation: Generation, path: string): Promise<boolean> {
    if (generation.state !== 'finished') return generation.path === path && isStill(generation, this.#options.content);
    const { handle, storage } = await openContent(this.#options.content, path);
    try {
      return storage === generation.storage && (await isSameContent(handle, generation));
    } finally {
      await handle.close();
    }
  }

  /** Whether `path` is a file and no link, and the name beside it is free. */
  async #isNoLink(generation: Generation, path: string): Promise<boolean> {
    const entries = await this.#options.content.files.list(dirname(path));
    const beside = nameBeside(path, generation);
    if (beside !== path && entries.some((entry) => entry.name === basename(beside))) return false;
    return entries.some((entry) => entry.kind === 'file' && entry.name === basename(path));
  }

  /** The file's own name, or a new one where `directory` has that name: `app.log.1` comes every day. Nothing there is ever replaced. */
  async #reserveName(generation: Generation, { path }: FoundFile, directory: string): Promise<string> {
    const beside = basename(nameBeside(path, generation));
    const own = beside.slice(0, -suffixOf(generation).length);
    const names = new Set((await this.#options.content.files.list(directory)).map((entry) => entry.name));
    const isFree = (name: string) => !names.has(name) && !AfterDelivery.#targets.has(join(directory, name));
    let name = own;
    for (let count = 1; !isFree(name); count += 1) name = `${own}-${generation.inode}${count === 1 ? '' : `-${count}`}`;
    const target = join(directory, name);
    AfterDelivery.#targets.add(target);
    return target;
  }
}

/** Nobody else gives such a name. A file that has it already was left there by a process that ended. */
function nameBeside(path: string, generation: Generation): string {
  const suffix = suffixOf(generation);
  return path.endsWith(suffix) ? path : `${path}${suffix}`;
}

function suffixOf({ inode }: Generation): string {
  return `.kinship-${inode}`;
}

/** By inode: the files that the listing reaches by one name only. */
function onlyNames(files: readonly FoundFile[]): ReadonlyMap<string, FoundFile> {
  const byInode = new Map<string, FoundFile | undefined>();
  for (const file of files) {
    const key = inodeKey(file.stat);
    byInode.set(key, byInode.has(key) ? undefined : file);
  }
  const only = new Map<string, FoundFile>();
  for (const [key, file] of byInode) if (file !== undefined) only.set(key, file);
  return only;
}

function hintFor(fault: FileFault, path: string, moveTo: string | undefined): string {
  if (fault.systemCode === 'EXDEV') return 'moveTo must be on the file system of the logs';
  if (moveTo !== undefined && fault.code === 'not-found') return `make the directory ${moveTo} (moveTo) and let the user that runs kinship write it`;
  return writeHint(fault.systemCode, moveTo === undefined ? [dirname(path)] : [dirname(path), moveTo]);
}
