/**
 * A flow as it stands, for whoever asks: `status`, metrics, health, the service manager's line.
 *
 * Making a view costs next to nothing. What needs a walk over all files is made when it is asked for, as metrics do not want
 * 10,000 files one by one. Read a view at once: what is asked for later shows the flow as it is then. As JSON a view holds
 * everything.
 */
import type { OutcomeCounts } from '../core/outcome-counts.ts';
import type { DestinationStatus, FileStatus, FlowStatus, UnparsableSent, UnreadablePath } from '../core/status.ts';
import type { Generation } from '../tail/generation/generation.ts';
import { cannotRead, fileStatus, type FileTotals, fileTotals } from './file-status.ts';

/** What a flow shows to its view. */
export interface FlowViewSource {
  readonly id: string;
  readonly startedWallMs: number;
  generations(): readonly Generation[];
  unreadable(): readonly UnreadablePath[];
  bytesRead(): number;
  recordsRead(): number;
  readonly counts: OutcomeCounts;
  destinations(): readonly DestinationStatus[];
  unparsableSent(): UnparsableSent;
  unparsableSamples(): readonly string[];
}

/** So many of the files that cannot be read are named in the status; all of them are counted. */
const UNREADABLE_SHOWN_MAX = 20;

export class FlowView implements FlowStatus {
  readonly #flow: FlowViewSource;
  readonly #nowMs: number;
  #totals: FileTotals | undefined;
  #unreadable: readonly UnreadablePath[] | undefined;

  /** `nowMs`: monotonic. */
  constructor(flow: FlowViewSource, nowMs: number) {
    this.#flow = flow;
    this.#nowMs = nowMs;
  }

  get id(): string {
    return this.#flow.id;
  }

  get startedWallMs(): number {
    return this.#flow.startedWallMs;
  }

  get files(): readonly FileStatus[] {
    const faults = new Map(this.#allUnreadable.map((fault) => [fault.path, fault]));
    return this.#flow.generations().map((generation) => fileStatus(generation, this.#nowMs, faults.get(generation.path)));
  }

  get filesTracked(): number {
    return this.#allFiles.filesTracked;
  }

  get filesOpen(): number {
    return this.#allFiles.filesOpen;
  }

  get filesBehind(): number {
    return this.#allFiles.filesBehind;
  }

  get pendingBytes(): number {
    return this.#allFiles.pendingBytes;
  }

  get lagBytes(): number {
    return this.#allFiles.lagBytes;
  }

  get lagSeconds(): number {
    return Math.max(this.#allFiles.lagSeconds, this.#allUnreadable[0]?.seconds ?? 0);
  }

  get filesUnreadable(): number {
    return this.#allUnreadable.length;
  }

  get unreadable(): readonly UnreadablePath[] {
    return this.#allUnreadable.slice(0, UNREADABLE_SHOWN_MAX);
  }

  get bytesRead(): number {
    return this.#flow.bytesRead();
  }

  get recordsRead(): number {
    return this.#flow.recordsRead();
  }

  get outcomes(): FlowStatus['outcomes'] {
    return this.#flow.counts.all();
  }

  get destinations(): readonly DestinationStatus[] {
    return this.#flow.destinations();
  }

  get lastError(): string | undefined {
    const [longest] = this.#allUnreadable;
    return longest === undefined ? undefined : cannotRead(longest);
  }

  get unparsableSent(): UnparsableSent {
    return this.#flow.unparsableSent();
  }

  get unparsableSamples(): readonly string[] {
    return this.#flow.unparsableSamples();
  }

  toJSON(): FlowStatus {
    return {
      id: this.id,
      startedWallMs: this.startedWallMs,
      files: this.files,
      ...this.#allFiles,
      lagSeconds: this.lagSeconds,
      filesUnreadable: this.filesUnreadable,
      unreadable: this.unreadable,
      bytesRead: this.bytesRead,
      recordsRead: this.recordsRead,
      outcomes: this.outcomes,
      destinations: this.destinations,
      lastError: this.lastError,
      unparsableSent: this.unparsableSent,
      unparsableSamples: this.unparsableSamples,
    };
  }

  get #allFiles(): FileTotals {
    this.#totals ??= fileTotals(this.#flow.generations(), this.#nowMs);
    return this.#totals;
  }

  /** Those that failed longest first. */
  get #allUnreadable(): readonly UnreadablePath[] {
    this.#unreadable ??= this.#flow.unreadable().toSorted((left, right) => right.seconds - left.seconds);
    return this.#unreadable;
  }
}
