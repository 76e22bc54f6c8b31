/**
 * Which file is this? Proof by content, because names and inode numbers are handed on.
 *
 * A generation is known by device and inode, by a digest of its head (which grows with the file until it covers
 * `headBytesMax`), and by the bytes just before the position. Device and inode find a candidate cheaply; only content
 * decides. Pure: callers read the bytes.
 */
import { hash } from 'node:crypto';
import type { Compression, Head } from '../../core/checkpoint-row.ts';
import { limits } from '../../core/limits.ts';
import type { FileStat } from '../../core/ports.ts';

export const EMPTY_HEAD: Head = { lengthBytes: 0, digest: '' };

const DIGEST_BYTES = 16;

/** A key that is unique among the files that exist at one moment, and no longer. */
export function inodeKey(file: Pick<FileStat, 'device' | 'inode'>): string {
  return `${file.device}:${file.inode}`;
}

/** The head of a file whose first bytes are `bytes`; at most `headBytesMax` of them count. */
export function headOf(bytes: Buffer): Head {
  const lengthBytes = Math.min(bytes.length, limits.headBytesMax);
  if (lengthBytes === 0) return EMPTY_HEAD;
  return { lengthBytes, digest: hash('sha256', bytes.subarray(0, lengthBytes), 'buffer').toString('hex', 0, DIGEST_BYTES) };
}

/** Whether a file that begins with `bytes` begins with what `head` stands for. An empty head fits every file. */
export function headFits(head: Head, bytes: Buffer): boolean {
  if (head.lengthBytes === 0) return true;
  if (bytes.length < head.lengthBytes) return false;
  return headOf(bytes.subarray(0, head.lengthBytes)).digest === head.digest;
}

/** How many bytes before position `offset` serve as its marker. */
export function markerLength(offset: number): number {
  return Math.min(offset, limits.tailMarkerBytes);
}

/**
 * Rotated names: `app.log` → `app.log.1`, `app.log-20261121`, `app-20261121.log`, `app.1.log`, each also with a
 * compression suffix (logrotate(8): `start`, `dateext`, `extension`, `compressext`). `app2.log` is another log.
 */
export function isRotatedNameOf(name: string, original: string): boolean {
  if (name === original) return false;
  const prefixes = [original, stemOf(original)];
  return prefixes.some((prefix) => name.startsWith(prefix) && /^[.\-_]/.test(name.slice(prefix.length)) && /\d|\.(gz|zst|old|bak|orig|copy)$/.test(name.slice(prefix.length)));
}

/** The name of a log without its extension: all its rotated names begin with it. */
export function stemOf(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot > 0 ? name.slice(0, dot) : name;
}

/** A number or date as rotation appends it: `.1`, `-20261121`, `.2026-11-21T10`, `-20261121-1795219200`. */
const STAMP = String.raw`[.\-_]\d[\d.\-_:TZ]*`;
const ROTATED_END = new RegExp(String.raw`^(?:${STAMP}|\.old|\.bak)?(?:\.gz|\.zst)?$`);
const STAMP_END = new RegExp(String.raw`^(${STAMP})(?:\.gz|\.zst)?$`);
/** A date has at least so many digits: `app-2.log` may be the log of a second instance. */
const DATE_DIGITS = 6;

/**
 * Whether `name` can be nothing but a rotated `original`: stricter than `isRotatedNameOf`, for files of which no content
 * is known. `app.log-worker2` and `app-2.log` may be logs of their own.
 */
export function isStampedNameOf(name: string, original: string): boolean {
  if (name.startsWith(original)) return name !== original && ROTATED_END.test(name.slice(original.length));
  const dot = original.lastIndexOf('.');
  const stem = original.slice(0, Math.max(0, dot));
  const extension = original.slice(stem.length);
  if (stem === '' || !name.startsWith(stem)) return false;
  const end = name.slice(stem.length).replace(extension, '');
  const stamp = end.length < name.length - stem.length ? STAMP_END.exec(end)?.[1] : undefined;
  return stamp !== undefined && (stamp.startsWith('.') || stamp.replaceAll(/\D/g, '').length >= DATE_DIGITS);
}

/**
 * The names of logs of which `name` can be nothing but a rotated form (`isStampedNameOf`), longest first. Logs are left out whose
 * extension has a `-` or `_` in it and stands behind the stamp.
 */
export function logNamesOf(name: string): readonly string[] {
  const found = new Set<string>();
  const extensions = new Set([...name.matchAll(/(?<=.)\.[^.\-_]+/g)].map(([extension]) => extension));
  for (const { index: end } of name.matchAll(/[.\-_]/g)) {
    if (end === 0) continue;
    const stem = name.slice(0, end);
    if (isStampedNameOf(name, stem)) found.add(stem);
    // The extension may stand behind the stamp, which begins with a digit: app-20261121.log.
    const digit = name.charCodeAt(end + 1) - 0x30;
    if (digit >= 0 && digit <= 9) for (const extension of extensions) if (isStampedNameOf(name, stem + extension)) found.add(stem + extension);
  }
  return [...found].sort((a, b) => b.length - a.length);
}

/** Whether `name` is `original` with another number: `app.log.1` → `app.log.2`, where `app.log.1` was a log itself as far as known. */
export function isShiftedNameOf(name: string, original: string): boolean {
  const base = NUMBERED.exec(original)?.[1];
  return base !== undefined && base === NUMBERED.exec(name)?.[1];
}

/** A number that counts rotations, not a date or the number of a process. */
const NUMBERED = /^(.*\.)\d{1,3}(?:\.gz|\.zst)?$/;

/** The compression of a file by its first bytes. Sources: RFC 1952 §2.3.1, RFC 8878 §3.1.1. */
export function compressionOf(bytes: Buffer): Compression | undefined {
  if (bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b) return 'gzip';
  if (bytes.length >= 4 && bytes.readUInt32LE(0) === 0xfd2fb528) return 'zstd';
  return undefined;
}

/** First bytes, in hex, of what compresses logs and is not read here. Sources: file(1), the specification of each format. */
const FOREIGN = new Map([
  ['bzip2', /^425a683[1-9]314159265359/],
  ['xz', /^fd377a585a00/],
  ['lz4', /^04224d18/],
  ['zip', /^504b0304/],
  ['compress', /^1f9d/],
]);

/** What a file is compressed with, by its first bytes, where that is not read: its bytes are no lines. Needs ten bytes. */
export function foreignCompressionOf(bytes: Buffer): string | undefined {
  const hex = bytes.toString('hex', 0, FOREIGN_BYTES);
  for (const [name, magic] of FOREIGN) if (magic.test(hex)) return name;
  return undefined;
}

export const FOREIGN_BYTES = 10;

/** Whether a file that begins with these bytes is compressed, with what is read here or not. */
export function isCompressed(bytes: Buffer): boolean {
  return compressionOf(bytes) !== undefined || foreignCompressionOf(bytes) !== undefined;
}
