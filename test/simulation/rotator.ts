/**
 * Rotates one log as logrotate(8) and its kin do, step by step with time between the steps, whether the agent runs or
 * not.
 */
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { FaultPlan } from './fault-plan.ts';
import { Content } from './sim-content.ts';
import type { LogWriter } from './log-writer.ts';
import type { LogPlan, RotationMode } from './scenario.ts';
import type { SimClock } from './sim-clock.ts';
import type { SimDisk } from './sim-disk.ts';
import type { SimRandom } from './sim-random.ts';
import type { Trace } from './trace.ts';

interface RotatorParts {
  readonly clock: SimClock;
  readonly disk: SimDisk;
  readonly random: SimRandom;
  readonly faults: FaultPlan;
  readonly trace: Trace;
  readonly log: LogPlan;
  readonly writer: LogWriter;
  readonly untilMs: number;
}

type Step = () => void;

const COMPRESSED = {
  gzip: { suffix: '.gz', compress: gzipSync },
  zstd: { suffix: '.zst', compress: zstdCompressSync },
} as const;

export class Rotator {
  readonly #parts: RotatorParts;
  readonly #path: string;
  #count = 0;

  constructor(parts: RotatorParts) {
    this.#parts = parts;
    this.#path = `${parts.log.directory}/${parts.log.name}`;
  }

  get rotations(): number {
    return this.#count;
  }

  start(): void {
    const { log, disk } = this.#parts;
    if (log.mode === 'symlink-switch') {
      disk.openForWriting(`${this.#path}.data-0`).close();
      disk.symlink(`${log.name}.data-0`, this.#path);
    }
    if (log.mode !== 'none') this.#again();
  }

  #again(): void {
    const { clock, random, faults, log, untilMs } = this.#parts;
    const burst = faults.hits('rotation-burst', clock.nowMs);
    const delayMs = burst ? random.between(2, 400) : log.rotateEveryMs * random.between(0.5, 1.5);
    if (burst) clock.schedule(delayMs / 2, () => this.#parts.writer.refill(0));
    if (clock.nowMs + delayMs < untilMs) clock.schedule(delayMs, () => this.#rotate());
  }

  #rotate(): void {
    const { disk, log, trace } = this.#parts;
    if (!disk.exists(this.#path) && log.mode !== 'new-names') {
      this.#again();
      return;
    }
    this.#count += 1;
    trace.note('rotation', log.mode, this.#path, this.#count);
    this.#run(this.#steps(log.mode));
  }

  /** Runs the steps one after another: half of the time at once, else after a short delay. */
  #run(steps: readonly Step[]): void {
    const { clock, random } = this.#parts;
    const [step, ...rest] = steps;
    if (step === undefined) {
      this.#again();
      return;
    }
    step();
    const delayMs = random.chance(0.5) ? 0 : random.pick([1, 20, 300]);
    clock.schedule(delayMs, () => this.#run(rest));
  }

  #steps(mode: RotationMode): readonly Step[] {
    const { disk, log, writer } = this.#parts;
    const path = this.#path;
    const reopen = () => writer.reopenSoon(this.#reopenDelayMs());
    const create = () => {
      disk.makeDirectory(log.directory);
      if (!disk.exists(path)) disk.openForWriting(path).close();
    };
    switch (mode) {
      case 'none':
        return [];
      case 'create':
        return [() => this.#shift(), () => disk.rename(path, `${path}.1`), create, reopen];
      case 'nocreate':
        return [() => this.#shift(), () => disk.rename(path, `${path}.1`), log.leaves ? () => writer.finish() : reopen];
      case 'compress':
        return [() => this.#shift(), () => disk.rename(path, `${path}.1`), create, reopen, ...this.#compress(`${path}.1`)];
      case 'delaycompress':
        return [...this.#compress(`${path}.1`), () => this.#shift(), () => disk.rename(path, `${path}.1`), create, reopen];
      case 'dated':
        return [() => disk.rename(path, `${path}-${2026_0000 + this.#count}`), create, reopen, () => this.#removeDated()];
      case 'olddir':
        disk.makeDirectory(`${log.directory}/old`);
        return [
          () => disk.rename(path, `${log.directory}/old/${log.name}-${2026_0000 + this.#count}`),
          create,
          reopen,
          () => this.#removeOld(),
        ];
      case 'copytruncate':
        return [() => this.#shift(), () => this.#copyTo(`${path}.1`), ...this.#lag(), () => this.#truncate()];
      case 'truncate':
        return [() => this.#truncate()];
      case 'link':
        return [() => this.#shift(), () => disk.link(path, `${path}.1`), () => disk.unlink(path), create, reopen];
      case 'copy':
        return [() => this.#shift(), () => this.#copyTo(`${path}.1`)];
      case 'delete-create':
        return [() => disk.unlink(path), create, reopen];
      case 'symlink-switch':
        return this.#switchSteps();
      case 'new-names': {
        const next = `${log.directory}/${this.#newName(this.#count)}`;
        return [() => writer.moveTo(next), () => this.#removeNew()];
      }
      case 'directory-remade':
        return [() => disk.removeTree(log.directory), () => disk.makeDirectory(log.directory), create, reopen];
    }
  }

  #switchSteps(): readonly Step[] {
    const { disk, log } = this.#parts;
    const data = `${this.#path}.data-${this.#count}`;
    const stale = `${this.#path}.data-${this.#count - 1 - log.keepCount}`;
    return [
      () => disk.openForWriting(data).close(),
      () => {
        disk.symlink(`${log.name}.data-${this.#count}`, `${this.#path}.tmp`);
        disk.rename(`${this.#path}.tmp`, this.#path);
      },
      () => this.#parts.writer.reopenSoon(this.#reopenDelayMs()),
      () => {
        if (disk.exists(stale)) disk.unlink(stale);
      },
    ];
  }

  /** `.1` becomes `.2` and so on, compressed or not; the last one is deleted. */
  #shift(): void {
    const { disk, log } = this.#parts;
    for (const suffix of ['', COMPRESSED[log.compression].suffix]) {
      this.#removeIfThere(`${this.#path}.${log.keepCount}${suffix}`);
      for (let number = log.keepCount - 1; number >= 1; number -= 1) {
        const name = `${this.#path}.${number}${suffix}`;
        if (disk.exists(name)) disk.rename(name, `${this.#path}.${number + 1}${suffix}`);
      }
    }
  }

  /** What gzip(1) and zstd(1) do: write the compressed file beside the original, in pieces, then remove the original. */
  #compress(path: string): readonly Step[] {
    const { disk, clock, faults, log } = this.#parts;
    const { suffix, compress } = COMPRESSED[log.compression];
    if (!disk.exists(path) && log.mode === 'delaycompress') return [];
    let goOn: Step = () => {};
    let finish: Step = () => {};
    return [
      () => {
        const { content: original, modifiedWallMs } = disk.inodeAt(path);
        const bytes = Buffer.from(original.bytes.subarray(0, original.lengthBytes));
        const stored = compress(bytes);
        const content = new Content(clock.nowMs, original);
        content.append(bytes, clock.nowMs);
        content.whole = false;
        const half = stored.subarray(0, stored.length >> 1);
        const isEmpty = faults.rate('empty-form', clock.nowMs) > 0;
        const inode = disk.put(`${path}${suffix}`, { content, stored: isEmpty ? stored.subarray(0, 0) : half });
        if (isEmpty) goOn = () => disk.store(inode, half);
        finish = () => {
          content.whole = true;
          disk.store(inode, stored);
          // gzip(1) and logrotate(8) keep the time of the original.
          inode.modifiedWallMs = modifiedWallMs;
        };
      },
      ...(faults.has('empty-form') ? [() => goOn()] : []),
      () => finish(),
      () => disk.unlink(path),
    ];
  }

  /** Between the copy and the cut, a line is written, and maybe read by the agent. */
  #lag(): readonly Step[] {
    const { clock, faults, writer, disk } = this.#parts;
    if (!faults.hits('copy-lag', clock.nowMs)) return [];
    return [() => writer.refill(disk.inodeAt(this.#path).content.lengthBytes)];
  }

  /** Cuts the log in place. Sometimes it is refilled at once to more than it had. */
  #truncate(): void {
    const { disk, random, writer } = this.#parts;
    const { lengthBytes } = disk.inodeAt(this.#path).content;
    disk.truncate(this.#path);
    if (random.chance(0.3)) writer.refill(lengthBytes);
  }

  /** What cp(1) leaves: another inode with the bytes as they are now. */
  #copyTo(path: string): void {
    const { disk, clock } = this.#parts;
    const original = disk.inodeAt(this.#path).content;
    const content = new Content(clock.nowMs, original);
    content.append(original.bytes.subarray(0, original.lengthBytes), clock.nowMs);
    if (disk.exists(path)) disk.unlink(path);
    disk.put(path, { content });
  }

  #removeDated(): void {
    this.#removeIfThere(`${this.#path}-${2026_0000 + this.#count - this.#parts.log.keepCount}`);
  }

  #removeOld(): void {
    const { log } = this.#parts;
    this.#removeIfThere(`${log.directory}/old/${log.name}-${2026_0000 + this.#count - log.keepCount}`);
  }

  #removeNew(): void {
    const { log } = this.#parts;
    this.#removeIfThere(`${log.directory}/${this.#newName(this.#count - 1 - log.keepCount)}`);
  }

  /** A name like `app.2026-11-21.log` or `app-7.log`. */
  #newName(number: number): string {
    const { name, datedNames } = this.#parts.log;
    const two = (digits: number) => String(digits).padStart(2, '0');
    if (datedNames) return name.replace('.log', `.2026-${two(1 + Math.floor(number / 28))}-${two(1 + (number % 28))}.log`);
    return number === 0 ? name : name.replace('.log', `-${number}.log`);
  }

  #removeIfThere(path: string): void {
    if (this.#parts.disk.exists(path)) this.#parts.disk.unlink(path);
  }

  #reopenDelayMs(): number {
    const { random, log } = this.#parts;
    return random.between(0, log.lines.reopenDelayMaxMs);
  }
}
