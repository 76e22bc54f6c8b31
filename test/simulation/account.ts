/**
 * Check 8: the account of every byte. The model keeps books of its own beside the agent's: what the disk handed to the
 * process, what the service told the process was accepted, and where each file stood in the store when the process began.
 *
 * After every event in which the agent ran, the accounts of a flow are compared if either side changed (in some seeds
 * always). So a bug shows at the step that made it.
 * - Each file: read = settled + on their way; where no bytes are on their way, start + read + lost = position.
 * - Each flow: read = settled + on their way, and its files add up to it; delivered = told by the service; read ≤ handed
 *   out by the disk; bytes are on their way exactly while records wait to be sent or answered.
 * The same comparison checks how late each file is (lateness.ts).
 */
import type { CheckpointRow } from '../../src/core/checkpoint-row.ts';
import { type Outcome, outcomes } from '../../src/core/offset-tracker.ts';
import type { AgentStatus, FileStatus, FlowStatus, FlowTotals, OutcomeCount } from '../../src/core/status.ts';
import type { EventFields } from '../../src/telemetry/events.ts';
import { Lateness, type LatenessParts } from './lateness.ts';
import type { Ledger } from './ledger.ts';
import type { Content } from './sim-content.ts';

/** Records are counted when the first bytes come on their way, when the last ones are settled, and at every eighth look. */
const LOOKS_A_RECORD_COUNT = 8;

/** Bytes of a content that a process got to see: ranges in order that neither overlap nor touch. */
type Ranges = { start: number; end: number }[];

interface FlowBook {
  /** Bytes of the flow's files that the disk handed out, each counted once. */
  handedBytes: number;
  /** Bytes of the flow's files whose records the service told the process were accepted. */
  toldBytes: number;
  /** How many of the bytes told since the last look the process may rightly not have counted. */
  doubtBytes: number;
  /** What the agent's account of the flow said at the last comparison. */
  readBytes: number;
  outcomes: FlowStatus['outcomes'] | undefined;
  isPending: boolean;
  /** When the flow was set up, as the last look saw it. */
  startedWallMs: number | undefined;
  /** Where each generation stood when the process began; undefined: not known. */
  starts: ReadonlyMap<number, number> | undefined;
}

export class Account {
  readonly #ledger: Ledger;
  readonly #violated: (what: string) => void;
  readonly lateness: Lateness;
  #books = new Map<string, FlowBook>();
  #ranges = new Map<Content, Ranges>();
  /** What the predecessors of a flow had done when a reload set the flow up anew. */
  #ended = new Map<string, FlowTotals>();
  /** Whether something happened since the last look that can have changed an account. */
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

  /** Something else happened that may change an account. */
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

  /** Checks the event at a generation's end, which says what became of all its bytes. */
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
    // The agent's count decides over the bytes in doubt.
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
   * A flow that was set up anew within the process counts from 0, and goes on where its predecessor was, whether that was stored or
   * not. What the predecessor did must not be forgotten.
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

/** How many of the bytes that were read are settled. Lost bytes were never read. */
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
