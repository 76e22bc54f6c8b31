/**
 * The model's own knowledge: which bytes were where, when, and what the service has taken.
 *
 * The ledger listens to the disk and to the service, never to the agent. For every content (the bytes of one file between
 * two truncations) it keeps a holding: the names under which the content could be seen, and from when to when.
 */
import { sourceBytesOf } from './record-form.ts';
import type { FlowPlan } from './scenario.ts';
import type { Content } from './sim-content.ts';
import type { DiskObserver, Inode, SimDisk } from './sim-disk.ts';

/** A time during which a content stood under a name. */
export interface Place {
  readonly path: string;
  /** Whether the flow's patterns match the name. */
  readonly matched: boolean;
  /** How many bytes of the original can be read here: for a copy maybe fewer than all, for an unfinished compressed file none. */
  readonly coversBytes: () => number;
  readonly copy: boolean;
  readonly fromMs: number;
  toMs: number;
}

/** One content and all that happened to it. */
export interface Holding {
  readonly flow: FlowPlan;
  readonly content: Content;
  readonly places: Place[];
  /** Files that held it. */
  readonly inodes: Set<Inode>;
  /** Places of copies of it. */
  readonly copies: Place[];
  /** When the content ended: its file was renamed, unlinked or cut, so no more is expected to be written. */
  endedMs: number | undefined;
  /** Index of the last line that was accepted for the first time. */
  lastFirstAccepted: number;
  /** Below this every line is known to be settled. */
  settledBytes: number;
}

/** What was accepted of all lines with the same bytes, which nobody can tell apart. */
export interface Delivery {
  count: number;
  firstMs: number;
  /** Copies that may follow because an answer was lost. */
  lostAnswers: number;
  /** The most bytes of a file that one of these lines stands for. */
  readonly sourceBytes: number;
  /** How many bytes fewer it may stand for. */
  readonly doubtBytes: number;
}

export class Ledger implements DiskObserver {
  readonly #now: () => number;
  readonly #flows: readonly FlowPlan[];
  readonly #disk: SimDisk;
  readonly holdings: Holding[] = [];
  readonly #byContent = new Map<Content, Holding>();
  readonly #contentsOfInode = new Map<number, Holding[]>();
  /** By flow, then by the bytes as latin1 text. */
  readonly #deliveries = new Map<string, Map<string, Delivery>>();
  /** Where each line stands, by flow, then by text. */
  readonly #lines = new Map<string, Map<string, { readonly holding: Holding; readonly index: number }>>();
  /** Contents with lines that are not indexed yet, and how many of their lines are. */
  readonly #grown = new Set<Holding>();
  readonly #knownLines = new Map<Holding, number>();

  constructor(options: { now: () => number; flows: readonly FlowPlan[]; disk: SimDisk }) {
    this.#now = options.now;
    this.#flows = options.flows;
    this.#disk = options.disk;
    for (const { id } of options.flows) {
      this.#deliveries.set(id, new Map());
      this.#lines.set(id, new Map());
    }
    options.disk.observe(this);
  }

  // What the disk tells.

  named(path: string, inode: Inode): void {
    const target = inode.kind === 'link' ? this.#targetOf(path) : inode;
    if (target === undefined || target.kind !== 'file') return;
    const holding = this.#holdingOf(path, target);
    if (holding !== undefined) this.#addPlace(holding, path, target.content);
  }

  unnamed(path: string, inode: Inode): void {
    for (const holding of this.holdings) {
      this.#closePlaces(holding, (place) => place.path === path);
      if (inode.kind === 'file' && inode.content === holding.content) holding.endedMs ??= this.#now();
    }
  }

  appended(inode: Inode): void {
    const holding = this.#byContent.get(inode.content);
    if (holding !== undefined && inode.content.copyOf === undefined) this.#grown.add(holding);
  }

  truncated(inode: Inode, old: Content): void {
    const holding = this.#byContent.get(old);
    if (holding === undefined) return;
    holding.endedMs ??= this.#now();
    const open = holding.places.filter((place) => place.toMs === Infinity);
    this.#closePlaces(holding, () => true);
    for (const place of open) {
      const next = this.#holdingOf(place.path, inode);
      if (next !== undefined) this.#addPlace(next, place.path, inode.content);
    }
  }

  // What the service tells.

  /** Counts one accepted user record. */
  accepted(flow: string, text: string): Delivery {
    const deliveries = this.#deliveries.get(flow);
    if (deliveries === undefined) throw new Error(`no flow ${flow}`);
    let delivery = deliveries.get(text);
    if (delivery === undefined) {
      delivery = { count: 0, firstMs: this.#now(), lostAnswers: 0, ...this.#source(flow, text) };
      deliveries.set(text, delivery);
    }
    delivery.count += 1;
    return delivery;
  }

  delivery(flow: string, text: string): Delivery | undefined {
    return this.#deliveries.get(flow)?.get(text);
  }

  deliveries(flow: string): ReadonlyMap<string, Delivery> {
    return this.#deliveries.get(flow) ?? new Map();
  }

  // What the oracle asks.

  /** The line with these bytes. If several have them, like the header of every file, it is the one that was written last. */
  lineOf(flow: string, text: string): { readonly holding: Holding; readonly index: number } | undefined {
    this.#indexLines();
    return this.#lines.get(flow)?.get(text);
  }

  /** Whether a line with these bytes stands at `start` of some file. */
  standsAt(flow: string, text: string, start: number): boolean {
    const isThere = ({ content }: Holding) => content.lines.some((line) => line.start === start && line.text === text);
    const last = this.lineOf(flow, text);
    return (last !== undefined && last.holding.content.lines[last.index]?.start === start) || this.originals(flow).some(isThere);
  }

  /**
   * Whether only time tells the first `endBytes` of `holding` from those of another file: both have the same bytes and the same inode
   * number, and, where the file system tells when files were made, are even of the same inode.
   */
  hasTwin(holding: Holding, endBytes: number, options: { tellsBirth: boolean }): boolean {
    const text = holding.content.text(0, endBytes);
    for (const inode of holding.inodes) {
      for (const other of this.behind(String(inode.number))) {
        if (other === holding || other.content.text(0, endBytes) !== text) continue;
        if (!options.tellsBirth || other.inodes.has(inode)) return true;
      }
    }
    return false;
  }

  /** Whether a plain file looks like another file of its inode number that grew: it begins with all bytes of that file. */
  looksGrown({ content, inodes }: Holding, { tellsBirth }: { tellsBirth: boolean }): boolean {
    const begins = ({ content: other }: Holding) => other !== content && content.text(0, other.lengthBytes) === other.text(0, other.lengthBytes);
    return !tellsBirth && [...inodes].some((inode) => inode.stored === undefined && this.behind(String(inode.number)).some(begins));
  }

  /** Whether another file of the flow begins with all that `holding` has. */
  looksLikeCopy(holding: Holding): boolean {
    const text = holding.content.text(0, holding.content.lengthBytes);
    return this.originals(holding.flow.id).some(
      (other) => other !== holding && other.content.text(0, text.length) === text,
    );
  }

  /** All contents that ever had the inode number. */
  behind(inode: string): readonly Holding[] {
    return this.#contentsOfInode.get(Number(inode)) ?? [];
  }

  of(content: Content): Holding | undefined {
    return this.#byContent.get(content);
  }

  /** Originals: what the agent is to deliver. */
  originals(flow: string): readonly Holding[] {
    return this.holdings.filter((holding) => holding.flow.id === flow && holding.content.copyOf === undefined);
  }

  /**
   * How many bytes of a file a record stands for. A newline that the agent added, to a cut line or between a piece of a line and the
   * next record, stands in no file.
   */
  #source(id: string, text: string): { readonly sourceBytes: number; readonly doubtBytes: number } {
    const flow = this.#flows.find((candidate) => candidate.id === id);
    if (flow === undefined) throw new Error(`no flow ${id}`);
    const known = this.lineOf(id, text);
    const line = known?.holding.content.lines[known.index];
    const newlineBytes = sourceBytesOf(flow, '\n');
    if (line !== undefined) return { sourceBytes: line.end - line.start, doubtBytes: this.#isEndOfCopy(id, text.slice(0, -1)) ? newlineBytes : 0 };
    const sourceBytes = sourceBytesOf(flow, text);
    const stands = (piece: string) => this.holdings.some(({ flow: { id: own }, content }) => own === id && content.wholeText.includes(piece));
    // A JSON record does not carry the line's newline: nobody can tell whether the rest of a line had one.
    if (!text.endsWith('\n')) return stands(`${text}\n`) ? { sourceBytes: sourceBytes + newlineBytes, doubtBytes: newlineBytes } : { sourceBytes, doubtBytes: 0 };
    // A piece can look like the end of its line: nobody can tell whether the agent added the newline.
    return stands(text) ? { sourceBytes, doubtBytes: newlineBytes } : { sourceBytes: sourceBytes - newlineBytes, doubtBytes: 0 };
  }

  /** Whether a copy ends with `text`. If it was made right before the newline was written, its last line is sent like the whole line. */
  #isEndOfCopy(id: string, text: string): boolean {
    return this.holdings.some(
      ({ flow, content }) => flow.id === id && content.copyOf !== undefined && content.wholeText.endsWith(text),
    );
  }

  #indexLines(): void {
    if (this.#grown.size === 0) return;
    for (const holding of this.#grown) {
      const { lines } = holding.content;
      for (let index = this.#knownLines.get(holding) ?? 0; index < lines.length; index += 1) {
        const line = lines[index];
        if (line !== undefined) this.#lines.get(holding.flow.id)?.set(line.text, { holding, index });
      }
      this.#knownLines.set(holding, lines.length);
    }
    this.#grown.clear();
  }

  #targetOf(path: string): Inode | undefined {
    return this.#disk.exists(path) ? this.#disk.inodeAt(path) : undefined;
  }

  #holdingOf(path: string, inode: Inode): Holding | undefined {
    const known = this.#byContent.get(inode.content);
    if (known !== undefined) {
      this.#noteInode(inode, known);
      return known;
    }
    const flow = this.#flows.find((candidate) => path.startsWith(`${candidate.directory}/`));
    if (flow === undefined) return undefined;
    const history = { endedMs: undefined, lastFirstAccepted: -1, settledBytes: 0 };
    const holding: Holding = { flow, content: inode.content, places: [], copies: [], inodes: new Set(), ...history };
    this.holdings.push(holding);
    this.#byContent.set(inode.content, holding);
    this.#noteInode(inode, holding);
    return holding;
  }

  #noteInode(inode: Inode, holding: Holding): void {
    holding.inodes.add(inode);
    const known = this.#contentsOfInode.get(inode.number) ?? [];
    if (!known.includes(holding)) known.push(holding);
    this.#contentsOfInode.set(inode.number, known);
  }

  #addPlace(holding: Holding, path: string, content: Content): void {
    const original = content.copyOf === undefined ? undefined : this.#byContent.get(content.copyOf);
    const place: Place = {
      path,
      matched: holding.flow.matches(path),
      coversBytes: () => (content.whole ? content.lengthBytes : 0),
      copy: original !== undefined,
      fromMs: this.#now(),
      toMs: Infinity,
    };
    holding.places.push(place);
    original?.copies.push(place);
  }

  #closePlaces(holding: Holding, which: (place: Place) => boolean): void {
    for (const place of holding.places) {
      if (place.toMs === Infinity && which(place)) place.toMs = this.#now();
    }
  }
}
