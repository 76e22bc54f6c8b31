/**
 * Which lines stood together in one record, in flows that join lines (a part of check 1). A line that begins a record is
 * the first of its record. A line is in the same record however often it is sent. A record is cut only where the limits of
 * lines, bytes or time say so.
 *
 * Frames know the lines' bytes and the times at which they were written, not what the agent did.
 */
import type { FaultPlan } from './fault-plan.ts';
import type { Ledger } from './ledger.ts';
import { STARTS } from './record-form.ts';
import type { FlowPlan, Scenario } from './scenario.ts';
import type { Content, ContentLine } from './sim-content.ts';
import { COMMIT_LOSS_MS } from './sim-store.ts';

/** A record of whole lines, as it was accepted first. */
interface Frame {
  readonly first: number;
  readonly last: number;
  readonly firstMs: number;
}

/** How a writer begins its lines. */
const WRITTEN = /^(?: {2})?f\d\//;
/** A failing store holds a record back for less than this. Then the record is sent although its cut is not stored. */
const UNSTORED_MS = 10_000;
/** A request may be carried out this long after its sender is gone. */
const LATE_MS = 30_000;

export class Frames {
  readonly #parts: { readonly ledger: Ledger; readonly scenario: Scenario; readonly faults: FaultPlan; readonly now: () => number; readonly crashes: readonly number[]; readonly reloads: readonly number[] };
  readonly #frames = new Map<Content, Map<number, Frame>>();

  constructor(parts: { ledger: Ledger; scenario: Scenario; faults: FaultPlan; now: () => number; crashes: readonly number[]; reloads: readonly number[] }) {
    this.#parts = parts;
  }

  /** What is wrong with a record of these lines; undefined: nothing. `mayBeCopy`: whether a copy of the content may have been sent, too. */
  accepted(flow: FlowPlan, texts: readonly string[], mayBeCopy: (content: Content) => boolean): string | undefined {
    const { ledger, now } = this.#parts;
    const lines: ContentLine[] = [];
    // A file that was cut in place may begin with the rest of a line. Several files may begin with the same rest.
    const whole = texts.slice(WRITTEN.test(texts[0] ?? '') ? 0 : 1);
    for (const [index, text] of whole.entries()) {
      const known = ledger.lineOf(flow.id, text);
      const line = known?.holding.content.lines[known.index];
      // A piece of a line is the end of a record, or all of it. The oracle judges the piece.
      if (line === undefined) return index === whole.length - 1 ? undefined : 'a piece of a line within a record';
      lines.push(line);
    }
    const [first] = lines;
    const last = lines.at(-1);
    if (first === undefined || last === undefined) return undefined;
    for (const [index, line] of lines.entries()) {
      if (line.content !== first.content || line.index !== first.index + index) return 'lines that do not follow each other in one record';
      if (index > 0 && STARTS.test(whole[index] ?? '')) return 'a line that begins a record within another one';
    }
    const frames = this.#frames.get(first.content) ?? new Map<number, Frame>();
    this.#frames.set(first.content, frames);
    // The rest of a line counts as one of the record's lines.
    const rest = whole.length < texts.length && first.index === 1 ? first.content.lines[0] : undefined;
    const begins = rest !== undefined && rest.text === texts[0] ? rest : first;
    const frame: Frame = { first: begins.index, last: last.index, firstMs: now() };
    for (let index = frame.first; index <= frame.last; index += 1) {
      const known = frames.get(index);
      if (known === undefined) frames.set(index, frame);
      else if (!isSame(known, frame) && !this.#mayBeForgotten(known) && !mayBeCopy(first.content) && !this.#isExplainedByCut(first.content, frame, known)) {
        return `lines ${frame.first} to ${frame.last} as one record, before that ${known.first} to ${known.last}: ${placeOf(first.content, frame)} and ${placeOf(first.content, known)}`;
      }
    }
    return undefined;
  }

  /** The first record that was cut although no limit says so; undefined: none was. For the end of a run. */
  cutTooEarly(mayBeCopy: (content: Content) => boolean): string | undefined {
    for (const [content, frames] of this.#frames) {
      for (const [index, frame] of frames) {
        if (index !== frame.first || index === 0) continue;
        const before = frames.get(index - 1);
        const line = content.lines[index];
        if (before === undefined || line === undefined || this.#mayBeCut(content, before, line) || mayBeCopy(content)) continue;
        return `lines ${before.first} to ${before.last} and ${frame.first} to ${frame.last} are one record: ${placeOf(content, before)} and ${placeOf(content, frame)}`;
      }
    }
    return undefined;
  }

  #mayBeCut(content: Content, before: Frame, line: ContentLine): boolean {
    const flow = this.#parts.ledger.of(content)?.flow;
    const framing = flow?.features.framing;
    const previous = content.lines[line.index - 1];
    const first = content.lines[before.first];
    if (framing === undefined || previous === undefined || first === undefined) return true;
    if (STARTS.test(line.text)) return true;
    if (before.last - before.first + 1 >= framing.linesMax) return true;
    // The byte order mark at the head of a file counts as long as the record is not complete.
    const markBytes = first.start === 0 && content.order !== undefined ? 3 : 0;
    if (content.recordText(first.start, line.end).length + markBytes > this.#parts.scenario.lineBytesMax) return true;
    return line.completedMs - previous.completedMs >= framing.timeoutMs;
  }

  /**
   * Whether one of the two frames is what a cut of the file left of the other. The agent that starts after the cut may send what is
   * left first: the request that its predecessor made of all lines is carried out late (seed 7421344 --reloads).
   */
  #isExplainedByCut(content: Content, frame: Frame, known: Frame): boolean {
    if (this.#isAllThatIsLeft(content, frame, known)) return true;
    const { crashes, reloads, now } = this.#parts;
    const isLate = [...crashes, ...reloads].some((atMs) => atMs <= known.firstMs && now() <= atMs + LATE_MS);
    return isLate && (content.truncatedMs ?? Infinity) <= known.firstMs && this.#isAllThatIsLeft(content, known, frame);
  }

  /**
   * Whether `frame` is all that is left of `known`: the file was cut, and its copy ends with the frame, because the other lines were
   * written after the copy was made. An agent that has to send `known` again, and has only the copy, has no more lines to join.
   */
  #isAllThatIsLeft(content: Content, frame: Frame, known: Frame): boolean {
    if (content.truncatedMs === undefined || frame.first !== known.first || frame.last > known.last) return false;
    const isEnd = (copy: Content) => copy.copyOf === content && copy.lines.length === frame.last + 1;
    return this.#parts.ledger.holdings.some((holding) => isEnd(holding.content));
  }

  /** Whether the store may not know of the record's cut: it refused commits then, or a crash took the commit back. */
  #mayBeForgotten({ firstMs }: Frame): boolean {
    const { faults, crashes } = this.#parts;
    if (faults.overlaps(['store-busy', 'store-full'], firstMs - UNSTORED_MS, firstMs)) return true;
    return faults.has('lost-commits') && crashes.some((atMs) => atMs >= firstMs - LATE_MS && atMs <= firstMs + COMMIT_LOSS_MS);
  }
}

function isSame(one: Frame, other: Frame): boolean {
  return one.first === other.first && one.last === other.last;
}

/** Where a frame's lines stand, when they were written and when they were accepted. */
function placeOf(content: Content, { first, last, firstMs }: Frame): string {
  const lines = content.lines.slice(first, last + 1);
  const seconds = (timeMs: number) => (timeMs / 1000).toFixed(3);
  const written = lines.map((line) => seconds(line.completedMs)).join(' ');
  return `${lines[0]?.start ?? 0}…${lines.at(-1)?.end ?? 0} of ${content.lengthBytes} (written ${written}, accepted ${seconds(firstMs)})`;
}
