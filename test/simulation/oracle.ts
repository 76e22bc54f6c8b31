/**
 * Judges a run by what the model knows (ledger.ts), never by what the agent did or says. Ten checks:
 *  1. Every line that is owed (excuses.ts) was accepted, byte for byte, and nothing was accepted that no file holds.
 *  2. Where order is promised, the lines of a file are first accepted in order, and each under its own key (keys.ts).
 *  3. A line is accepted at most 1 + crashes + reloads + lost answers times.
 *  4. Pending bytes ≤ bytes taken from the budget ≤ the budget.
 *  5. At every commit, each line below the stored position was accepted or rightly left out.
 *  6. Requests keep the limits of the service, and no lane has two records under way (sim-kinesis.ts).
 *  7. After the world has healed, nothing is pending and every position stands behind the last complete line of its file.
 *  8. Bytes read = delivered + dropped + pending (account.ts).
 *  9. The reported lag of every file is right (lateness.ts).
 * 10. Records with random keys keep away from a shard that refuses everything (hot-shard-watch.ts).
 */
import type { CheckpointChange, CheckpointRow } from '../../src/core/checkpoint-row.ts';
import type { AgentStatus } from '../../src/core/status.ts';
import { deaggregate } from '../support/deaggregate.ts';
import { Account } from './account.ts';
import { Excuses, type LifeSpan } from './excuses.ts';
import type { FaultPlan } from './fault-plan.ts';
import { Frames } from './frames.ts';
import { Keys } from './keys.ts';
import type { Delivery, Holding, Ledger } from './ledger.ts';
import { type FormedLine, isLeftOut, linesOf } from './record-form.ts';
import type { FlowPlan, Scenario } from './scenario.ts';
import { MOVED } from './sim-config.ts';
import type { Content, ContentLine } from './sim-content.ts';
import type { Inode } from './sim-disk.ts';
import type { Acceptance, KinesisEars } from './sim-kinesis.ts';
import type { SimStore } from './sim-store.ts';

/** How long a rotated file waits for its log while the log cannot be read. Then it is taken for a file of its own (unread-logs.ts). */
const LOG_AWAITED_MS = 10_000;

/** A file or directory that may not be read for a while. */
export interface Denial extends LifeSpan {
  readonly inode: Inode;
}

interface OracleParts {
  readonly ledger: Ledger;
  readonly scenario: Scenario;
  readonly faults: FaultPlan;
  readonly now: () => number;
  readonly wallOffsetMs: () => number;
  /** Times at which a life of the agent ended before everything was sent and stored. */
  readonly crashes: readonly number[];
  /** Times at which a reload had replaced a flow by its successor. */
  readonly reloads: readonly number[];
  readonly lives: readonly LifeSpan[];
  readonly denials: readonly Denial[];
}

export class Oracle implements KinesisEars {
  readonly #parts: OracleParts;
  readonly #excuses: Excuses;
  readonly #flowOfStream = new Map<string, FlowPlan>();
  readonly #deliveriesOf = new Map<Acceptance, readonly Delivery[]>();
  readonly account: Account;
  readonly #frames: Frames;
  readonly #keys: Keys;
  /** The first thing that was wrong. */
  violation: string | undefined;
  acceptedLines = 0;

  constructor(parts: OracleParts) {
    this.#parts = parts;
    const originals = (flow: string) => parts.ledger.originals(flow);
    this.#excuses = new Excuses({ faults: parts.faults, lives: parts.lives, originals, closesFiles: parts.scenario.openFilesMax !== undefined, tellsBirth: parts.scenario.tellsBirth });
    this.#frames = new Frames(parts);
    this.#keys = new Keys(parts.ledger);
    this.account = new Account({ ...parts, violated: (what) => this.violated(what), holdingsOf: (row) => this.#holdingsOf(row) });
    for (const flow of parts.scenario.flows) this.#flowOfStream.set(flow.stream, flow);
  }

  // While it runs.

  accepted(acceptance: Acceptance): void {
    const flow = this.#flowOfStream.get(acceptance.stream);
    if (flow === undefined) return this.violated(`a record for ${acceptance.stream}`);
    const deliveries: Delivery[] = [];
    const users = usersIn(acceptance, flow);
    const misplaced = this.#keys.recordAccepted(flow, acceptance);
    if (misplaced !== undefined) this.violated(`check 2: ${misplaced}`);
    for (const { text, partitionKey } of users) {
      for (const line of this.#linesOf(text, flow)) {
        const wrong = this.#keys.lineAccepted(flow, line.text, partitionKey);
        if (wrong !== undefined) this.violated(`check 2: ${wrong}: ${shown(line.text)}`);
        const delivery = this.#parts.ledger.accepted(flow.id, line.text);
        deliveries.push(delivery);
        this.acceptedLines += 1;
        if (delivery.count === 1) this.#firstAcceptance(flow, line, text);
      }
    }
    this.#deliveriesOf.set(acceptance, deliveries);
  }

  answered(acceptance: Acceptance, placeKnown: boolean): void {
    const flow = this.#flowOfStream.get(acceptance.stream);
    if (flow === undefined) return;
    let bytes = 0;
    let doubtBytes = 0;
    // If all user records have one key, the Kinesis record has that key, too: it lies in the right shard, whichever that is.
    const isPlaced = placeKnown || keysIn(acceptance) === 1;
    for (const delivery of this.#deliveriesOf.get(acceptance) ?? []) {
      bytes += delivery.sourceBytes;
      // The sender cannot tell whether consumers get the record, so it may send the record again.
      if (!isPlaced) delivery.lostAnswers += 1;
      doubtBytes += isPlaced ? delivery.doubtBytes : delivery.sourceBytes;
    }
    this.account.told(flow.id, bytes, doubtBytes);
  }

  answerLost(acceptance: Acceptance): void {
    for (const delivery of this.#deliveriesOf.get(acceptance) ?? []) delivery.lostAnswers += 1;
  }

  violated(what: string): void {
    this.violation ??= what;
  }

  #linesOf(record: string, flow: FlowPlan): readonly FormedLine[] {
    const { ledger } = this.#parts;
    const lines = linesOf(record, flow, (text) => ledger.lineOf(flow.id, text) !== undefined);
    if (lines === undefined) {
      this.violated(`check 1: a record that ${flow.id} cannot have made: ${shown(record)}`);
      return [];
    }
    if (flow.features.framing !== undefined) {
      const wrong = this.#frames.accepted(flow, lines.map((line) => line.text), (content) => this.#hasUnknownCopy(flow, content));
      if (wrong !== undefined) this.violated(`check 1: ${wrong}: ${shown(record)}`);
    }
    return lines;
  }

  #hasStrayCopy(flow: FlowPlan, content: Content): boolean {
    return this.#strayCopies(flow).some((copy) => copy.content.copyOf === content);
  }

  /**
   * Whether a copy of `content` may have been sent as a file of its own. A copy comes all at once, without the pauses between the
   * original's lines that end joined records. Check 3 allows for such copies, too (seed 8008196).
   */
  #hasUnknownCopy(flow: FlowPlan, content: Content): boolean {
    return this.#unknownCopies(flow).some((copy) => copy.content.copyOf === content);
  }

  /** Copies that nobody can tell from files of their own: stray copies, and copies that look like an older file that grew. */
  #unknownCopies(flow: FlowPlan): readonly Holding[] {
    const { ledger, scenario } = this.#parts;
    const looksGrown = (copy: Holding) => copy.flow.id === flow.id && copy.content.copyOf !== undefined && ledger.looksGrown(copy, scenario);
    return [...this.#strayCopies(flow), ...ledger.holdings.filter(looksGrown)];
  }

  #firstAcceptance(flow: FlowPlan, { text, offset }: FormedLine, record: string): void {
    const { ledger, now } = this.#parts;
    const line = ledger.lineOf(flow.id, text);
    if (line === undefined) {
      if (!this.#isPiece(flow, text)) this.violated(`check 1: a record that no file of ${flow.id} holds: ${shown(text)}`);
      return;
    }
    const { holding, index } = line;
    const known = holding.content.lines[index];
    if (known !== undefined && isLeftOut(flow, known)) this.violated(`check 1: a line that is to be left out: ${shown(text)}`);
    if (offset !== undefined && !ledger.standsAt(flow.id, text, offset)) this.violated(`check 1: a line said to stand at ${offset}: ${shown(text)}`);
    // Lines that the flow does not want have no order either: they can come with a copy that is taken for a file of its own.
    if (known === undefined || this.#excuses.isBeforeFirstLook(holding, known)) return;
    if (flow.key !== 'random' && index < holding.lastFirstAccepted && !this.#excuses.mayBeOvertaken(holding, { line: known, record, nowMs: now() })) {
      this.violated(`check 2: line ${index} after line ${holding.lastFirstAccepted} of its file: ${shown(text)}`);
    }
    holding.lastFirstAccepted = Math.max(holding.lastFirstAccepted, index);
  }

  /** Whether `text` is a piece of an over-long line, or the unfinished last line of a file that has ended or of a copy. */
  #isPiece(flow: FlowPlan, text: string): boolean {
    const { ledger, scenario } = this.#parts;
    const body = bodyOf(text);
    for (const { content, endedMs } of ledger.originals(flow.id)) {
      const all = content.wholeText;
      for (let at = all.indexOf(body); at !== -1; at = all.indexOf(body, at + 1)) {
        const start = all.lastIndexOf('\n', at - 1) + 1;
        const newline = all.indexOf('\n', at);
        const end = newline === -1 ? all.length : newline + 1;
        if (end - start > scenario.lineBytesMax) return true;
        // Only the newline format and JSON add a newline to an unfinished last line.
        if (endedMs !== undefined && (body === text || flow.format === 'newline' || flow.features.names.includes('json'))) return true;
      }
    }
    // A copy ends in the middle of a line if its log did so at that moment. So may a copy that looks like an older file of its
    // inode number that grew (seed 9008491).
    return this.#doubtfulCopies(flow).some(({ content }) => content.wholeText.endsWith(body) || isRestAfter(content, body));
  }

  /**
   * Copies that the agent need not know as copies: they were there before the flow's first look, or a crash took back what the
   * agent knew of them. For the agent, each is a log of its own that has ended.
   */
  #strayCopies(flow: FlowPlan): readonly Holding[] {
    const { ledger, crashes } = this.#parts;
    return ledger.holdings.filter(({ content, flow: { id } }) => {
      const original = content.copyOf === undefined ? undefined : ledger.of(content.copyOf);
      if (original === undefined || id !== flow.id) return false;
      return crashes.length > 0 || this.#excuses.mayBeFirstSeen(content.bornMs);
    });
  }

  /** A process begins. It knows only what the store holds. */
  begins({ rows, looks }: Pick<SimStore, 'rows' | 'looks'>): void {
    this.account.begin(rows);
    this.account.lateness.begin(looks);
    for (const row of rows) this.account.lateness.placed(row);
  }

  /** How often the flow may send the text once more: once for each doubtful copy that holds it. */
  #copiesWith(flow: FlowPlan, text: string): number {
    const body = bodyOf(text);
    return this.#doubtfulCopies(flow).filter(({ content }) => content.wholeText.includes(body)).length;
  }

  /**
   * Copies that the agent may send as files of their own, because a repeated line is better than a lost one: nobody can tell that they
   * are copies, or a clock that was set, or a log that could not be read, hid it.
   */
  #doubtfulCopies(flow: FlowPlan): readonly Holding[] {
    const unknown = new Set(this.#unknownCopies(flow));
    // If the clock is set back between the copy and the cut, the copy seems to be younger than the cut.
    const isLate = ({ content }: Holding) => this.#parts.faults.windows('clock-jump').some(({ fromMs }) => fromMs >= content.bornMs);
    const copies = this.#parts.ledger.holdings.filter(({ content, flow: { id } }) => id === flow.id && content.copyOf !== undefined);
    return copies.filter((copy) => unknown.has(copy) || isLate(copy) || this.#isUntold(copy));
  }

  /**
   * Whether, in one life, the copy was there while its log could not be read for as long as a copy waits. Only its log tells the copy
   * from a file of its own, and a file of its own has to be read some time, even if the log never can be (seed 17004589).
   */
  #isUntold({ content, places }: Holding): boolean {
    const log = content.copyOf === undefined ? undefined : this.#parts.ledger.of(content.copyOf);
    const { denials, lives } = this.#parts;
    return denials.some(({ inode, fromMs, toMs }) => {
      const wasThere = content.bornMs < toMs && places.some((place) => place.toMs > fromMs);
      return wasThere && log?.inodes.has(inode) === true && lives.some((life) => Math.min(toMs, life.toMs) - Math.max(fromMs, life.fromMs) >= LOG_AWAITED_MS);
    });
  }

  /** Check 5, for a commit that is about to take effect. */
  committed(change: CheckpointChange): void {
    for (const row of change.upserts) this.account.lateness.placed(row);
    for (const row of change.upserts) {
      if (row.offset === 0) continue;
      const holdings = this.#holdingsOf(row);
      // A generation that was given up is counted as lost, and its row proves no bytes. Check 1 judges it in the end.
      if (row.tailMarker === '' && row.state === 'finished') continue;
      // The original delivers the lines of a copy that is set aside, or whose original is not cut yet.
      const original = holdings.find(({ content }) => content.copyOf !== undefined)?.content.copyOf;
      if (original !== undefined && (row.state === 'finished' || original.truncatedMs === undefined)) continue;
      if (holdings.length === 0) this.violated(`check 5: a position in bytes that never were: ${describe(row)}`);
      const open = holdings.map((holding) => this.#unsettledLine(holding, row.offset));
      const [line] = open;
      if (line !== undefined && !open.includes(undefined)) {
        const text = shown(line.text);
        this.violated(`check 5: a position beyond what was accepted: ${describe(row)}, not ${text} at ${line.start}`);
      }
    }
  }

  #holdingsOf(row: CheckpointRow): readonly Holding[] {
    const marker = Buffer.from(row.tailMarker, 'hex');
    return this.#parts.ledger.behind(row.inode).filter(({ flow, content }) => {
      const start = row.offset - marker.length;
      if (flow.id !== row.flow || start < 0 || row.offset > content.lengthBytes) return false;
      return content.bytes.compare(marker, 0, marker.length, start, row.offset) === 0;
    });
  }

  /** The first line below `offset` that was neither accepted nor rightly left out. */
  #unsettledLine(holding: Holding, offset: number): ContentLine | undefined {
    const { content, flow } = holding;
    const original = content.copyOf ?? content;
    for (const line of original.lines) {
      if (line.end > offset) break;
      if (line.end <= holding.settledBytes) continue;
      if (!this.#isResolved(flow, line)) return line;
    }
    holding.settledBytes = Math.max(holding.settledBytes, offset);
    return undefined;
  }

  #isResolved(flow: FlowPlan, line: ContentLine): boolean {
    if (this.#isOverLong(line) || isLeftOut(flow, line)) return true;
    const { ledger } = this.#parts;
    if (ledger.delivery(flow.id, line.text) !== undefined) return true;
    if (flow.initialPosition === 'END_OF_FILE') {
      const holding = ledger.originals(flow.id).find((candidate) => candidate.content === line.content);
      return holding !== undefined && !this.#excuses.owes(holding, line);
    }
    return false;
  }

  /** Check 4. Holds at any time. */
  inspect(status: AgentStatus): void {
    const pendingBytes = status.flows.reduce((sum, flow) => sum + flow.pendingBytes, 0);
    if (status.budgetUsedBytes > status.budgetBytes) this.violated(`check 4: ${status.budgetUsedBytes} bytes in use`);
    if (pendingBytes > status.budgetUsedBytes) {
      this.violated(`check 4: ${pendingBytes} bytes pending, ${status.budgetUsedBytes} taken from the budget`);
    }
  }

  // At the end.

  /** Check 7, after the world has been well for a while. */
  healed(status: AgentStatus): void {
    if (status.budgetUsedBytes !== 0) this.violated(`check 7: ${status.budgetUsedBytes} bytes are not resolved`);
    for (const flow of this.#parts.scenario.flows) {
      const files = status.flows.find((candidate) => candidate.id === flow.id)?.files ?? [];
      for (const holding of this.#parts.ledger.originals(flow.id)) {
        const open = holding.places.filter((place) => place.matched && place.toMs === Infinity);
        if (open.length === 0 || holding.content.lengthBytes === 0 || this.#parts.ledger.looksLikeCopy(holding)) continue;
        const paths = new Set(holding.places.map((place) => place.path));
        const file = files.find((candidate) => paths.has(candidate.path) && candidate.sizeBytes === holding.content.lengthBytes);
        const name = open[0]?.path ?? '';
        if (file === undefined) this.violated(`check 7: ${name} is not followed`);
        else if (file.positionBytes < holding.content.lineStart || file.pendingBytes > 0) {
          const { positionBytes, sizeBytes } = file;
          this.violated(`check 7: ${name} stands at ${positionBytes} of ${sizeBytes} bytes`);
        }
      }
    }
  }

  /** The agent deleted or moved the file with this content: every line of it must have been delivered by now. */
  disposed(content: Content, how: string): void {
    const holding = this.#parts.ledger.of(content);
    const line = holding && this.#unsettledLine(holding, content.lengthBytes);
    if (line !== undefined) this.violated(`check 1: ${how} before it was delivered: ${shown(line.text)}`);
  }

  /** Checks 1 and 3. */
  finish(): void {
    for (const { content, places } of this.#parts.ledger.holdings) {
      if (places.some(({ path, toMs }) => toMs === Infinity && path.startsWith(`${MOVED}/`))) this.disposed(content, 'moved');
    }
    const early = this.#frames.cutTooEarly((content) => this.#parts.scenario.flows.some((flow) => this.#hasStrayCopy(flow, content)));
    if (early !== undefined) this.violated(`check 1: cut too early: ${early}`);
    for (const flow of this.#parts.scenario.flows) {
      const expected = this.#expected(flow);
      for (const [text, lines] of expected) {
        const count = this.#parts.ledger.delivery(flow.id, text)?.count ?? 0;
        const owed = count >= lines.length ? 0 : lines.filter((known) => this.#isOwed(known)).length;
        if (count < owed) {
          this.violated(`check 1: lost (${count} of ${owed}): ${shown(text)} ${lines.map(whereabouts).join('; ')}`);
        }
      }
      for (const [text, delivery] of this.#parts.ledger.deliveries(flow.id)) {
        if (delivery.count === 1) continue;
        // Each crash and each reload goes back to the watermark: lines that were accepted beyond a gap come again.
        const returns = [...this.#parts.crashes, ...this.#parts.reloads].filter((atMs) => atMs >= delivery.firstMs).length;
        const lines = expected.get(text)?.length ?? this.#placesOf(flow, text);
        const most = lines * (1 + returns) + delivery.lostAnswers;
        // The agent goes back in doubtful copies, too.
        if (delivery.count > most && delivery.count > most + this.#copiesWith(flow, text) * (1 + returns)) {
          this.violated(`check 3: ${delivery.count} copies, ${most} explained: ${shown(text)}`);
        }
      }
    }
  }

  /**
   * Whether the line has to be delivered. Beyond the excuses, lines that look like those of another file are not owed. A file that
   * begins like another file of its inode number cannot be told from that file before its first different line. A file whose bytes
   * are the beginning of another file is a copy, as far as anyone can tell.
   */
  #isOwed({ holding, line }: { readonly holding: Holding; readonly line: ContentLine }): boolean {
    const { ledger, scenario } = this.#parts;
    if (!this.#excuses.owes(holding, line)) return false;
    return !ledger.hasTwin(holding, line.end, scenario) && !ledger.looksLikeCopy(holding);
  }

  /** How often a piece of a line stands in the flow's files: an over-long line may be cut into equal pieces. */
  #placesOf(flow: FlowPlan, text: string): number {
    const body = bodyOf(text);
    let places = 0;
    for (const { content } of this.#parts.ledger.originals(flow.id)) {
      for (let at = content.wholeText.indexOf(body); at !== -1; at = content.wholeText.indexOf(body, at + body.length)) places += 1;
    }
    return Math.max(1, places);
  }

  #expected(flow: FlowPlan): ReadonlyMap<string, { readonly holding: Holding; readonly line: ContentLine }[]> {
    const expected = new Map<string, { readonly holding: Holding; readonly line: ContentLine }[]>();
    for (const holding of this.#parts.ledger.originals(flow.id)) {
      if (!holding.places.some((place) => place.matched)) continue;
      for (const line of holding.content.lines) {
        if (this.#isOverLong(line) || isLeftOut(flow, line)) continue;
        const text = line.text;
        const known = expected.get(text);
        if (known === undefined) expected.set(text, [{ holding, line }]);
        else known.push({ holding, line });
      }
    }
    return expected;
  }

  #isOverLong(line: ContentLine): boolean {
    const bytes = line.content.order === undefined ? line.end - line.start : line.text.length;
    return bytes > this.#parts.scenario.lineBytesMax;
  }
}

/** The lines of one Kinesis record as its consumer gets them, each with the partition key of its user record. */
function usersIn(acceptance: Acceptance, flow: FlowPlan): readonly { readonly text: string; readonly partitionKey: string }[] {
  return deaggregate(acceptance, acceptance.range).flatMap(({ data, partitionKey }) => {
    const text = data.toString('latin1');
    const texts = flow.format === 'newline' ? (text.match(/[^\n]*\n|[^\n]+$/g) ?? []) : [text];
    return texts.map((line) => ({ text: line, partitionKey }));
  });
}

/** How many different partition keys the user records of a Kinesis record have. */
function keysIn({ data, partitionKey }: Acceptance): number {
  return new Set(deaggregate({ data, partitionKey }).map((user) => user.partitionKey)).size;
}

/** Whether `body` is what the copy lacks of its last line: a newer copy with the same inode number is read on from there. */
function isRestAfter({ copyOf, lengthBytes }: Content, body: string): boolean {
  if (copyOf === undefined || body.includes('\n')) return false;
  return copyOf.recordText(lengthBytes, copyOf.lengthBytes).startsWith(`${body}\n`);
}

/** The part of a record that surely stands in a file: the agent may have added the newline behind a piece of a line. */
function bodyOf(text: string): string {
  return text.endsWith('\n') && text.length > 1 ? text.slice(0, -1) : text;
}

function shown(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 40)}…${text.slice(-15)}` : text);
}

/** Where a line stood, and when. */
function whereabouts({ holding, line }: { readonly holding: Holding; readonly line: ContentLine }): string {
  const seconds = (timeMs: number) => (timeMs / 1000).toFixed(3);
  const places = [...holding.places, ...holding.copies].map(
    (place) => `${place.path}${place.copy ? ' (copy)' : ''} ${seconds(place.fromMs)}…${seconds(place.toMs)}`,
  );
  const cut = holding.content.truncatedMs === undefined ? '' : `, cut ${seconds(holding.content.truncatedMs)}`;
  return `written ${seconds(line.completedMs)} at ${line.start}${cut}, in ${places.join(', ')}`;
}

function describe(row: CheckpointRow): string {
  return `${row.path} generation ${row.generation} (${row.state}, inode ${row.inode}) at ${row.offset}`;
}
