/**
 * The outside world as the agent sees it: time, chance, files, Kinesis, the checkpoint store.
 *
 * Nothing in `src/` outside `platform/`, `aws/` and `checkpoint/sqlite-store.ts` touches the real ones, so the whole
 * agent runs unchanged in the simulation (`test/simulation/world.ts`). Invariant: a port never keeps a reference to a
 * buffer it was given after its promise has settled.
 */
import type { CheckpointChange, CheckpointRow, DirectorySeen, Compression, FlowLook } from './checkpoint-row.ts';
import type { ServiceFault } from './errors.ts';

export interface Timer {
  cancel(): void;
}

/** One moment on both clocks. */
export interface Now {
  /** Monotonic. */
  readonly nowMs: number;
  readonly wallMs: number;
}

export interface Clock {
  /** Milliseconds, only ever forward; for deadlines and durations. */
  monotonicMs(): number;
  /** Milliseconds since 1970-01-01 UTC; for what people and services read. May jump either way. */
  wallMs(): number;
  /** Resolves after `delayMs`, or as soon as `signal` aborts. Never rejects: look at the signal afterwards. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
  /** Calls `callback` once after `delayMs`, unless cancelled. */
  setTimer(delayMs: number, callback: () => void): Timer;
}

export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** `length` random bytes. */
  bytes(length: number): Buffer;
}

export type FileKind = 'file' | 'directory' | 'other';

export interface FileStat {
  readonly kind: FileKind;
  /** Decimal strings: inode numbers of some file systems do not fit a double. */
  readonly device: string;
  readonly inode: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  /** 0: unlinked, lives on through open handles only. */
  readonly linkCount: number;
  /** When the inode was made, where the file system knows (statx(2) stx_btime): tells a reused inode number. */
  readonly birthMs?: number | undefined;
}

export interface DirectoryEntry {
  readonly name: string;
  /** `link` for a symbolic link: `stat` tells what it points at. */
  readonly kind: FileKind | 'link';
}

export interface FileHandle {
  /** Reads up to `length` bytes from `position` into `buffer` at `bufferOffset`; short reads happen; 0 at the end. */
  read(buffer: Buffer, place: { bufferOffset: number; length: number; position: number }): Promise<number>;
  stat(): Promise<FileStat>;
  close(): Promise<void>;
}

/** One compressed stream, decoded piece by piece. */
export interface Decompressor {
  /** Decodes `chunk`, which follows what was pushed before, as far as possible. Rejects where the bytes are not of the format. */
  push(chunk: Buffer): Promise<Buffer>;
  /** Whether what was pushed is complete (all members ended). Nothing can be pushed afterwards. */
  isComplete(): Promise<boolean>;
  close(): void;
}

export interface Decompression {
  open(format: Compression): Decompressor;
}

/**
 * Something at or below `path` changed, or may have, `heldMs` ago: hints that come fast are held back. `path` undefined: nobody
 * knows where.
 */
export type OnHint = (path: string | undefined, heldMs: number) => void;

export interface WatchOptions {
  readonly onHint: OnHint;
  /** Hints will not come (watch limit reached): listing goes on and finds everything later. */
  readonly onFault: (fault: Error) => void;
  /** How long a hint about a path may be held back after the hint before it. */
  readonly paceMs: number;
}

export interface Watcher {
  /** Watches further directories. One that is watched already stays so; where another directory took its place, that one is watched. */
  add(directories: readonly string[]): void;
  remove(directories: readonly string[]): void;
  close(): Promise<void>;
}

/** Tells that a directory changed, as exactly as the file system's times do: two changes within one tick of its clock look the same. */
export interface DirectoryStamp {
  /** Never empty, and another text after an entry of the directory was added, removed or renamed. */
  readonly text: string;
  /** When the directory last changed, by the clock that also gives its files their times of birth. */
  readonly changedMs: number;
}

/**
 * Paths are strings that survive any byte: a byte that is not UTF-8 stands as the lone surrogate U+DC80..U+DCFF (the
 * way of Python's PEP 383). Every method rejects with a `FileFault` (errors.ts) and with nothing else.
 */
export interface FileSystem {
  open(path: string): Promise<FileHandle>;
  /** Follows symbolic links. */
  stat(path: string): Promise<FileStat>;
  list(directory: string): Promise<readonly DirectoryEntry[]>;
  stamp(directory: string): Promise<DirectoryStamp>;
  /**
   * Calls `onHint` when something at or below one of `directories` may have changed; without a path when it is not known
   * where (overflow). Hints can be late, doubled or lost: they are a reason to look, never a fact.
   */
  watch(directories: readonly string[], options: WatchOptions): Watcher;
  unlink(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
}

/** One Kinesis record on its way out: `data[start, end)` stays untouched until the call has settled. */
export interface OutgoingRecord {
  readonly data: Buffer;
  readonly start: number;
  readonly end: number;
  readonly partitionKey: string;
  /** Decimal, 0 … 2^128-1. */
  readonly explicitHashKey?: string | undefined;
}

/** Per record, in the order of the request. Success is a sequence number, failure an error code. */
export interface PutEntry {
  readonly sequenceNumber?: string | undefined;
  readonly shardId?: string | undefined;
  readonly errorCode?: string | undefined;
  readonly errorMessage?: string | undefined;
}

export type PutReply =
  | { readonly kind: 'answered'; readonly entries: readonly PutEntry[] }
  | { readonly kind: 'failed'; readonly fault: ServiceFault };

export interface ShardDescription {
  readonly shardId: string;
  readonly startHashKey: bigint;
  readonly endHashKey: bigint;
  /** A closed shard takes no more records. */
  readonly closed: boolean;
}

export type ShardsReply =
  | { readonly kind: 'answered'; readonly shards: readonly ShardDescription[] }
  | { readonly kind: 'failed'; readonly fault: ServiceFault };

export interface StreamFacts {
  /** Data + partition key, bytes. */
  readonly recordBytesMax: number;
  readonly mode: 'on-demand' | 'provisioned' | 'unknown';
  /** `auto`: the service ignores partition keys, aggregation is not allowed. */
  readonly distribution: 'partition-key' | 'auto';
}

export type StreamFactsReply =
  | { readonly kind: 'answered'; readonly facts: StreamFacts }
  | { readonly kind: 'failed'; readonly fault: ServiceFault };

/** A stream by name or ARN, seen through one client (region, credentials, endpoint). Never rejects. */
export interface KinesisPort {
  putRecords(stream: string, records: readonly OutgoingRecord[], signal: AbortSignal): Promise<PutReply>;
  listShards(stream: string, signal: AbortSignal): Promise<ShardsReply>;
  describeStream(stream: string, signal: AbortSignal): Promise<StreamFactsReply>;
}

/** Same shape for Firehose: no keys, no shards. Never rejects. */
export interface FirehosePort {
  putRecordBatch(deliveryStream: string, records: readonly OutgoingRecord[], signal: AbortSignal): Promise<PutReply>;
}

/** The checkpoint file was deleted or replaced, and the store wrote it again at its path. */
export interface StoreRestored {
  readonly path: string;
  /** Where the store moved the file that stood at its path; undefined: there was none. */
  readonly setAside: string | undefined;
}

/** Durable positions. Every method throws a `StoreFault` (errors.ts) and nothing else; the caller tries again. */
export interface CheckpointStore {
  load(): readonly CheckpointRow[];
  /** Directories that flows have seen (CheckpointChange.directoriesSeen). */
  directories(): readonly (DirectorySeen & { readonly flow: string })[];
  /** The last look of each flow (CheckpointChange.looks). */
  looks(): readonly FlowLook[];
  /** One transaction: all of the change or none of it. */
  commit(change: CheckpointChange): void;
  /**
   * Makes sure that the next process finds the positions where it looks. Where the checkpoint file was deleted or replaced, all
   * positions are written there anew. Cheap where nothing happened.
   */
  secure(): StoreRestored | undefined;
  close(): void;
}
