/**
 * What is remembered of one generation of one file in one flow: enough to find its bytes again after a restart, under
 * any name, and to prove that they are the same bytes.
 */
export type Compression = 'gzip' | 'zstd';

export type Storage = 'plain' | Compression;

/** Proof that a file still begins with the bytes that were read from it. */
export interface Head {
  /** How many leading bytes the digest covers: grows with the file up to `headBytesMax`. */
  readonly lengthBytes: number;
  /** Hex. */
  readonly digest: string;
}

export type GenerationState =
  /** Being read, or waiting for more. */
  | 'active'
  /** No longer at its path (renamed, replaced, copied away): finished at its end. */
  | 'rotated'
  /** Everything it will ever have was resolved; kept so that a copy or a compressed form is not sent again. */
  | 'finished';

/** The end of what nobody knows where it ends. */
export const NO_END: number = Number.MAX_SAFE_INTEGER;

/** Bytes of a file that wait to be accepted, since one time. */
export interface Waiting {
  /**
   * They end here; they begin where those before them end. `NO_END`: of a compressed file, all that it holds; of a file that
   * could not be found, or not be looked at, what may have come to it since it was seen.
   */
  readonly end: number;
  /** When the first of them was seen, or could have been. */
  readonly sinceWallMs: number;
}

/** A file was cut short in place. */
export interface CutInPlace {
  readonly inode: string;
  /** When that was noticed: its copies were made before. */
  readonly noticedWallMs: number;
}

/** By which copies of a generation are known that do not end where it was read to: texts of tail/content/past-ends.ts, bounded. */
export interface Ends {
  /** Where reads of it ended. */
  readonly read: string;
  /** Where its file was seen to end. */
  readonly seen: string;
  readonly cutInPlace: CutInPlace | undefined;
}

export const NO_ENDS: Ends = { read: '', seen: '', cutInPlace: undefined };

export interface CheckpointRow {
  readonly flow: string;
  /** Unique in the flow; a later generation has a higher number. */
  readonly generation: number;
  /** Last known path. */
  readonly path: string;
  /** The path under which the flow's pattern first matched it: rotated names are told from this one. */
  readonly originalPath: string;
  readonly device: string;
  readonly inode: string;
  /** When the inode was made, where the file system tells. */
  readonly birthMs?: number | undefined;
  readonly head: Head;
  /** Up to 64 bytes before `offset`, hex: what must still stand there. */
  readonly tailMarker: string;
  /** End of the resolved prefix, bytes (of the decompressed content, for compressed files). */
  readonly offset: number;
  /** Offsets from `offset` on at which a record begins whatever the bytes say (tail/generation/cuts.ts). Ascending. */
  readonly cuts: readonly number[];
  /** Size on disk and modification time when last looked at: unchanged ones need not be opened at start. */
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  readonly state: GenerationState;
  /** How its bytes are stored now. Offsets and the head always mean the decompressed content. */
  readonly storage: Storage;
  readonly updatedWallMs: number;
  /** The bytes from `offset` on that wait, ascending: none where nothing does, or nothing but a line that has not ended. */
  readonly waits: readonly Waiting[];
  readonly ends: Ends;
  /** Where it was begun: what stands before was never wanted. Undefined: a store of an older layout does not tell. */
  readonly beganBytes?: number | undefined;
}

/** A look of a flow at all its files. */
export interface FlowLook {
  readonly flow: string;
  readonly wallMs: number;
}

/** A directory that a flow has seen. */
export interface DirectorySeen {
  readonly directory: string;
  /**
   * When it had changed last as the flow looked into it, by the file system's clock: what was made in it later came while nobody
   * looked. Undefined: not known.
   */
  readonly changedMs?: number | undefined;
}

export interface CheckpointChange {
  readonly upserts: readonly CheckpointRow[];
  readonly removals: readonly { readonly flow: string; readonly generation: number }[];
  /** Directories that a flow has seen: `initialPosition` no longer applies there. */
  readonly directoriesSeen: readonly (DirectorySeen & { readonly flow: string })[];
  /** When flows last looked at all their files: what is found new later came later. */
  readonly looks: readonly FlowLook[];
}
