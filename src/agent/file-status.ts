/** One file generation as `status` shows it. */
import type { FileStatus } from '../core/status.ts';
import type { Generation } from '../tail/generation.ts';

/** `nowMs`: monotonic. Lag counts from the last growth seen while anything is unread or unresolved. */
export function fileStatus(generation: Generation, nowMs: number): FileStatus {
  const lagBytes = Math.max(0, generation.sizeBytes - generation.tracker.watermark);
  return {
    path: generation.path,
    generation: generation.number,
    state: generation.missingSinceMs !== undefined ? 'waiting' : generation.state === 'active' ? 'active' : 'rotated',
    sizeBytes: generation.sizeBytes,
    positionBytes: generation.tracker.watermark,
    pendingBytes: generation.tracker.pendingBytes,
    startBytes: generation.tracker.startOffset,
    readBytes: generation.readBytes,
    outcomes: generation.counts.occurred(),
    lagBytes,
    lagSeconds: lagBytes === 0 ? 0 : Math.max(0, (nowMs - generation.grownMs) / 1000),
    open: generation.handle !== undefined,
    ...(generation.lastError === undefined ? {} : { lastError: generation.lastError }),
  };
}
