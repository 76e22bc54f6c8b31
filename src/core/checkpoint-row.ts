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
  /** Every byte that it will ever have is resolved. Its row is kept so that a copy or a compressed form is not sent again. */
  | 'finished';

/** Stands for an end that nobody knows. */
export const NO_END: number = Number.MAX_SAFE_INTEGER;

/** Bytes of a file that wait to be accepted, all since the same time. */
export interface Waiting {
  /**
   * Where these bytes end. They begin where the entry before ends. `NO_END` stands for all that a compressed file holds, or for
   * what a file may have got since it was seen, while it could not be found or looked at.
   */
  readonly end: number;
  /** When the first of them was seen, or could have been. */
  readonly sinceWallMs: number;
}

/** A file that was cut short in place, as copytruncate does. */
export interface CutInPlace {
  readonly inode: string;
  /** When the cut was noticed. Copies of what the file held were made before. */
  readonly noticedWallMs: number;
}

/** Earlier ends of a generation. A copy that ends below the position is recognised by them. Bounded texts of tail/content/past-ends.ts. */
export interface Ends {
  /** Where reads of the generation ended. */
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
  /** The path under which the flow's pattern first matched the file. Rotated names are derived from it: `app.log.1` from `app.log`. */
  readonly originalPath: string;
  readonly device: string;
  readonly inode: string;
  /** When the inode was made, where the file system knows. */
  readonly birthMs?: number | undefined;
  readonly head: Head;
  /** Up to 64 bytes before `offset`, hex. The file must still hold them there. */
  readonly tailMarker: string;
  /** End of the resolved prefix, bytes (of the decompressed content, for compressed files). */
  readonly offset: number;
  /** Offsets from `offset` on at which a record begins whatever the bytes say (tail/generation/cuts.ts). Ascending. */
  readonly cuts: readonly number[];
  /** Size on disk and modification time at the last look. A file with the same ones need not be opened at start. */
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  readonly state: GenerationState;
  /** How its bytes are stored now. Offsets and the head always mean the decompressed content. */
  readonly storage: Storage;
  readonly updatedWallMs: number;
  /** The bytes from `offset` on that wait, ascending. Empty where nothing waits, or only a line that has not ended. */
  readonly waits: readonly Waiting[];
  readonly ends: Ends;
  /** Where reading began: the bytes before were never wanted. Undefined: the row is from a store of an older layout, without this. */
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
   * When the directory had last changed as the flow looked into it, by the file system's clock. What was made in it later came
   * while nobody looked. Undefined: not known.
   */
  readonly changedMs?: number | undefined;
}

export interface CheckpointChange {
  readonly upserts: readonly CheckpointRow[];
  readonly removals: readonly { readonly flow: string; readonly generation: number }[];
  /** Directories that a flow has seen: `initialPosition` no longer applies there. */
  readonly directoriesSeen: readonly (DirectorySeen & { readonly flow: string })[];
  /** When flows last looked at all their files: a file that is found new afterwards came after that. */
  readonly looks: readonly FlowLook[];
}
