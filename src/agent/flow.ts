/**
 * One flow: its tail, its stages in a row, its destinations, and what became of every byte.
 *
 * Invariant: the byte budget used by the flow = bytes of its spans not resolved yet + the grant of a read under way.
 */
import type { CheckpointSource, Committer } from '../checkpoint/committer.ts';
import type { FlowConfig } from '../config/model.ts';
import type { BudgetAccount, ByteBudget } from '../core/byte-budget.ts';
import type { CheckpointChange } from '../core/checkpoint-row.ts';
import { limits } from '../core/limits.ts';
import type { Resolution } from '../core/offset-tracker.ts';
import { OutcomeCounts } from '../core/outcome-counts.ts';
import type { BatchSource, LineJoiner } from '../core/pipeline.ts';
import type { Clock, Decompression, FileSystem, Now } from '../core/ports.ts';
import type { RecordBatch } from '../core/record-batch.ts';
import { type FlowStatus, nothingUnparsable } from '../core/status.ts';
import type { ChainPreprocessor } from '../preprocess/chain.ts';
import type { RoutedSink } from '../route/router.ts';
import { AfterDelivery } from '../tail/after-delivery.ts';
import { lineCutBytes, lineReadBytes } from '../tail/config.ts';
import type { ContentFiles } from '../tail/content/content.ts';
import { FlowTail } from '../tail/flow-tail.ts';
import type { Generation } from '../tail/generation/generation.ts';
import { Generations } from '../tail/generations.ts';
import type { Footers } from '../tail/lines/footer.ts';
import { Discovery } from '../tail/listing/discovery.ts';
import { Looks } from '../tail/listing/looks.ts';
import { SparingFiles } from '../tail/listing/sparing-files.ts';
import type { ReadBuffers } from '../tail/reading/read-buffers.ts';
import { ReadStep } from '../tail/reading/read-step.ts';
import { SetBacks } from '../tail/reading/set-backs.ts';
import type { Remembered } from '../tail/recognition/remembered.ts';
import type { EventSink } from '../telemetry/events.ts';
import type { LoopBeat } from '../telemetry/loop-watch.ts';
import type { MetricSink } from '../telemetry/metric-sink.ts';
import { discoverySettings, rotatedDiscoverySettings } from './discovery-settings.ts';
import { FlowView, type FlowViewSource } from './flow-view.ts';

/**
 * A file that is written to all the time is looked at once in half the time that its records may wait to be sent. No record leaves
 * later, as its wait in the file counts. Where records may wait 100 ms, 20 files with 50 lines a second each cost 10 % of a core; they
 * cost 17 % when looked at every 15 ms. Two looks are never further apart than this maximum: what a program empties by itself,
 * keeping no copy, is lost where it was not read.
 */
const HINT_PACE_MS_MAX = 100;

export interface FlowParts {
  readonly clock: Clock;
  readonly files: FileSystem;
  readonly decompression: Decompression;
  readonly events: EventSink;
  readonly metrics: MetricSink;
  readonly beat: LoopBeat;
  readonly budget: ByteBudget;
  readonly buffers: ReadBuffers;
  readonly committer: Committer;
  readonly sink: RoutedSink;
  readonly preprocessor: ChainPreprocessor | undefined;
  readonly joiner: LineJoiner | undefined;
  readonly footers: Footers | undefined;
  readonly reconcileMs: number;
  readonly idleCloseMs: number;
  readonly openFilesMax: number;
  /** How long finished files that are gone are remembered. */
  readonly rememberMs: number;
  readonly remembered: Remembered;
}

export class Flow implements CheckpointSource {
  readonly config: FlowConfig;
  readonly #parts: FlowParts;
  readonly #account: BudgetAccount;
  readonly #generations: Generations;
  readonly #content: ContentFiles;
  readonly #tail: FlowTail;
  readonly #looks: Looks;
  readonly #setBacks: SetBacks;
  readonly #startedWallMs: number;
  readonly #counts = new OutcomeCounts();
  readonly #seen: FlowViewSource;
  #readBytes = 0;
  #readRecords = 0;
  #ending = false;
  #closed = false;

  constructor(config: FlowConfig, parts: FlowParts) {
    this.config = config;
    this.#parts = parts;
    this.#startedWallMs = parts.clock.wallMs();
    this.#account = parts.budget.open(config.id, { leastBytes: lineReadBytes(config.tail), crowded: () => parts.sink.crowded ?? false });
    const { tail } = config;
    this.#content = {
      files: new SparingFiles(parts.files, () => this.#generations.room.spare(parts.clock.monotonicMs())),
      decompression: parts.decompression,
    };
    this.#looks = new Looks(lastLookMs(parts), parts.reconcileMs);
    const discovery = new Discovery(parts.files, discoverySettings(config));
    this.#generations = new Generations(
      {
        ...generationSettings(config, parts),
        startMs: parts.clock.monotonicMs(),
        looks: this.#looks,
        content: this.#content,
        lists: (path) => discovery.lists(path),
        onResolve: (generation, resolution) => this.#resolved(generation, resolution),
        onFinished: (generation) => this.#finished(generation),
      },
      parts.remembered,
    );
    const known = () => [...this.#generations.all(), ...this.#generations.finished];
    this.#setBacks = new SetBacks({ lookedWallMs: parts.remembered.lookedWallMs, known });
    this.#tail = new FlowTail({
      flow: config.id,
      files: parts.files,
      clock: parts.clock,
      events: parts.events,
      beat: parts.beat,
      budget: parts.budget,
      account: this.#account,
      content: this.#content,
      idleCloseMs: parts.idleCloseMs,
      openFilesMax: parts.openFilesMax,
      discovery,
      readStep: this.#readStep(),
      generations: this.#generations,
      looks: this.#looks,
      setBacks: this.#setBacks,
      afterDelivery: this.#afterDelivery(),
      readBytesMax: readBytesMax(config),
      reconcileMs: parts.reconcileMs,
      hintPaceMs: Math.min(HINT_PACE_MS_MAX, config.producer.recordMaxBufferedTimeMillis / 2),
      groupTimeoutMs: parts.joiner === undefined ? undefined : tail.multiLineTimeoutMillis,
      commitNow: () => parts.committer.commit(),
    });
    this.#seen = this.#seenAs();
    parts.committer.add(this);
  }

  start(): void {
    this.#tail.start();
  }

  /** Resolves when the flow has looked at its files for the first time. */
  get looked(): Promise<void> {
    return this.#tail.looked;
  }

  /** Stops reading. What was read goes on to its destination. */
  async stopReading(): Promise<void> {
    await this.#tail.stop();
    this.#ending = true;
  }

  /** Sends what waits; resolves when all of it is resolved, or `signal` aborts. */
  async drain(signal: AbortSignal): Promise<void> {
    await this.#parts.sink.drain(signal);
  }

  /** Sends no more; resolves when every request under way is answered and settled, or `signal` aborts. */
  async stopSending(signal: AbortSignal): Promise<void> {
    await this.#parts.sink.close(signal);
  }

  /** Ends the flow. What is not resolved stays unresolved; the positions must be stored before. */
  close(): void {
    this.#parts.committer.remove(this);
    this.#closed = true;
    this.#parts.budget.abandon(this.#account);
  }

  /** Ends reading, but goes on looking at the files: what is rotated away meanwhile is held open for a successor. */
  async pauseReading(): Promise<void> {
    await this.#tail.pause();
  }

  /** Where a successor goes on: what is resolved now, stored or not, and the files that are held open. */
  async handOver(): Promise<Remembered> {
    await this.#tail.release();
    const { clock } = this.#parts;
    const now = { nowMs: clock.monotonicMs(), wallMs: clock.wallMs() };
    const lookedWallMs = this.#looks.lastMs === undefined ? undefined : now.wallMs - (now.nowMs - this.#looks.lastMs);
    return { ...this.#generations.handOver(now), lookedWallMs };
  }

  get pendingBytes(): number {
    return this.#account.usedBytes;
  }

  /** Bytes not accepted of files that have no name any more: the next start cannot read them again. */
  get deletedUnsent(): { readonly files: number; readonly bytes: number } {
    const deleted = [...this.#generations.all()].filter(({ deletedMs, lagBytes }) => deletedMs !== undefined && lagBytes > 0);
    return { files: deleted.length, bytes: deleted.reduce((sum, { lagBytes }) => sum + lagBytes, 0) };
  }

  /** Nothing is waiting to be read or to be resolved. */
  get idle(): boolean {
    return this.#tail.idle && this.#account.usedBytes === 0;
  }

  takeChange(now: Now): CheckpointChange {
    const flow = this.config.id;
    const { upserts, removals, directories } = this.#generations.takeRows(now, { last: this.#ending });
    const lookedWallMs = this.#looks.take(now, upserts.length > 0 || this.#ending);
    return {
      upserts,
      removals: removals.map((generation) => ({ flow, generation })),
      directoriesSeen: directories.map(({ directory, changedMs }) => ({ flow, directory, changedMs })),
      looks: lookedWallMs === undefined ? [] : [{ flow, wallMs: lookedWallMs }],
    };
  }

  restoreChange(change: CheckpointChange): void {
    this.#generations.restore({
      upserts: change.upserts,
      removals: change.removals.map((removal) => removal.generation),
      directories: change.directoriesSeen,
    });
    if (change.looks.length > 0) this.#looks.restore();
  }

  status(): FlowStatus {
    return new FlowView(this.#seen, this.#parts.clock.monotonicMs());
  }

  #seenAs(): FlowViewSource {
    const { sink, preprocessor } = this.#parts;
    return {
      id: this.config.id,
      startedWallMs: this.#startedWallMs,
      generations: () => this.#generations.all(),
      unreadable: () => this.#tail.unreadable,
      bytesRead: () => this.#readBytes,
      recordsRead: () => this.#readRecords,
      counts: this.#counts,
      destinations: () => sink.status(),
      unparsableSent: () => preprocessor?.unparsableSent ?? nothingUnparsable,
      unparsableSamples: () => preprocessor?.unparsableSamples ?? [],
    };
  }

  #afterDelivery(): AfterDelivery | undefined {
    const { afterDelivery, afterDeliverySeconds, moveTo } = this.config.tail;
    if (afterDelivery === 'keep') return undefined;
    return new AfterDelivery({
      flow: this.config.id,
      content: this.#content,
      events: this.#parts.events,
      moveTo: afterDelivery === 'move' ? moveTo : undefined,
      graceMs: afterDeliverySeconds * 1000,
    });
  }

  #readStep(): ReadStep {
    const { clock, buffers, sink, preprocessor, joiner, footers, events } = this.#parts;
    const { tail, preprocess } = this.config;
    return new ReadStep({
      content: this.#content,
      clock,
      buffers,
      setBacks: this.#setBacks,
      lineBytesMax: tail.lineBytesMax,
      cutBytes: lineCutBytes(tail, this.config.destination.kind),
      oversize: tail.oversizeRecords,
      terminator: Buffer.from(this.config.producer.truncatedRecordTerminator),
      joiner,
      joinLinesMax: tail.multiLineLinesMax,
      skipHeaderLines: tail.skipHeaderLines,
      encoding: tail.encoding,
      keepsMark: preprocess.compatibility === 'amazon-kinesis-agent',
      footers,
      needsFirstLine: preprocessor?.needsFirstLine ?? false,
      onRead: (bytes, records) => {
        this.#readBytes += bytes;
        this.#readRecords += records;
      },
      onOversize: (path, oversize) =>
        events.emit('linesOversize', { flow: this.config.id, path, ...oversize, lineBytesMax: tail.lineBytesMax, policy: tail.oversizeRecords }),
      sink: preprocessor === undefined ? (batch, source) => sink.add(batch, source) : (batch, source) => this.#process(preprocessor, batch, source),
    });
  }

  #process(preprocessor: ChainPreprocessor, batch: RecordBatch, source: BatchSource): void {
    const { sink, metrics } = this.#parts;
    const before = preprocessor.unparsableCount;
    const processed = preprocessor.process(batch, source);
    const unparsable = preprocessor.unparsableCount - before;
    if (unparsable > 0) metrics.count('UnparsableLines', unparsable, { Flow: this.config.id });
    if (processed.count > 0) sink.add(processed, source);
  }

  #resolved(generation: Generation, resolution: Resolution): void {
    const { outcome, bytes } = resolution;
    generation.dirty = true;
    generation.counts.add(resolution);
    this.#counts.add(resolution);
    if (this.#closed) return;
    // Lost bytes were never read: no budget was taken for them.
    if (outcome !== 'lost') this.#parts.budget.release(this.#account, bytes);
  }

  /** Logs the account of a finished file: every byte of it since the agent took it up, and what became of it. */
  #finished(generation: Generation): void {
    const { path, originalPath, counts, flow, readBytes, number, tracker } = generation;
    // The file never had a byte: an empty log that is rotated, a file of /proc.
    if (tracker.watermark === 0) return;
    const delivered = counts.of('delivered');
    const lostBytes = counts.of('lost').bytes;
    const dropped = Object.entries(counts.occurred()).filter(([outcome]) => outcome !== 'delivered' && outcome !== 'lost');
    this.#parts.events.emit('fileFinished', {
      flow,
      path: originalPath,
      lastPath: path,
      generation: number,
      startBytes: tracker.startOffset,
      endBytes: tracker.watermark,
      readBytes,
      deliveredBytes: delivered.bytes,
      deliveredRecords: delivered.records,
      droppedBytes: counts.totalBytes - delivered.bytes - lostBytes,
      dropped: dropped.map(([outcome, { bytes }]) => `${outcome} ${bytes} bytes`).join(', '),
      lostBytes,
    });
  }
}

/** When the flow last looked at its files, monotonic; undefined: not known. */
function lastLookMs({ clock, remembered: { lookedWallMs } }: FlowParts): number | undefined {
  return lookedWallMs === undefined ? undefined : clock.monotonicMs() - Math.max(0, clock.wallMs() - lookedWallMs);
}

function generationSettings(config: FlowConfig, parts: FlowParts) {
  const { files, events, clock, idleCloseMs, openFilesMax, rememberMs } = parts;
  const { initialPosition, encoding, ignoreOlderSeconds, deletedFiles } = config.tail;
  const rotated = rotatedDiscoverySettings(config);
  return {
    flow: config.id,
    events,
    idleCloseMs,
    openFilesMax,
    rememberMs,
    initialPosition,
    encoding,
    wallMs: () => clock.wallMs(),
    rotated: rotated === undefined ? undefined : new Discovery(files, rotated),
    ignoreOlderMs: ignoreOlderSeconds === undefined ? undefined : ignoreOlderSeconds * 1000,
    deletedFiles: {
      keepMsMax: deletedFiles.keepSecondsMax === undefined ? undefined : deletedFiles.keepSecondsMax * 1000,
      keepBytesMax: deletedFiles.keepBytesMax,
    },
  };
}

/** One read must hold the longest line and the byte that shows it is too long. */
export function readBytesMax({ tail }: FlowConfig): number {
  return Math.max(limits.readBytesMax, lineReadBytes(tail));
}
