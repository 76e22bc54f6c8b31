/**
 * A disk in memory with the semantics that rotation depends on (POSIX.1-2024: open, link, rename, unlink, ftruncate):
 * a file is an inode, names point at it, handles keep it alive after its last name is gone, and `rename` replaces its
 * target in one step. Like ext4 it hands out the lowest free inode number, so a new file often has a vanished file's number.
 *
 * Every call takes effect at once. Latency and faults belong to the process that uses the disk (sim-file-system.ts).
 */
import { FileFault } from '../../src/core/errors.ts';
import type { FileFaultCode } from '../../src/core/errors.ts';
import { Content } from './sim-content.ts';

export interface Inode {
  readonly number: number;
  readonly kind: 'file' | 'directory' | 'link';
  content: Content;
  /** The bytes as stored, if they differ from the content: those of a compressed file. */
  stored: Buffer | undefined;
  readonly names: Set<string>;
  readonly children: Map<string, Inode>;
  /** When it was made, by the wall clock of that moment. */
  readonly bornWallMs: number;
  readonly target: string;
  openCount: number;
  modifiedWallMs: number;
  /** Reading is forbidden (EACCES). */
  denied: boolean;
  /** When the last name went. */
  unlinkedMs: number | undefined;
}

/** What the model wants to know of the disk. */
export interface DiskObserver {
  /** A name now points at `inode`. */
  named(path: string, inode: Inode): void;
  /** A name no longer points at `inode`. */
  unnamed(path: string, inode: Inode): void;
  /** Bytes were added to the inode's content. */
  appended(inode: Inode): void;
  /** The inode's content was cut off; it has a new one now. */
  truncated(inode: Inode, old: Content): void;
}

/** An open file of a writer. Closing twice is a mistake of the actor and throws. */
export interface DiskHandle {
  readonly inode: Inode;
  /** Adds at the end (O_APPEND). */
  append(bytes: Buffer): void;
  /** Writes at the handle's own position, as a program without O_APPEND does: leaves NULs behind after a truncate. */
  write(bytes: Buffer): void;
  close(): void;
}

const LINK_DEPTH_MAX = 8;

export class SimDisk {
  readonly #now: () => number;
  readonly #wall: () => number;
  readonly #root: Inode;
  readonly #freeNumbers: number[] = [];
  readonly #reusesNumbers: boolean;
  #nextNumber = 12;
  readonly #orderOf: (path: string) => Content['order'];
  readonly #observers: DiskObserver[] = [];
  readonly #listeners = new Set<(path: string) => void>();
  /** Paths, split into their names: there are few paths, and they are asked for all the time. */
  readonly #parts = new Map<string, readonly string[]>();

  /** `orderOf`: the byte order of a file made under that name if it is in UTF-16, else undefined. */
  constructor(options: { now: () => number; wall: () => number; reusesNumbers: boolean; orderOf?: (path: string) => Content['order'] }) {
    this.#now = options.now;
    this.#wall = options.wall;
    this.#reusesNumbers = options.reusesNumbers;
    this.#orderOf = options.orderOf ?? (() => undefined);
    this.#root = this.#make('directory');
  }

  observe(observer: DiskObserver): void {
    this.#observers.push(observer);
  }

  /** Calls `listener` with the path of every name whose file or meaning changed. Returns how to stop. */
  listen(listener: (path: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Makes the directory and those above it. */
  makeDirectory(path: string): void {
    let inode = this.#root;
    let at = '';
    for (const name of parts(path)) {
      at += `/${name}`;
      let child = inode.children.get(name);
      if (child === undefined) {
        child = this.#make('directory');
        this.#name(at, inode, child);
      }
      inode = child;
    }
  }

  /** Opens for writing, making the file where there is none. */
  openForWriting(path: string): DiskHandle {
    const inode = this.exists(path) ? this.inodeAt(path) : this.#createAt(path);
    inode.openCount += 1;
    let position = inode.content.lengthBytes;
    let open = true;
    return {
      inode,
      append: (bytes) => this.#append(inode, bytes),
      write: (bytes) => {
        if (inode.content.lengthBytes < position) inode.content.padWithNul(position);
        position += bytes.length;
        this.#append(inode, bytes);
      },
      close: () => {
        if (!open) throw new Error('a handle is closed once');
        open = false;
        this.release(inode);
      },
    };
  }

  /** Makes a file with a content given by the caller: a copy, or, with the `stored` bytes, a compressed form. */
  put(path: string, file: { content: Content; stored?: Buffer }): Inode {
    const inode = this.#createAt(path, file.content);
    inode.stored = file.stored;
    for (const observer of this.#observers) observer.appended(inode);
    this.#changed(inode);
    return inode;
  }

  /** Replaces the stored bytes of a compressed file. Its content, what it decompresses to, stays. */
  store(inode: Inode, stored: Buffer): void {
    inode.stored = stored;
    inode.modifiedWallMs = this.#wall();
    for (const observer of this.#observers) observer.appended(inode);
    this.#changed(inode);
  }

  /** Cuts the file off at 0, in place. */
  truncate(path: string): void {
    const inode = this.inodeAt(path);
    const old = inode.content;
    old.truncatedMs = this.#now();
    inode.content = new Content(this.#now(), undefined, old.order);
    inode.modifiedWallMs = this.#wall();
    for (const observer of this.#observers) observer.truncated(inode, old);
    this.#changed(inode);
  }

  link(from: string, to: string): void {
    const inode = this.inodeAt(from);
    this.#name(to, this.#parentOf(to), inode);
  }

  symlink(target: string, path: string): void {
    const inode = this.#make('link', { target });
    this.#name(path, this.#parentOf(path), inode);
  }

  /** Replaces `to` in one step where it exists. Does not follow links. */
  rename(from: string, to: string): void {
    const parent = this.#parentOf(from);
    const inode = parent.children.get(nameOf(from));
    if (inode === undefined) throw fault('not-found', 'ENOENT', from);
    const target = this.#parentOf(to);
    const replaced = target.children.get(nameOf(to));
    if (replaced === inode) return;
    if (replaced !== undefined) this.#unname(to, target, replaced);
    this.#unname(from, parent, inode, { moving: true });
    this.#name(to, target, inode);
  }

  unlink(path: string): void {
    const parent = this.#parentOf(path);
    const inode = parent.children.get(nameOf(path));
    if (inode === undefined) throw fault('not-found', 'ENOENT', path);
    this.#unname(path, parent, inode);
  }

  /** Removes the directory and everything in it. */
  removeTree(path: string): void {
    const inode = this.inodeAt(path);
    for (const [name, child] of Array.from(inode.children)) {
      if (child.kind === 'directory') this.removeTree(`${path}/${name}`);
      else this.unlink(`${path}/${name}`);
    }
    this.#unname(path, this.#parentOf(path), inode);
  }

  exists(path: string): boolean {
    return this.#walk(path, true) !== undefined;
  }

  /** The inode behind `path`, symbolic links followed. */
  inodeAt(path: string): Inode {
    const inode = this.#walk(path, true);
    if (inode === undefined) throw fault('not-found', 'ENOENT', path);
    return inode;
  }

  /** Names and inodes in a directory, links not followed. */
  children(path: string): ReadonlyMap<string, Inode> {
    const inode = this.inodeAt(path);
    if (inode.kind !== 'directory') throw fault('not-a-directory', 'ENOTDIR', path);
    return inode.children;
  }

  /** Closes one handle of the inode. */
  release(inode: Inode): void {
    inode.openCount -= 1;
    this.#freeIfUnused(inode);
  }

  #append(inode: Inode, bytes: Buffer): void {
    inode.content.append(bytes, this.#now());
    inode.modifiedWallMs = this.#wall();
    for (const observer of this.#observers) observer.appended(inode);
    this.#changed(inode);
  }

  #createAt(path: string, content?: Content): Inode {
    const parent = this.#parentOf(path);
    const existing = parent.children.get(nameOf(path));
    if (existing !== undefined && existing.kind !== 'link') throw new Error(`${path} exists`);
    if (existing !== undefined) return this.#createAt(resolveTarget(path, existing.target), content);
    const inode = this.#make('file', { content: content ?? new Content(this.#now(), undefined, this.#orderOf(path)) });
    this.#name(path, parent, inode);
    return inode;
  }

  #make(kind: Inode['kind'], made: { target?: string; content?: Content | undefined } = {}): Inode {
    let number = this.#reusesNumbers ? this.#freeNumbers.shift() : undefined;
    if (number === undefined) {
      number = this.#nextNumber;
      this.#nextNumber += 1;
    }
    const content = made.content ?? new Content(this.#now());
    const target = made.target ?? '';
    const bornWallMs = this.#wall();
    const claims = { bornWallMs, openCount: 0, modifiedWallMs: bornWallMs, denied: false, unlinkedMs: undefined };
    return { number, kind, content, stored: undefined, names: new Set(), children: new Map(), target, ...claims };
  }

  #name(path: string, parent: Inode, inode: Inode): void {
    parent.children.set(nameOf(path), inode);
    parent.modifiedWallMs = this.#wall();
    inode.names.add(path);
    inode.unlinkedMs = undefined;
    for (const observer of this.#observers) observer.named(path, inode);
    this.#tell(path);
  }

  #unname(path: string, parent: Inode, inode: Inode, options = { moving: false }): void {
    parent.children.delete(nameOf(path));
    parent.modifiedWallMs = this.#wall();
    inode.names.delete(path);
    for (const observer of this.#observers) observer.unnamed(path, inode);
    this.#tell(path);
    if (options.moving) return;
    if (inode.names.size === 0) inode.unlinkedMs = this.#now();
    this.#freeIfUnused(inode);
  }

  #freeIfUnused(inode: Inode): void {
    if (inode.openCount > 0 || inode.names.size > 0) return;
    this.#freeNumbers.push(inode.number);
    this.#freeNumbers.sort((left, right) => left - right);
  }

  #changed(inode: Inode): void {
    for (const path of inode.names) this.#tell(path);
  }

  #tell(path: string): void {
    for (const listener of this.#listeners) listener(path);
  }

  #partsOf(path: string): readonly string[] {
    let names = this.#parts.get(path);
    if (names === undefined) this.#parts.set(path, (names = parts(path)));
    return names;
  }

  #parentOf(path: string): Inode {
    const parent = this.#walk(path.slice(0, path.lastIndexOf('/')), true);
    if (parent === undefined) throw fault('not-found', 'ENOENT', path);
    if (parent.kind !== 'directory') throw fault('not-a-directory', 'ENOTDIR', path);
    return parent;
  }

  #walk(path: string, follow: boolean, depth = 0): Inode | undefined {
    let inode = this.#root;
    let at = '';
    const names = this.#partsOf(path);
    for (let index = 0; index < names.length; index += 1) {
      const name = names[index] ?? '';
      if (inode.kind !== 'directory') throw fault('not-a-directory', 'ENOTDIR', path);
      const child = inode.children.get(name);
      if (child === undefined) return undefined;
      at += `/${name}`;
      inode = child;
      if (child.kind !== 'link' || (index === names.length - 1 && !follow)) continue;
      if (depth === LINK_DEPTH_MAX) throw fault('other', 'ELOOP', path);
      const target = this.#walk(resolveTarget(at, child.target), true, depth + 1);
      if (target === undefined) return undefined;
      inode = target;
    }
    return inode;
  }
}

export function fault(code: FileFaultCode, systemCode: string, path: string): FileFault {
  return new FileFault({ code, systemCode, path });
}

function parts(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function resolveTarget(linkPath: string, target: string): string {
  return target.startsWith('/') ? target : `${linkPath.slice(0, linkPath.lastIndexOf('/'))}/${target}`;
}
