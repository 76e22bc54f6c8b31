/**
 * One flow's tail on the real file system, so that tests can rotate real files under it. Its destination accepts
 * everything, or nothing while it is held. `crash` and `start` make a restart: what was not committed is forgotten.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve as resolvePath } from 'node:path';
import { expect } from 'vitest';
import { ByteBudget } from '../../src/core/byte-budget.ts';
import type { CheckpointRow, DirectorySeen } from '../../src/core/checkpoint-row.ts';
import { limits } from '../../src/core/limits.ts';
import type { Span } from '../../src/core/offset-tracker.ts';
import type { FileHandle, FileStat, FileSystem, Timer } from '../../src/core/ports.ts';
import { NodeClock } from '../../src/platform/node-clock.ts';
import { NodeDecompression } from '../../src/platform/node-decompression.ts';
import { NodeFileSystem } from '../../src/platform/node-file-system.ts';
import { AfterDelivery } from '../../src/tail/after-delivery.ts';
import { FlowTail } from '../../src/tail/flow-tail.ts';
import { Generations } from '../../src/tail/generations.ts';
import { multiLineJoiner } from '../../src/tail/lines/multiline.ts';
import { type Encoding, readBytesFor } from '../../src/tail/lines/utf16.ts';
import { Discovery, type DiscoverySettings, type Listing, type LookRequest } from '../../src/tail/listing/discovery.ts';
import { Looks } from '../../src/tail/listing/looks.ts';
import { ReadBuffers } from '../../src/tail/reading/read-buffers.ts';
import { ReadStep } from '../../src/tail/reading/read-step.ts';
import { SetBacks } from '../../src/tail/reading/set-backs.ts';
import type { EventFields, EventName } from '../../src/telemetry/events.ts';

export interface HarnessOptions {
  readonly pattern: string | readonly string[];
  readonly initialPosition?: 'END_OF_FILE' | 'START_OF_FILE';
  readonly exclude?: readonly string[];
  readonly skipHeaderLines?: number;
  readonly multiLineStartPattern?: string;
  readonly multiLineTimeoutMillis?: number;
  readonly lineBytesMax?: number;
  readonly rotatedPattern?: string;
  readonly ignoreOlderMs?: number;
  readonly deletedKeepMsMax?: number;
  readonly deletedKeepBytesMax?: number;
  /** `moveTo`: a path, or a name in the harness's directory. */
  readonly afterDelivery?: { readonly moveTo?: string; readonly graceMs: number };
  readonly encoding?: Encoding;
  /** The device that `stat` tells for files, as on an overlay file system. Directories tell their real one. */
  readonly fileDevice?: string;
  readonly keepsMark?: boolean;
  /** How many seconds pass for the tail in a real second: for tests in which it waits for long. */
  readonly clockSpeed?: number;
  readonly openFilesMax?: number;
  readonly reconcileMs?: number;
}

const BUDGET_BYTES = 8 * 1024 * 1024;

/** Fast wall clocks of all starts run from here, so that a later start does not see an earlier time. */
const BEGUN_WALL_MS = Date.now();

class FastClock extends NodeClock {
  readonly #speed: number;

  constructor(speed: number) {
    super();
    this.#speed = speed;
  }

  override monotonicMs(): number {
    return super.monotonicMs() * this.#speed;
  }

  override wallMs(): number {
    return BEGUN_WALL_MS + (super.wallMs() - BEGUN_WALL_MS) * this.#speed;
  }

  override sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return super.sleep(delayMs / this.#speed, signal);
  }

  override setTimer(delayMs: number, callback: () => void): Timer {
    return super.setTimer(delayMs / this.#speed, callback);
  }
}

const RECONCILE_MS = 200;
const IDLE_CLOSE_MS = 60_000;

interface FileHooks {
  readonly onRename: (from: string) => void;
  readonly onOpen: (path: string) => void;
  readonly onStatOpen: (path: string) => void;
  readonly fileDevice: string | undefined;
}

class WatchedFiles extends NodeFileSystem {
  readonly #hooks: FileHooks;

  constructor(hooks: FileHooks) {
    super();
    this.#hooks = hooks;
  }

  override async open(path: string): Promise<FileHandle> {
    this.#hooks.onOpen(path);
    const handle = await super.open(path);
    const stat = async () => {
      this.#hooks.onStatOpen(path);
      return this.#onDevice(await handle.stat());
    };
    return { read: (buffer, place) => handle.read(buffer, place), stat, close: () => handle.close() };
  }

  override async stat(path: string): Promise<FileStat> {
    return this.#onDevice(await super.stat(path));
  }

  #onDevice(stat: FileStat): FileStat {
    return stat.kind === 'file' ? { ...stat, device: this.#hooks.fileDevice ?? stat.device } : stat;
  }

  override rename(from: string, to: string): Promise<void> {
    this.#hooks.onRename(from);
    return super.rename(from, to);
  }
}

class WatchedDiscovery extends Discovery {
  readonly #onLook: () => void;

  constructor(files: FileSystem, onLook: () => void, settings: DiscoverySettings) {
    super(files, settings);
    this.#onLook = onLook;
  }

  override async look(request: LookRequest): Promise<Listing> {
    const listing = await super.look(request);
    this.#onLook();
    return listing;
  }
}

export class TailHarness {
  readonly directory = mkdtempSync(join(tmpdir(), 'kinship-tail-'));
  readonly records: string[] = [];
  readonly events: { readonly name: EventName; readonly fields: Record<string, unknown> }[] = [];
  readonly dropped = new Map<string, number>();
  /** Called right before the tail renames a file. */
  onRename: (from: string) => void = () => undefined;
  /** Called right before the tail opens a file. If it throws, opening fails with that error. */
  onOpen: (path: string) => void = () => undefined;
  /** Called right before `stat` on a file that was opened as `path`. If it throws, `stat` fails with that error. */
  onStatOpen: (path: string) => void = () => undefined;
  readonly #options: HarnessOptions;
  #rows = new Map<number, CheckpointRow>();
  readonly #directories = new Map<string, DirectorySeen>();
  #held: { span: Span; bytes: number; records: number }[] | undefined;
  #tail: FlowTail | undefined;
  #generations: Generations | undefined;
  #clock: FastClock | undefined;
  #onRecord: (() => void) | undefined;
  #failing = 0;
  readonly #failed = Promise.withResolvers<void>();
  #looked = Promise.withResolvers<void>();

  constructor(options: HarnessOptions) {
    this.#options = options;
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  /** How many files the tail holds open. */
  get openCount(): number {
    return this.#generations?.all().filter(({ handle }) => handle !== undefined).length ?? 0;
  }

  start(): void {
    const clock = new FastClock(this.#options.clockSpeed ?? 1);
    this.#clock = clock;
    const looks = new Looks(undefined, this.#options.reconcileMs ?? RECONCILE_MS);
    const files = new WatchedFiles({ onRename: (from) => this.onRename(from), onOpen: (path) => this.onOpen(path), onStatOpen: (path) => this.onStatOpen(path), fileDevice: this.#options.fileDevice });
    const content = { files, decompression: new NodeDecompression() };
    const budget = new ByteBudget(BUDGET_BYTES);
    const account = budget.open('flow');
    const options = this.#options;
    const lineBytesMax = options.lineBytesMax ?? 1024 * 1024;
    const events = {
      emit: <Name extends EventName>(name: Name, fields: EventFields<Name>) => {
        this.events.push({ name, fields: { ...fields } });
        this.#onRecord?.();
      },
    };
    const patterns = typeof options.pattern === 'string' ? [options.pattern] : options.pattern;
    const discovery = new WatchedDiscovery(files, () => this.#looked.resolve(), {
      patterns: patterns.map((pattern) => join(this.directory, pattern)),
      exclude: options.exclude ?? [],
      javaGlobs: false,
    });
    const generations = new Generations(
      {
        flow: 'flow',
        startMs: clock.monotonicMs(),
        looks,
        content,
        idleCloseMs: IDLE_CLOSE_MS,
        openFilesMax: options.openFilesMax ?? 100,
        events,
        initialPosition: options.initialPosition ?? 'START_OF_FILE',
        encoding: options.encoding ?? 'utf-8',
        wallMs: () => clock.wallMs(),
        lists: (path) => discovery.lists(path),
        rotated:
          options.rotatedPattern === undefined
            ? undefined
            : new Discovery(files, { patterns: [join(this.directory, options.rotatedPattern)], exclude: [], javaGlobs: false }),
        ignoreOlderMs: options.ignoreOlderMs,
        deletedFiles: { keepMsMax: options.deletedKeepMsMax, keepBytesMax: options.deletedKeepBytesMax },
        rememberMs: 3_600_000,
        onResolve: (generation, { outcome, bytes }) => {
          generation.dirty = true;
          if (outcome !== 'delivered') this.dropped.set(outcome, (this.dropped.get(outcome) ?? 0) + bytes);
          if (outcome !== 'lost') budget.release(account, bytes);
        },
        onFinished: () => undefined,
      },
      { rows: [...this.#rows.values()], directories: [...this.#directories.values()], lookedWallMs: undefined },
    );
    const joiner = multiLineJoiner(options.multiLineStartPattern === undefined ? {} : { multiLineStartPattern: options.multiLineStartPattern });
    this.#generations = generations;
    const setBacks = new SetBacks({ lookedWallMs: undefined, known: () => [...generations.all(), ...generations.finished] });
    this.#tail = new FlowTail({
      flow: 'flow',
      files,
      clock,
      events,
      beat: { beat: () => undefined, end: () => undefined },
      budget,
      account,
      generations,
      looks,
      setBacks,
      afterDelivery:
        options.afterDelivery &&
        new AfterDelivery({
          flow: 'flow',
          content,
          events,
          moveTo: options.afterDelivery.moveTo && resolvePath(this.directory, options.afterDelivery.moveTo),
          graceMs: options.afterDelivery.graceMs,
        }),
      content,
      idleCloseMs: IDLE_CLOSE_MS,
      openFilesMax: options.openFilesMax ?? 100,
      discovery,
      readStep: new ReadStep({
        content,
        clock,
        setBacks,
        buffers: new ReadBuffers(readBytesFor(lineBytesMax) + limits.nearBytesMax + 1),
        lineBytesMax,
        oversize: 'truncate',
        joiner,
        joinLinesMax: 1000,
        skipHeaderLines: options.skipHeaderLines ?? 0,
        encoding: options.encoding ?? 'utf-8',
        keepsMark: options.keepsMark ?? false,
        needsFirstLine: false,
        onRead: () => undefined,
        onOversize: () => undefined,
        sink: (batch, { span }) => {
          let bytes = 0;
          for (let index = 0; index < batch.count; index += 1) {
            this.records.push(batch.record(index).toString());
            bytes += batch.sourceBytes[index] ?? 0;
          }
          if (this.#held === undefined) span.resolve('delivered', bytes, batch.count);
          else this.#held.push({ span, bytes, records: batch.count });
          this.#onRecord?.();
        },
      }),
      readBytesMax: options.encoding === undefined ? lineBytesMax + 1 : readBytesFor(lineBytesMax),
      reconcileMs: options.reconcileMs ?? RECONCILE_MS,
      hintPaceMs: 0,
      groupTimeoutMs: joiner === undefined ? undefined : (options.multiLineTimeoutMillis ?? 200),
      commitNow: () => this.#storeRows(),
    });
    this.#tail.start();
  }

  /** Stores what the checkpoint store of an agent would store now. */
  commit(): void {
    this.#storeRows();
  }

  /** The next `count` commits fail; resolves when they have. */
  failCommits(count: number): Promise<void> {
    this.#failing = count;
    return this.#failed.promise;
  }

  #storeRows(): boolean {
    if (this.#failing > 0) {
      this.#failing -= 1;
      if (this.#failing === 0) this.#failed.resolve();
      return false;
    }
    const change = this.#generations?.takeRows({ nowMs: this.#clock?.monotonicMs() ?? 0, wallMs: this.#clock?.wallMs() ?? 0 });
    if (change === undefined) return false;
    for (const row of change.upserts) this.#rows.set(row.generation, row);
    for (const number of change.removals) this.#rows.delete(number);
    for (const seen of change.directories) this.#directories.set(seen.directory, seen);
    return true;
  }

  /** What the checkpoint store holds. */
  get rows(): readonly CheckpointRow[] {
    return [...this.#rows.values()];
  }

  /** From now on the destination accepts nothing, until `release`. */
  hold(): void {
    this.#held ??= [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const { span, bytes, records } of held) span.resolve('delivered', bytes, records);
  }

  async stop(): Promise<void> {
    await this.crash();
    this.commit();
  }

  /** Ends the tail. Nothing is stored after the last `commit`. */
  async crash(): Promise<void> {
    await this.#tail?.stop();
    this.#tail = undefined;
  }

  async end(): Promise<void> {
    await this.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Resolves when `condition` holds. It is asked whenever something was read or reported. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#onRecord = resolve;
      });
    }
  }

  /** Resolves at the next look at the files, right after they are listed. */
  async nextLook(): Promise<void> {
    this.#looked = Promise.withResolvers<void>();
    await this.#looked.promise;
  }

  /** Resolves when as many records as these have arrived; rejects unless they are these, in any order. */
  async untilRecords(expected: readonly string[]): Promise<void> {
    await this.until(() => this.records.length >= expected.length);
    expect(this.records.toSorted()).toEqual(expected.toSorted());
  }
}
