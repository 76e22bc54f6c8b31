/**
 * The account of every byte, kept by the model beside the agent's own: what the disk handed to the process, what the
 * service told it was accepted, where the store said that each file stood when the process began.
 *
 * Looked at after every event in which the agent ran, and compared where either account changed (in some seeds always),
 * so a bug shows at the step that made it: of each file, read = settled + on its way, and start + read + lost = position
 * where nothing is on its way; of each flow, its files add up to it, delivered = told, read ≤ handed out, and bytes are on
 * their way where records wait to be sent or answered, and nowhere else.
 * And how late each file is, see lateness.ts.
 */
import type { CheckpointRow } from '../../src/core/checkpoint-row.ts';
import { type Outcome, outcomes } from '../../src/core/offset-tracker.ts';
import type { AgentStatus, FileStatus, FlowStatus, FlowTotals, OutcomeCount } from '../../src/core/status.ts';
import type { EventFields } from '../../src/telemetry/events.ts';
import { Lateness, type LatenessParts } from './lateness.ts';
import type { Ledger } from './ledger.ts';
import type { Content } from './sim-content.ts';

/** Records are counted when bytes come to be on their way and when none is any more, and at every such look between. */
const LOOKS_A_RECORD_COUNT = 8;

/** Bytes of a content that a process got to see: ranges in order, apart from each other. */
type Ranges = { start: number; end: number }[];

interface FlowBook {
  /** Different bytes of the flow's files that the disk handed out. */
  handedBytes: number;
  /** Bytes of the files whose records the service told to be accepted. */
  toldBytes: number;
  /** Of those told since the last look: what the process may rightly not have taken for it. */
  doubtBytes: number;
  /** What the flow's own account came to at the last comparison. */
  readBytes: number;
  outcomes: FlowStatus['outcomes'] | undefined;
  isPending: boolean;
  /** When the flow was set up, as far as it was looked at. */
  startedWallMs: number | undefined;
  /** Where files stood, by generation; undefined: not known. */
  starts: ReadonlyMap<number, number> | undefined;
}

export class Account {
  readonly #ledger: Ledger;
  readonly #violated: (what: string) => void;
  readonly lateness: Lateness;
  #books = new Map<string, FlowBook>();
  #ranges = new Map<Content, Ranges>();
  /** What flows did that were set up anew, when they were. */
  #ended = new Map<string, FlowTotals>();
  /** Something happened since the last look that could have changed an account. */
  #due = false;
  /** How often the accounts of a flow were compared. */
  looks = 0;

  constructor(options: LatenessParts) {
    this.#ledger = options.ledger;
    this.lateness = new Lateness(options);
    this.#violated = options.violated;
  }

  /** A process begins, with nothing but the store's rows. */
  begin(rows: readonly CheckpointRow[]): void {
    this.#books = new Map();
    this.#ranges = new Map();
    this.#ended = new Map();
    for (const [flow, ofFlow] of Map.groupBy(rows, (row) => row.flow)) {
      this.#book(flow).starts = new Map(ofFlow.map((row) => [row.generation, row.offset]));
    }
  }

  /** The disk handed bytes [start, end) of `content` to the process. */
  handed(content: Content, start: number, end: number): void {
    const flow = this.#ledger.of(content)?.flow.id;
    if (flow === undefined) return;
    const ranges = this.#ranges.get(content) ?? [];
    this.#ranges.set(content, ranges);
    const newBytes = include(ranges, start, end);
    if (newBytes === 0) return;
    // No reason to compare: what was right before more was handed out is right afterwards.
    this.#book(flow).handedBytes += newBytes;
  }

  /** The service told the process that records made of `bytes` of the flow's files are accepted, or `doubtBytes` fewer. */
  told(flow: string, bytes: number, doubtBytes: number): void {
    const book = this.#book(flow);
    book.toldBytes += bytes;
    book.doubtBytes += doubtBytes;
    this.#due = true;
  }

  /** Something else was done that may change an account. */
  noted(): void {
    this.#due = true;
  }

  /** Compares the accounts of every flow where one of the two changed. */
  look({ flows, ended }: AgentStatus): void {
    const due = this.#due;
    this.#due = false;
    for (const flow of flows) {
      if (!due && !this.#hasChanged(flow)) continue;
      this.#follow(flow, ended);
      this.#checkFlow(flow);
    }
  }

  #hasChanged({ id, bytesRead, outcomes: said }: FlowStatus): boolean {
    const book = this.#book(id);
    return bytesRead !== book.readBytes || said !== book.outcomes;
  }

  /** The line at a generation's end says what became of all of it. */
  finished(account: EventFields<'fileFinished'>): void {
    const { flow, path, generation, startBytes, endBytes, readBytes, deliveredBytes, droppedBytes, lostBytes } = account;
    this.#agree(`${path} is over, its bytes`, readBytes, deliveredBytes + droppedBytes);
    this.#agree(`the end of ${path}, which is over,`, endBytes, startBytes + readBytes + lostBytes);
    const storedBytes = this.#book(flow).starts?.get(generation);
    if (storedBytes !== undefined) this.#agree(`the start of ${path}, which is over,`, startBytes, storedBytes);
  }

  #checkFlow(flow: FlowStatus): void {
    this.looks += 1;
    const book = this.#book(flow.id);
    book.readBytes = flow.bytesRead;
    book.outcomes = flow.outcomes;
    let readBytes = 0;
    let pendingBytes = 0;
    for (const file of flow.files) {
      readBytes += file.readBytes;
      pendingBytes += file.pendingBytes;
      this.#checkFile(file, book.starts?.get(file.generation));
      this.lateness.check(flow.id, file, flow.startedWallMs);
    }
    this.#agree(`bytes of ${flow.id} on their way`, flow.pendingBytes, pendingBytes);
    this.#agree(`bytes read of ${flow.id}`, flow.bytesRead, settledBytes(flow.outcomes) + pendingBytes);
    this.#checkDelivered(flow);
    if (flow.bytesRead > book.handedBytes || flow.bytesRead < readBytes) {
      this.#violated(`check 8: ${flow.id} read ${flow.bytesRead} bytes, its files ${readBytes}, the disk gave ${book.handedBytes}`);
    }
    const begunOrOver = pendingBytes > 0 !== book.isPending;
    book.isPending = pendingBytes > 0;
    if (begunOrOver || this.looks % LOOKS_A_RECORD_COUNT === 0) this.#checkRecords(flow, pendingBytes);
  }

  #checkRecords(flow: FlowStatus, pendingBytes: number): void {
    const records = recordsOnTheirWay(flow);
    if (pendingBytes > 0 !== records > 0) {
      this.#violated(`check 8: ${records} records of ${flow.id} wait to be sent or answered, and ${pendingBytes} bytes are on their way`);
    }
  }

  #checkDelivered({ id, outcomes: { delivered } }: FlowStatus): void {
    const book = this.#book(id);
    const missingBytes = book.toldBytes - delivered.bytes;
    // What was in doubt is known by now.
    if (missingBytes > 0 && missingBytes <= book.doubtBytes) {
      book.toldBytes = delivered.bytes;
    }
    book.doubtBytes = 0;
    this.#agree(`bytes delivered of ${id}`, delivered.bytes, book.toldBytes);
  }

  #checkFile(file: FileStatus, storedBytes: number | undefined): void {
    const { path, readBytes, pendingBytes, startBytes, positionBytes } = file;
    this.#agree(`bytes read of ${path}`, readBytes, settledBytes(file.outcomes) + pendingBytes);
    if (storedBytes !== undefined) this.#agree(`start of ${path}`, startBytes, storedBytes);
    const endBytes = startBytes + readBytes + (file.outcomes.lost?.bytes ?? 0);
    if (pendingBytes === 0) this.#agree(`position in ${path}`, positionBytes, endBytes);
    else if (positionBytes < startBytes || positionBytes >= endBytes) {
      this.#violated(`check 8: ${path} stands at ${positionBytes}, from ${startBytes} to ${endBytes} it was read`);
    }
  }

  #agree(what: string, said: number, known: number): void {
    if (said !== known) this.#violated(`check 8: ${what}: ${said}, not ${known}`);
  }

  /**
   * A flow that was set up anew within the process counts anew, and goes on where its predecessor was, stored or not. What that
   * one did is not forgotten.
   */
  #follow({ id, startedWallMs }: FlowStatus, ended: readonly FlowTotals[]): void {
    let book = this.#book(id);
    if (book.startedWallMs !== undefined && book.startedWallMs !== startedWallMs) {
      const before = this.#ended.get(id);
      const now = ended.find((flow) => flow.id === id);
      const leastReadBytes = (before?.bytesRead ?? 0) + book.readBytes;
      const leastDeliveredBytes = (before?.outcomes.delivered.bytes ?? 0) + (book.outcomes?.delivered.bytes ?? 0);
      if (now === undefined || now.bytesRead < leastReadBytes || now.outcomes.delivered.bytes < leastDeliveredBytes) {
        this.#violated(`check 8: ${id} was set up anew, and of ${leastReadBytes} bytes that it had read ${now?.bytesRead ?? 0} are counted`);
      }
      if (now !== undefined) this.#ended.set(id, now);
      book = { ...newBook(), handedBytes: book.handedBytes, starts: undefined };
      this.#books.set(id, book);
    }
    book.startedWallMs = startedWallMs;
  }

  #book(flow: string): FlowBook {
    let book = this.#books.get(flow);
    if (book === undefined) {
      book = newBook();
      this.#books.set(flow, book);
    }
    return book;
  }
}

function newBook(): FlowBook {
  const accounts = { handedBytes: 0, toldBytes: 0, doubtBytes: 0, readBytes: 0, outcomes: undefined };
  return { ...accounts, isPending: false, startedWallMs: undefined, starts: new Map() };
}

/** Records of the flow that wait to be sent, or to be answered. */
function recordsOnTheirWay({ destinations }: FlowStatus): number {
  return destinations.reduce((sum, { waitingRecords, inFlightRecords }) => sum + waitingRecords + inFlightRecords, 0);
}

/** What became of bytes that were read. */
function settledBytes(counts: Readonly<Partial<Record<Outcome, OutcomeCount>>>): number {
  let bytes = 0;
  for (const outcome of outcomes) if (outcome !== 'lost') bytes += counts[outcome]?.bytes ?? 0;
  return bytes;
}

/** Adds [start, end) to `ranges`; how many of its bytes are new. */
function include(ranges: Ranges, start: number, end: number): number {
  let newBytes = end - start;
  let first = start;
  let last = end;
  let at = 0;
  while (at < ranges.length) {
    const range = ranges[at];
    if (range === undefined || range.start > end) break;
    if (range.end < start) {
      at += 1;
      continue;
    }
    newBytes -= Math.max(0, Math.min(range.end, end) - Math.max(range.start, start));
    first = Math.min(first, range.start);
    last = Math.max(last, range.end);
    ranges.splice(at, 1);
  }
  ranges.splice(at, 0, { start: first, end: last });
  return newBytes;
}
