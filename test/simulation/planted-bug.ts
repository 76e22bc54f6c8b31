/**
 * Bugs that the simulation has to find. Each is a change to the product's source text, made while it is loaded (plant.ts), so
 * the product has no hooks for them. When the product's code changes, `find` has to follow.
 */
export type PlantedBug = readonly Edit[];

export interface Edit {
  /** Below src/. */
  readonly file: string;
  /** Must stand in the file exactly once. */
  readonly find: string;
  readonly replace: string;
}

export const plantedBugs = {
  'highest-ack-wins': [
    {
      file: 'core/offset-tracker.ts',
      find: 'while (done < this.#spans.length && this.#spans[done]?.pendingBytes === 0) done += 1;',
      replace: 'done = this.#spans.findLastIndex((span) => span.pendingBytes === 0) + 1;',
    },
  ],
  'partial-failure-counts-as-delivered': [
    {
      file: 'producer/sending/answers.ts',
      find: "this.#slowDown(record, entry.errorMessage ?? '', nowMs);",
      replace: 'this.#accepted(record, entry, request);',
    },
  ],
  'handle-closed-on-rename': [
    {
      file: 'tail/generations.ts',
      find: 'generation.outOfPattern = true;\n    const stat',
      replace: 'generation.outOfPattern = true;\n    await generation.close();\n    const stat',
    },
  ],
  'path-as-identity': [
    { file: 'tail/generation/rotation.ts', find: 'const key = inodeKey(file.stat);', replace: 'const key = file.path;' },
    {
      file: 'tail/generation/rotation.ts',
      find: 'const names = byInode.get(generation.inodeKey);',
      replace: 'const names = byInode.get(generation.path);',
    },
    {
      file: 'tail/generation/rotation.ts',
      find: 'byInode.delete(generation.inodeKey);',
      replace: 'byInode.delete(generation.path);',
    },
  ],
  'two-of-a-lane-in-flight': [
    { file: 'producer/lanes/keyed-lanes.ts', find: 'unorderedWindow : 1,', replace: 'unorderedWindow : 2,' },
  ],
  'identity-by-head-only': [
    {
      file: 'tail/generation/lineage.ts',
      find: 'return stat.inode === generation.inode && sameBirth(stat, generation);',
      replace: 'return true;',
    },
    {
      file: 'tail/content/content-proof.ts',
      find: 'const length = proof.marker.length;',
      replace: 'const length = 0;',
    },
    {
      file: 'tail/reading/read-step.ts',
      find: 'buffer.compare(marker, 0, marker.length, from - marker.length, from) !== 0 || !near.fit(buffer, from)',
      replace: 'false',
    },
  ],
  'lines-of-several-keys-in-one-record': [
    { file: 'producer/records/aggregate.ts', find: 'if (addsNewlines && knownIndex < 0 && this.#count > 0) return from;', replace: '' },
    { file: 'producer/lanes/keyed-lanes.ts', find: "options.singles || options.group.framing === 'lines';", replace: 'options.singles;' },
  ],
  'hash-key-of-no-record': [
    { file: 'producer/records/kinesis-record.ts', find: '? decimalOf(key.hashKey) : undefined', replace: "? '0' : undefined" },
  ],
  'hot-shard-is-not-kept-away-from': [
    { file: 'producer/hot-shards/hot-shards.ts', find: 'if (shard === undefined || shard.roomMs(this.#acceptedCount, nowMs) <= nowMs) break;', replace: 'break;' },
  ],
  'what-was-under-way-speaks-against-a-record': [
    { file: 'producer/sending/suspects.ts', find: 'this.#provenMs = Math.max(this.#provenMs, sentMs);', replace: 'this.#provenMs = this.#options.clock.monotonicMs() + 0 * sentMs;' },
    { file: 'producer/sending/suspects.ts', find: 'else if (provenMs >= record.doubtedMs)', replace: 'else if (this.#provenMs >= record.doubtedMs)' },
  ],
  'what-is-set-aside-waits-for-another-record': [
    { file: 'producer/sending/suspects.ts', find: 'if (aside === undefined && !lane.empty) {', replace: 'if (aside === undefined) {' },
    { file: 'producer/sending/suspects.ts', find: 'dueMs = Math.min(dueMs, notBeforeMs);', replace: 'dueMs = Math.max(dueMs, notBeforeMs);' },
  ],
  'what-is-too-large-on-the-way-is-rejected': [
    { file: 'producer/sending/suspects.ts', find: "else if (fault.kind === 'too-large') this.#waitForLimit(record, fault);", replace: '' },
  ],
  'reload-leaves-requests-under-way': [
    { file: 'agent/agent.ts', find: 'await flow.stopSending(this.#endDrain.signal);', replace: 'void flow.stopSending(AbortSignal.abort());' },
  ],
  'one-key-is-misplaced-in-an-unknown-shard': [
    { file: 'producer/sending/put-result.ts', find: "if (hashKeys.lowest === hashKeys.highest) return 'inside';", replace: '' },
  ],
  'reload-forgets-shards': [
    {
      file: 'agent/agent.ts',
      find: 'for (const successor of this.#open(',
      replace: 'await this.#destinations.closeUnused();\n      for (const successor of this.#open(',
    },
  ],
  'where-files-ended-is-forgotten': [
    { file: 'tail/recognition/births.ts', find: 'ends: row.ends,', replace: 'ends: undefined,' },
  ],
  'reload-forgets-copies': [
    { file: 'tail/generations.ts', find: 'this.#copies.inherit(inherited.copies, [...this.#known]);', replace: '' },
  ],
  'settles-a-byte-too-few': [
    { file: 'producer/records/aggregate.ts', find: 'span.resolve(outcome, bytes, end - first);', replace: 'span.resolve(outcome, bytes - 1, end - first);' },
  ],
  'settles-twice': [
    {
      file: 'producer/records/aggregate.ts',
      find: 'span.resolve(outcome, bytes, end - first);',
      replace: 'span.resolve(outcome, bytes, end - first);\n      if (span.pendingBytes >= bytes) span.resolve(outcome, bytes, end - first);',
    },
  ],
  'never-settles-what-it-cuts': [
    {
      file: 'tail/reading/read-step.ts',
      find: "if (result.oversizeBytes > 0) span.resolve('oversize', result.oversizeBytes, result.oversizeLines);",
      replace: '',
    },
  ],
  'never-settles-what-it-skips': [
    {
      file: 'tail/reading/read-step.ts',
      find: "if (result.skippedBytes > 0) span.resolve('skipped', result.skippedBytes, result.skippedLines);",
      replace: '',
    },
  ],
  'counts-cut-bytes-as-delivered': [
    { file: 'tail/reading/read-step.ts', find: "span.resolve('oversize', result.oversizeBytes", replace: "span.resolve('delivered', result.oversizeBytes" },
  ],
  'never-settles-what-it-filters': [
    {
      file: 'preprocess/chain.ts',
      find: 'source.span.resolve(reason, this.#droppedBytes[outcome] as number, records);',
      replace: "if (reason !== 'filtered') source.span.resolve(reason, this.#droppedBytes[outcome] as number, records);",
    },
  ],
  'flow-counts-delivered-bytes-only': [
    {
      file: 'agent/flow.ts',
      find: 'this.#counts.add(resolution);',
      replace: "if (resolution.outcome === 'delivered') this.#counts.add(resolution);",
    },
  ],
  'last-line-of-a-file-leaves-out-what-was-dropped': [
    { file: 'agent/flow.ts', find: 'droppedBytes: counts.totalBytes - delivered.bytes - lostBytes,', replace: 'droppedBytes: 0,' },
  ],
  'lag-counts-from-last-growth': [
    { file: 'tail/generation/generation.ts', find: 'return this.growth.seenMs(this.tracker.watermark) ?? this.grownMs;', replace: 'return this.grownMs;' },
  ],
  'restart-counts-what-waits-from-its-last-row': [
    { file: 'tail/recognition/births.ts', find: '      waits,\n', replace: '' },
    { file: 'tail/recognition/births.ts', find: 'Math.min(row.updatedWallMs, row.modifiedMs)', replace: 'row.updatedWallMs' },
  ],
  'what-came-unseen-is-new': [
    { file: 'tail/content/growth-times.ts', find: 'return this.unseenSinceMs ?? Math.max(', replace: 'return Math.max(' },
  ],
  'what-no-hint-told-of-is-new': [
    { file: 'tail/content/growth-times.ts', find: 'const writtenMs = nowMs - Math.max(0, wallMs - modifiedMs);', replace: 'const writtenMs = nowMs + 0 * (wallMs - modifiedMs);' },
  ],
  'a-new-file-is-as-old-as-its-last-byte': [
    { file: 'tail/recognition/births.ts', find: 'return Math.min(sinceMs, this.#monotonicMs(stat.modifiedMs, nowMs));', replace: 'return this.#monotonicMs(stat.modifiedMs, nowMs);' },
  ],
  'what-is-taken-up-again-is-new': [
    { file: 'tail/generation/generation.ts', find: 'const sinceMs = Math.min(newSinceMs, this.missedSinceMs ?? Infinity);', replace: 'const sinceMs = nowMs;' },
  ],
  'what-waits-to-be-read-again-is-not-compared': [
    { file: 'tail/reading/read-step.ts', find: '!seenEnds.stand({ from: position, to: readTo }, markerAt)', replace: 'false' },
  ],
  'what-ends-before-it-did-was-not-cut': [
    { file: 'tail/reading/read-step.ts', find: '(await handle.stat()).sizeBytes < position + wanted', replace: 'false' },
  ],
  'goes-on-in-the-first-file-that-may-hold-it': [
    { file: 'tail/search/search.ts', find: 'enoughBytes = bytesSeenOf(generation)', replace: 'enoughBytes = 0' },
  ],
  'what-begins-like-what-was-cut-is-a-copy': [
    { file: 'tail/recognition/telling.ts', find: 'return bytes > (await headerBytesIn(content, bytes)) && hasMost', replace: 'return bytes > 0 || hasMost' },
  ],
  'what-does-not-tell-its-state-was-looked-at': [
    { file: 'tail/changed-files.ts', find: 'if (!isLookedAt) generation.hide(', replace: 'if (!isLookedAt && isHidden(generation.path, listing)) generation.hide(' },
  ],
  'what-waits-is-as-old-as-the-file': [
    { file: 'tail/content/growth-times.ts', find: 'this.#marks = this.#marks.filter((mark) => mark.end > settledBytes);', replace: '' },
    { file: 'tail/content/growth-times.ts', find: 'return this.#marks.find((mark) => mark.end > position)?.seenMs;', replace: 'return this.#marks[0]?.seenMs;' },
  ],
  'counts-skipped-bytes-as-never-read': [
    {
      file: 'tail/reading/read-step.ts',
      find: 'generation.readBytes += result.consumedBytes;',
      replace: 'generation.readBytes += result.consumedBytes - result.skippedBytes;',
    },
  ],
  'counts-what-was-read-twice': [
    {
      file: 'tail/reading/read-step.ts',
      find: 'this.#settings.onRead(result.consumedBytes, this.#batch.count);',
      replace: 'this.#settings.onRead(result.consumedBytes + generation.marker.length, this.#batch.count);',
    },
  ],
  'checkpoint-moved-on-stop': [
    {
      file: 'agent/flow.ts',
      find: 'async stopReading(): Promise<void> {\n',
      replace:
        'async stopReading(): Promise<void> {\n' +
        '    for (const generation of this.#generations.all()) {\n' +
        "      Object.defineProperty(generation.tracker, 'watermark', { get: () => generation.position });\n" +
        "      Object.defineProperty(generation.tracker, 'watermarkMarker', { get: () => generation.marker });\n" +
        '    }\n',
    },
  ],
  'cut-not-stored': [{ file: 'tail/generation/rows.ts', find: 'cuts: generation.cuts.from(watermark),', replace: 'cuts: [],' }],
  'group-cut-by-every-read': [
    { file: 'tail/reading/partial-ends.ts', find: 'due && this.#groupTimeoutMs !== undefined', replace: 'this.#groupTimeoutMs !== undefined' },
  ],
  'header-skipped-again': [
    {
      file: 'tail/reading/read-step.ts',
      find: 'previousByte: position === 0 ? undefined : buffer[from - 1],',
      replace: 'previousByte: position === generation.tracker.startOffset ? undefined : buffer[from - 1],',
    },
  ],
  'file-that-is-written-to-is-superseded': [
    { file: 'tail/listing/dated-names.ts', find: 'latest.date > dated.date && latest.modifiedMs >= stat.modifiedMs', replace: 'latest.date >= dated.date' },
  ],
  'deleted-while-under-way': [
    {
      file: 'tail/after-delivery.ts',
      find: 'generation.dirty || generation.partial || tracker.pendingBytes > 0) return false;',
      replace: 'generation.partial) return false;',
    },
  ],
  'new-log-rotated-out-of-sight-is-not-looked-for': [
    { file: 'tail/search/unseen.ts', find: 'const isSearch = isNewLog || sinceMs !== undefined;', replace: 'const isSearch = false;' },
  ],
  'log-that-came-while-away-is-not-looked-for': [
    { file: 'tail/search/unseen.ts', find: 'this.#directories.newSinceMs(directory);', replace: 'undefined;' },
  ],
  'log-that-left-only-rotated-files-is-not-looked-for': [
    { file: 'tail/search/gone-logs.ts', find: 'if (originalPath === undefined || logs.some(isKnown)) return;', replace: 'if (originalPath === undefined || !isKnown(originalPath)) return;' },
  ],
  'rotated-out-of-sight-is-not-looked-for': [
    { file: 'tail/search/unseen.ts', find: 'if (this.#searches.size === 0) return [];', replace: 'return [];' },
  ],
  'short-copy-is-a-new-file': [
    { file: 'tail/generation/lineage.ts', find: 'if (content.stat.modifiedMs > outgrownWallMs) return false;', replace: 'return false;' },
  ],
  'reload-forgets-what-a-flow-did': [
    { file: 'agent/agent.ts', find: 'addTotals(this.#ended.get(id), flow.status())', replace: 'flow.status()' },
  ],
  'inode-number-alone-tells': [
    { file: 'tail/generation/rotation.ts', find: 'if (generation.head.lengthBytes > 0 || isItsNumber', replace: 'if (generation.head.lengthBytes >= 0 || isItsNumber' },
    { file: 'tail/recognition/telling.ts', find: 'if (bytes < limits.tailMarkerBytes || bytes <= (await headerBytesIn(content, bytes))) return false;', replace: 'if (bytes < limits.tailMarkerBytes) return true;' },
  ],
  'common-header-tells': [
    { file: 'tail/recognition/telling.ts', find: ' || bytes <= (await headerBytesIn(content, bytes))', replace: '' },
    { file: 'tail/recognition/telling.ts', find: 'if (await hasAsMuch(content, other, { beginning, bytes })) return false;', replace: '' },
  ],
  'copy-is-judged-before-its-log': [
    { file: 'tail/recognition/appearances.ts', find: "unjudged.hasLogOf(path) || before.hasLogOf(path) ? 'log-first' : undefined", replace: 'undefined' },
  ],
  'what-was-seen-and-not-read-tells-nothing': [
    { file: 'tail/content/past-ends.ts', find: 'this.#unread = [...this.#unread.slice(1 - ENDS_MAX), offset];', replace: 'void offset;' },
  ],
  'compressed-form-is-a-new-file': [
    { file: 'tail/recognition/copies.ts', find: "if (content.storage !== 'plain') return this.coverage(content, original);", replace: "if (content.storage !== 'plain') return undefined;" },
  ],
  'what-is-over-goes-on-in-what-begins-like-it': [
    { file: 'tail/recognition/recognition.ts', find: "const mayGoOn = content.storage !== 'plain' || isNumber;", replace: 'const mayGoOn = true;' },
    { file: 'tail/recognition/recognition.ts', find: '(endsLine(marker) || (isNumber && content.stat.birthMs !== undefined))', replace: 'true' },
  ],
  'name-leads-to-a-file-that-is-read': [
    { file: 'tail/file-judge.ts', find: 'const isRead = known.live.has(content.stat);', replace: 'const isRead = false;' },
    { file: 'tail/generation/live-generations.ts', find: "assert(!this.has(generation), 'a file is read by one generation');", replace: '' },
  ],
  'what-was-seen-empty-is-plain': [
    { file: 'tail/reading/read-step.ts', find: "if (position === 0 && storage === 'plain' && isCompressed(buffer.subarray(0, to))) return { kind: 'compressed' };", replace: '' },
  ],
} as const satisfies Record<string, PlantedBug>;

/** Bugs that the account of every byte (checks 8 and 9), or an assertion of the product, has to find at the step that makes them. */
export const accountBugs: ReadonlySet<string> = new Set([
  'settles-a-byte-too-few',
  'settles-twice',
  'never-settles-what-it-cuts',
  'never-settles-what-it-skips',
  'counts-cut-bytes-as-delivered',
  'never-settles-what-it-filters',
  'flow-counts-delivered-bytes-only',
  'last-line-of-a-file-leaves-out-what-was-dropped',
  'one-key-is-misplaced-in-an-unknown-shard',
  'lag-counts-from-last-growth',
  'restart-counts-what-waits-from-its-last-row',
  'what-came-unseen-is-new',
  'what-no-hint-told-of-is-new',
  'a-new-file-is-as-old-as-its-last-byte',
  'what-is-taken-up-again-is-new',
  'what-does-not-tell-its-state-was-looked-at',
  'what-waits-is-as-old-as-the-file',
  'counts-skipped-bytes-as-never-read',
  'counts-what-was-read-twice',
  'reload-forgets-what-a-flow-did',
  'name-leads-to-a-file-that-is-read',
]);

/** The text of `file` with the bug in it. Throws unless every place stands in it exactly once. */
export function plantIn(file: string, source: string, bug: PlantedBug): string {
  let text = source;
  for (const { find, replace } of bug.filter((edit) => edit.file === file)) {
    const pieces = text.split(find);
    if (pieces.length !== 2) {
      throw new Error(`the place for a planted bug stands ${pieces.length - 1} times in src/${file}: ${find}`);
    }
    text = pieces.join(replace);
  }
  return text;
}
