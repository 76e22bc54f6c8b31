/** Options of a flow's generations, for tests: the defaults of the config, no events, wall time 0. */
import type { ContentFiles } from '../../src/tail/content/content.ts';
import type { GenerationsOptions } from '../../src/tail/generations-options.ts';
import { Looks } from '../../src/tail/listing/looks.ts';
import type { BirthOptions } from '../../src/tail/recognition/births.ts';
import { UnreadLogs } from '../../src/tail/recognition/unread-logs.ts';

export function birthOptions(more: Partial<BirthOptions> = {}): BirthOptions {
  return {
    flow: 'flow',
    events: { emit: () => undefined },
    initialPosition: 'START_OF_FILE',
    encoding: 'utf-8',
    ignoreOlderMs: undefined,
    wallMs: () => 0,
    looks: new Looks(undefined, 1000),
    onResolve: () => undefined,
    changed: new Set(),
    open: new Set(),
    ...more,
  };
}

export function generationsOptions(content: ContentFiles, more: Partial<GenerationsOptions> = {}): GenerationsOptions {
  return {
    ...birthOptions(),
    startMs: 0,
    content,
    idleCloseMs: 60_000,
    openFilesMax: 100,
    lists: () => false,
    rotated: undefined,
    deletedFiles: { keepMsMax: undefined, keepBytesMax: undefined },
    rememberMs: 1000,
    onFinished: () => undefined,
    ...more,
  };
}

/** Logs that cannot be read since time 0. */
export function unreadLogs(...paths: readonly string[]): UnreadLogs {
  return new UnreadLogs({ looks: { failing: () => paths.map((path) => [path, 0]) }, isRead: () => false, nowMs: 0 });
}

/** The decompression of a flow that has nothing to decompress. */
export const noDecompression: ContentFiles['decompression'] = { open: () => Promise.reject(new Error('nothing is compressed')) as never };
