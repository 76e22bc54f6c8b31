/** Files as `status` shows them: one by one, and together. */
import { readHint } from '../core/read-hint.ts';
import type { FileStatus, FlowStatus, UnreadablePath } from '../core/status.ts';
import type { Generation } from '../tail/generation/generation.ts';

/** `nowMs`: monotonic; `fault`: why it cannot be read now. */
export function fileStatus(generation: Generation, nowMs: number, fault: UnreadablePath | undefined): FileStatus {
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
    lagBytes: generation.lagBytes,
    lagSeconds: lagSecondsOf(generation, nowMs),
    open: generation.handle !== undefined,
    ...(fault === undefined ? {} : { lastError: cannotRead(fault) }),
  };
}

/** What is said of all files of a flow together. */
export type FileTotals = Pick<
  FlowStatus,
  'filesTracked' | 'filesOpen' | 'filesBehind' | 'pendingBytes' | 'lagBytes' | 'lagSeconds'
>;

/** Made every few seconds for metrics and the service manager, perhaps for 10,000 files: so it makes no object a file. */
export function fileTotals(generations: Iterable<Generation>, nowMs: number): FileTotals {
  const totals = { filesTracked: 0, filesOpen: 0, filesBehind: 0, pendingBytes: 0, lagBytes: 0, lagSeconds: 0 };
  for (const generation of generations) {
    const { lagBytes } = generation;
    totals.filesTracked += 1;
    if (generation.handle !== undefined) totals.filesOpen += 1;
    if (lagBytes > 0) totals.filesBehind += 1;
    totals.pendingBytes += generation.tracker.pendingBytes;
    totals.lagBytes += lagBytes;
    totals.lagSeconds = Math.max(totals.lagSeconds, lagSecondsOf(generation, nowMs));
  }
  return totals;
}

function lagSecondsOf({ lateSinceMs }: Generation, nowMs: number): number {
  return lateSinceMs === undefined ? 0 : Math.max(0, (nowMs - lateSinceMs) / 1000);
}

/** The sentence for a status: what happened, and what to do. */
export function cannotRead({ path, reason, seconds }: UnreadablePath): string {
  return `cannot read ${path} (${reason}) for ${Math.round(seconds)} s: ${readHint(reason)}`;
}
