/** What the checkpoint file tells about a flow's files while no agent runs. */
import type { CheckpointRow, FlowLook } from '../../core/checkpoint-row.ts';
import { FileFault } from '../../core/errors.ts';
import { oneLine } from '../../core/one-line.ts';
import type { CheckpointStore, FileSystem } from '../../core/ports.ts';
import { columns } from './file-lines.ts';
import { bytesText, countText, durationText, fitEnd } from '../usage/quantity-text.ts';

export interface StoredFile {
  readonly flow: string;
  readonly path: string;
  readonly generation: number;
  readonly state: CheckpointRow['state'];
  readonly positionBytes: number;
  /** The size on disk now, where the file is still the one that was read; else the size last seen. */
  readonly sizeBytes: number;
  readonly lagBytes: number;
  /** The oldest byte that waits is at most this old: what came after the agent's last look came later than that look. */
  readonly lagSeconds: number;
  /** Whether the file that was read stands at its path. */
  readonly there: boolean;
  readonly storedSecondsAgo: number;
}

/** The part of a running agent's `FlowStatus` that its store tells, without what only the agent knows. */
export interface StoredFlow {
  readonly id: string;
  readonly files: readonly ReturnType<typeof asFileStatus>[];
  readonly filesTracked: number;
  readonly filesBehind: number;
  /** Null: nothing of the flow is stored, so it may be behind or not. */
  readonly lagBytes: number | null;
  readonly lagSeconds: number | null;
}

/** The flows `ids`, in their order, then others that the store knows. */
export function storedFlows(stored: readonly StoredFile[], ids: readonly string[]): readonly StoredFlow[] {
  const byFlow = Map.groupBy(stored, (file) => file.flow);
  return [...new Set([...ids, ...byFlow.keys()])].map((id) => {
    const known = byFlow.get(id);
    const files = (known ?? []).filter(({ state }) => state !== 'finished').map(asFileStatus);
    const behind = files.filter((file) => file.lagBytes > 0);
    return {
      id,
      files,
      filesTracked: files.length,
      filesBehind: behind.length,
      lagBytes: known === undefined ? null : behind.reduce((sum, file) => sum + file.lagBytes, 0),
      lagSeconds: known === undefined ? null : files.reduce((longest, file) => Math.max(longest, file.lagSeconds), 0),
    };
  });
}

function asFileStatus({ path, generation, state, sizeBytes, positionBytes, lagBytes, lagSeconds }: StoredFile) {
  return { path, generation, state, sizeBytes, positionBytes, lagBytes, lagSeconds };
}

/** What a store holds. Throws a `StoreFault`. */
export interface Stored {
  readonly rows: readonly CheckpointRow[];
  readonly looks: readonly FlowLook[];
}

/** Undefined: there is no store yet. */
export function readStored(store: CheckpointStore | undefined): Stored {
  return store === undefined ? { rows: [], looks: [] } : { rows: store.load(), looks: store.looks() };
}

export async function storedFiles(
  { rows, looks }: Stored,
  world: { readonly files: FileSystem; readonly wallMs: number },
): Promise<readonly StoredFile[]> {
  const stored: StoredFile[] = [];
  const looked = new Map(looks.map((look) => [look.flow, look.wallMs]));
  for (const row of rows) {
    const sizeBytes = row.storage === 'plain' ? await sizeNow(row, world.files) : undefined;
    const size = sizeBytes ?? row.sizeBytes;
    const lateSinceMs = waitsSinceMs(row, { sizeBytes: size, lookedWallMs: looked.get(row.flow) }) ?? world.wallMs;
    stored.push({
      flow: row.flow,
      path: row.path,
      generation: row.generation,
      state: row.state,
      positionBytes: row.offset,
      sizeBytes: size,
      lagBytes: row.storage === 'plain' ? Math.max(0, size - row.offset) : 0,
      lagSeconds: Math.max(0, (world.wallMs - lateSinceMs) / 1000),
      there: sizeBytes !== undefined,
      storedSecondsAgo: Math.max(0, (world.wallMs - row.updatedWallMs) / 1000),
    });
  }
  return stored;
}

/**
 * Wall time since which the byte at the row's position waits, as the agent would count it; undefined: no byte waits. For a compressed
 * file only its row tells: its size on the disk is not the size of its content.
 */
function waitsSinceMs(row: CheckpointRow, now: { sizeBytes: number; lookedWallMs: number | undefined }): number | undefined {
  const { waits, offset, sizeBytes, updatedWallMs, modifiedMs, storage } = row;
  if (storage !== 'plain') return waits[0]?.sinceWallMs;
  if (offset >= now.sizeBytes) return undefined;
  if (waits[0] !== undefined) return waits[0].sinceWallMs;
  return offset < sizeBytes ? Math.min(updatedWallMs, modifiedMs) : (now.lookedWallMs ?? updatedWallMs);
}

async function sizeNow(row: CheckpointRow, files: FileSystem): Promise<number | undefined> {
  try {
    const stat = await files.stat(row.path);
    return stat.device === row.device && stat.inode === row.inode ? stat.sizeBytes : undefined;
  } catch (fault) {
    if (fault instanceof FileFault) return undefined;
    throw fault;
  }
}

/** Files shown a flow where not all are shown: as many as for a running agent. */
const FILES_SHOWN_MAX = 20;

/** All files, in the order of the store; or those of each flow that are most behind. */
export function storedText(files: readonly StoredFile[], which: 'all' | 'most-behind'): string {
  if (files.length === 0) return 'no positions are stored yet\n';
  const lines: string[] = [];
  for (const [flow, own] of Map.groupBy(files, (file) => file.flow)) {
    lines.push(flow, `  ${'file'.padEnd(36)} ${columns(['gen', 'position', 'size', 'behind', 'state'])}`);
    const shown = which === 'all' ? own : mostBehind(own);
    for (const file of shown) {
      const state = file.there || file.state === 'finished' ? file.state : `${file.state}, gone`;
      const cells = [
        String(file.generation),
        bytesText(file.positionBytes),
        bytesText(file.sizeBytes),
        bytesText(file.lagBytes),
        state,
      ];
      lines.push(`  ${fitEnd(oneLine(file.path), 36)} ${columns(cells)}`);
    }
    if (own.length > shown.length) lines.push(`  and ${countText(own.length - shown.length)} more: kinship checkpoints list shows all`);
    const lagSeconds = own.reduce((longest, file) => Math.max(longest, file.lagSeconds), 0);
    const storedSecondsAgo = own.reduce((shortest, file) => Math.min(shortest, file.storedSecondsAgo), Infinity);
    const late = lagSeconds === 0 ? '' : `; what waits longest waits for ${durationText(lagSeconds)}`;
    lines.push(`  stored ${durationText(storedSecondsAgo)} ago${late}`);
  }
  return `${lines.join('\n')}\n`;
}

/** Among files of which nothing waits, those stored last come first. */
function mostBehind(files: readonly StoredFile[]): readonly StoredFile[] {
  return files.toSorted((a, b) => b.lagBytes - a.lagBytes || b.lagSeconds - a.lagSeconds || a.storedSecondsAgo - b.storedSecondsAgo).slice(0, FILES_SHOWN_MAX);
}
