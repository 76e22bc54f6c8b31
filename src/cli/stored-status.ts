/** What the checkpoint file tells about a flow's files while no agent runs. */
import type { CheckpointRow } from '../core/checkpoint-row.ts';
import { FileFault } from '../core/errors.ts';
import type { FileSystem } from '../core/ports.ts';
import { bytesText, durationText, fitEnd } from './quantity-text.ts';
import { columns } from './status-text.ts';

export interface StoredFile {
  readonly flow: string;
  readonly path: string;
  readonly generation: number;
  readonly state: CheckpointRow['state'];
  readonly positionBytes: number;
  /** As on the disk now, where the file is still the one that was read; else as last seen. */
  readonly sizeBytes: number;
  readonly lagBytes: number;
  /** Whether the file that was read stands at its path. */
  readonly there: boolean;
  readonly storedSecondsAgo: number;
}

export async function storedFiles(
  rows: readonly CheckpointRow[],
  world: { readonly files: FileSystem; readonly wallMs: number },
): Promise<readonly StoredFile[]> {
  const stored: StoredFile[] = [];
  for (const row of rows) {
    const sizeBytes = row.storage === 'plain' ? await sizeNow(row, world.files) : undefined;
    const size = sizeBytes ?? row.sizeBytes;
    stored.push({
      flow: row.flow,
      path: row.path,
      generation: row.generation,
      state: row.state,
      positionBytes: row.offset,
      sizeBytes: size,
      lagBytes: row.storage === 'plain' ? Math.max(0, size - row.offset) : 0,
      there: sizeBytes !== undefined,
      storedSecondsAgo: Math.max(0, (world.wallMs - row.updatedWallMs) / 1000),
    });
  }
  return stored;
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

export function storedText(files: readonly StoredFile[]): string {
  if (files.length === 0) return 'no positions are stored yet\n';
  const lines: string[] = [];
  for (const [flow, own] of Map.groupBy(files, (file) => file.flow)) {
    lines.push(flow, `  ${'file'.padEnd(36)} ${columns(['gen', 'position', 'size', 'behind', 'state'])}`);
    for (const file of own) {
      const state = file.there || file.state === 'finished' ? file.state : `${file.state}, gone`;
      const cells = [
        String(file.generation),
        bytesText(file.positionBytes),
        bytesText(file.sizeBytes),
        bytesText(file.lagBytes),
        state,
      ];
      lines.push(`  ${fitEnd(file.path, 36)} ${columns(cells)}`);
    }
    lines.push(`  stored ${durationText(Math.min(...own.map((file) => file.storedSecondsAgo)))} ago`);
  }
  return `${lines.join('\n')}\n`;
}
