/** One file generation as `status` shows it. */
import type { FileStatus, UnreadablePath } from '../core/status.ts';
import type { Generation } from '../tail/generation.ts';

/** `nowMs`: monotonic; `fault`: why it cannot be read now. */
export function fileStatus(generation: Generation, nowMs: number, fault: UnreadablePath | undefined): FileStatus {
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
    lagSeconds: Math.max(0, (nowMs - (generation.lateSinceMs ?? nowMs)) / 1000),
    open: generation.handle !== undefined,
    ...(fault === undefined ? {} : { lastError: cannotRead(fault) }),
  };
}

/** What stands in a status: what happened, and what to do. */
export function cannotRead({ path, reason, seconds }: UnreadablePath): string {
  const todo = reason === 'EMFILE' || reason === 'ENFILE' ? 'raise LimitNOFILE' : 'let the user that runs kinship read it, or exclude it';
  return `cannot read ${path} (${reason}) for ${Math.round(seconds)} s: ${todo}`;
}
