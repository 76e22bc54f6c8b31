/**
 * File faults of one flow: each concerns one path, is told once, and taken back when the path can be read again.
 *
 * Invariant: nothing but a `FileFault` is held back; a fault never ends the flow's loop.
 */
import { FileFault } from '../core/errors.ts';
import type { EventSink } from '../telemetry/events.ts';

export class FileFaults {
  readonly #flow: string;
  readonly #events: EventSink;
  /** What was told of each path, as the system names it. */
  readonly #told = new Map<string, string>();

  constructor(flow: string, events: EventSink) {
    this.#flow = flow;
    this.#events = events;
  }

  /** Runs `action` on `path`; where the file cannot be had, that is told, and the next look tries again. */
  async guard(path: string, action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (fault) {
      if (!(fault instanceof FileFault)) throw fault;
      this.tell(fault);
      return;
    }
    if (this.#told.delete(path)) this.#events.emit('fileReadableAgain', { flow: this.#flow, path });
  }

  tell({ code, systemCode, path }: FileFault): void {
    // Gone between two looks: the next look knows what became of it.
    if (code === 'not-found' || code === 'stale') return;
    if (this.#told.get(path) === systemCode) return;
    this.#told.set(path, systemCode);
    const flow = this.#flow;
    if (code === 'too-many-open') this.#events.emit('openFilesExhausted', { flow, path });
    else this.#events.emit('fileUnreadable', { flow, path, reason: systemCode });
  }
}
