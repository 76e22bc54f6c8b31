/** The simulated disk does what a real one does: each script runs on both, then every name is compared. */
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { SimDisk, type DiskHandle } from './sim-disk.ts';

/** What both disks can do. */
interface Disk {
  open(path: string): void;
  append(path: string, text: string): void;
  /** Through the handle that `open(path)` gave, whatever the path means now. */
  write(path: string, text: string): void;
  close(path: string): void;
  truncate(path: string): void;
  rename(from: string, to: string): void;
  unlink(path: string): void;
  link(from: string, to: string): void;
  symlink(target: string, path: string): void;
  read(path: string): string | undefined;
  same(left: string, right: string): boolean;
}

const roots: string[] = [];

afterEach(() => {
  for (const root of roots.splice(0)) fs.rmSync(root, { recursive: true });
});

function realDisk(): Disk {
  const root = fs.mkdtempSync(join(tmpdir(), 'kinship-sim-'));
  roots.push(root);
  const handles = new Map<string, { descriptor: number; position: number }>();
  const at = (path: string) => join(root, path);
  const handle = (path: string) => {
    const found = handles.get(path);
    if (found === undefined) throw new Error(`${path} is not open`);
    return found;
  };
  return {
    open: (path) => {
      const descriptor = fs.openSync(at(path), fs.constants.O_RDWR | fs.constants.O_CREAT);
      handles.set(path, { descriptor, position: fs.fstatSync(descriptor).size });
    },
    append: (path, text) => fs.appendFileSync(at(path), text),
    write: (path, text) => {
      const open = handle(path);
      open.position += fs.writeSync(open.descriptor, text, open.position);
    },
    close: (path) => fs.closeSync(handle(path).descriptor),
    truncate: (path) => fs.truncateSync(at(path), 0),
    rename: (from, to) => fs.renameSync(at(from), at(to)),
    unlink: (path) => fs.unlinkSync(at(path)),
    link: (from, to) => fs.linkSync(at(from), at(to)),
    symlink: (target, path) => fs.symlinkSync(target, at(path)),
    read: (path) => (fs.existsSync(at(path)) ? fs.readFileSync(at(path), 'latin1') : undefined),
    same: (left, right) => fs.statSync(at(left)).ino === fs.statSync(at(right)).ino,
  };
}

function simulatedDisk(): Disk {
  const disk = new SimDisk({ now: () => 0, wall: () => 0, reusesNumbers: true });
  const handles = new Map<string, DiskHandle>();
  const at = (path: string) => `/${path}`;
  return {
    open: (path) => handles.set(path, disk.openForWriting(at(path))),
    append: (path, text) => {
      const handle = disk.openForWriting(at(path));
      handle.append(Buffer.from(text));
      handle.close();
    },
    write: (path, text) => handles.get(path)?.write(Buffer.from(text)),
    close: (path) => handles.get(path)?.close(),
    truncate: (path) => disk.truncate(at(path)),
    rename: (from, to) => disk.rename(at(from), at(to)),
    unlink: (path) => disk.unlink(at(path)),
    link: (from, to) => disk.link(at(from), at(to)),
    symlink: (target, path) => disk.symlink(target, at(path)),
    read: (path) => {
      if (!disk.exists(at(path))) return undefined;
      const { content } = disk.inodeAt(at(path));
      return content.text(0, content.lengthBytes);
    },
    same: (left, right) => disk.inodeAt(at(left)) === disk.inodeAt(at(right)),
  };
}

interface Row {
  readonly name: string;
  readonly script: (disk: Disk) => void;
}

const rows: readonly Row[] = [
  {
    name: 'a handle goes on writing to the file it opened after a rename',
    script: (disk) => {
      disk.open('a');
      disk.rename('a', 'b');
      disk.append('a', 'new\n');
      disk.write('a', 'late\n');
    },
  },
  {
    name: 'rename replaces its target in one step',
    script: (disk) => {
      disk.append('a', '1');
      disk.append('b', '2');
      disk.rename('a', 'b');
    },
  },
  {
    name: 'rename onto another name of the same file does nothing',
    script: (disk) => {
      disk.append('a', '1');
      disk.link('a', 'b');
      disk.rename('a', 'b');
    },
  },
  {
    name: 'a hard link is the same file, and outlives its first name',
    script: (disk) => {
      disk.append('a', '1');
      disk.link('a', 'b');
      disk.append('b', '2');
      disk.unlink('a');
      disk.append('a', 'other');
    },
  },
  {
    name: 'a write beyond the end after a truncation leaves NULs behind',
    script: (disk) => {
      disk.open('a');
      disk.write('a', '12345');
      disk.truncate('a');
      disk.write('a', '678');
    },
  },
  {
    name: 'what is appended after a truncation stands at the beginning',
    script: (disk) => {
      disk.append('a', '12345');
      disk.truncate('a');
      disk.append('a', '6');
    },
  },
  {
    name: 'a symbolic link leads to whatever has its name now, and to nothing when nothing has',
    script: (disk) => {
      disk.append('a', '1');
      disk.symlink('a', 'c');
      disk.append('c', '2');
      disk.rename('a', 'b');
      disk.append('a', '3');
      disk.symlink('gone', 'd');
    },
  },
  {
    name: 'a link replaced by rename leads elsewhere, and the file it led to stays',
    script: (disk) => {
      disk.append('a', '1');
      disk.append('b', '2');
      disk.symlink('a', 'c');
      disk.symlink('b', 'd');
      disk.rename('d', 'c');
      disk.append('c', '3');
    },
  },
];

describe('the simulated disk and a real one', () => {
  it.each(rows)('agree: $name', ({ script }) => {
    const [real, simulated] = [realDisk(), simulatedDisk()];
    const names = ['a', 'b', 'c', 'd'];
    for (const disk of [real, simulated]) script(disk);
    expect(names.map((name) => simulated.read(name))).toEqual(names.map((name) => real.read(name)));
    const there = names.filter((name) => real.read(name) !== undefined);
    const pairs = there.flatMap((left) => there.map((right) => [left, right] as const));
    expect(pairs.map((pair) => simulated.same(...pair))).toEqual(pairs.map((pair) => real.same(...pair)));
  });
});

describe('inode numbers', () => {
  it('are handed out again at once when the last name and the last handle are gone, not before', () => {
    const disk = new SimDisk({ now: () => 0, wall: () => 0, reusesNumbers: true });
    const handle = disk.openForWriting('/a');
    const { number } = handle.inode;
    disk.unlink('/a');
    expect(disk.openForWriting('/b').inode.number).not.toBe(number);
    handle.close();
    expect(disk.openForWriting('/c').inode.number).toBe(number);
  });
});
