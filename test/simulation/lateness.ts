/**
 * Check 9: how late files are, by the model's knowledge. A part of the account (account.ts).
 *
 * The lag that the agent reports for a file is the age of the file's oldest waiting byte. Three rules follow:
 * - the lag is at least as long as the line at the position has been complete, as far as the agent could see that;
 * - in a file that was watched all the time, the lag is not much longer than the first byte of that line has been there;
 * - while the position stands still, the lag grows with the time.
 */
import type { CheckpointRow, FlowLook } from '../../src/core/checkpoint-row.ts';
import type { FileStatus } from '../../src/core/status.ts';
import { type FaultKind, type FaultPlan, fileFaults } from './fault-plan.ts';
import type { Holding, Ledger } from './ledger.ts';
import type { Scenario } from './scenario.ts';
import type { Content, ContentLine } from './sim-content.ts';

export interface LatenessParts {
  readonly ledger: Ledger;
  readonly scenario: Scenario;
  readonly faults: FaultPlan;
  readonly now: () => number;
  /** What wall clocks read at time 0. */
  readonly wallOffsetMs: () => number;
  /** Contents that the file of a row may hold. */
  readonly holdingsOf: (row: CheckpointRow) => readonly Holding[];
  readonly violated: (what: string) => void;
}

interface Lag {
  readonly positionBytes: number;
  readonly lagSeconds: number;
  readonly atMs: number;
}

/** What is known of a generation. */
interface Followed {
  /** The row that was stored last: it tells which file the generation is. */
  row: CheckpointRow | undefined;
  /** Contents that this file may hold. */
  holdings: readonly Holding[];
  /** How many contents with the file's inode number reached its position when `holdings` was found. */
  contents: number;
  /** At the last look. */
  lag: Lag | undefined;
}

/** A write is seen within this time if nothing hurts reading: at the latest by the second look. */
const SEEN_MS = 10_000;
/** For rounding. */
const TOLERANCE_MS = 1;
/** Bytes that come within a second share one age. Of a backlog, the agent keeps few ages: a lag is right to one part in `AGES`. */
const STEP_MS = 1000;
const AGES = 16;
/** While a compressed file is being written, its content cannot be read. */
const COMPRESSED = /\.(gz|zst)$/;
const HURTS_SEEING: readonly FaultKind[] = [...fileFaults, 'watch-limit'];

export class Lateness {
  readonly #parts: LatenessParts;
  /** By flow, then by the generation's number. */
  #generations = new Map<string, Map<number, Followed>>();
  /** By flow and generation: contents of the files in which the generation was before its present one, in any process. */
  readonly #heldBefore = new Map<string, Set<Content>>();
  #beganMs = 0;
  /** When the process last showed that it runs. */
  #aliveMs = 0;
  /** Times in which no process ran. */
  readonly #gaps: { readonly fromMs: number; readonly toMs: number }[] = [];
  /** When each flow had last looked at its files before the process began, as the store tells. */
  #lookedWallMs: ReadonlyMap<string, number> = new Map();
  /** How often the age of a byte was compared. */
  looks = 0;

  constructor(parts: LatenessParts) {
    this.#parts = parts;
  }

  /** A process begins, for which the store holds `looks`. */
  begin(looks: readonly FlowLook[]): void {
    this.#lookedWallMs = new Map(looks.map((look) => [look.flow, look.wallMs]));
    this.#generations = new Map();
    this.#beganMs = this.#parts.now();
    this.#gaps.push({ fromMs: this.#aliveMs, toMs: this.#beganMs });
  }

  /** A row of the store tells which file a generation is. */
  placed(row: CheckpointRow): void {
    this.#aliveMs = this.#parts.now();
    const followed = this.#followed(row.flow, row.generation);
    if (followed.row !== undefined && followed.row.inode !== row.inode) {
      const before = this.#heldBefore.getOrInsertComputed(`${row.flow} ${row.generation}`, () => new Set());
      for (const { content } of this.#mayHold(followed)) before.add(content);
    }
    followed.row = row;
    followed.contents = 0;
  }

  /**
   * Contents that a generation may hold. Among them are contents that got its inode number after its row was stored and go on from
   * the same bytes: where only a header was read, and the file system tells no births, each may be the file for all anyone can know.
   */
  #mayHold(followed: Followed): readonly Holding[] {
    const { row } = followed;
    if (row === undefined) return [];
    const contents = this.#parts.ledger.behind(row.inode).filter(({ content }) => content.lengthBytes >= row.offset).length;
    if (followed.contents === contents) return followed.holdings;
    // An empty file is known by its inode number alone: the generation can go on in any other file with that number.
    const isProved = row.tailMarker !== '' || row.head.lengthBytes > 0;
    followed.holdings = isProved ? this.#parts.holdingsOf(row).filter((holding) => isMadeThen(holding, row)) : [];
    followed.contents = contents;
    return followed.holdings;
  }

  /** `setUpWallMs`: when the flow was set up. */
  check(flow: string, file: FileStatus, setUpWallMs: number): void {
    const { positionBytes, lagSeconds } = file;
    const atMs = this.#parts.now();
    this.#aliveMs = atMs;
    const followed = this.#followed(flow, file.generation);
    const { lag: before } = followed;
    const holdings = this.#mayHold(followed);
    followed.lag = { positionBytes, lagSeconds, atMs };
    if (holdings.length === 0 || COMPRESSED.test(file.path) || holdings.some(isJoined) || this.#parts.faults.has('clock-jump')) return;
    const lines: ContentLine[] = [];
    for (const { content } of holdings) {
      const line = lineAt(content, positionBytes);
      if (line === undefined) return;
      lines.push(line);
    }
    this.looks += 1;
    this.#checkYoungest(flow, file, { lines, holdings });
    this.#checkOldest(flow, file, { holdings, setUpMs: setUpWallMs - this.#parts.wallOffsetMs() });
    if (before !== undefined && before.positionBytes === positionBytes) this.#checkGrowth(file, before, lines);
  }

  #followed(flow: string, generation: number): Followed {
    const generations = this.#generations.getOrInsertComputed(flow, () => new Map<number, Followed>());
    return generations.getOrInsertComputed(generation, () => ({ row: undefined, holdings: [], contents: 0, lag: undefined }));
  }

  /** The lag must be at least as long as the line has been complete. */
  #checkYoungest(flow: string, file: FileStatus, { lines, holdings }: { lines: readonly ContentLine[]; holdings: readonly Holding[] }): void {
    const { path, generation, lagSeconds, positionBytes, sizeBytes } = file;
    const completeMs = Math.max(...lines.map((line) => line.completedMs));
    const waitsMs = this.#parts.now() - completeMs;
    // Long enough, whenever the agent looked.
    if (lagSeconds * 1000 >= waitsMs - TOLERANCE_MS) return;
    const lookedMs = Math.min(this.#beganMs, (this.#lookedWallMs.get(flow) ?? Infinity) - this.#parts.wallOffsetMs());
    const sinceTold = lines.every((line) => lookedMs < line.completedMs) || holdings.every((holding) => this.#tellsBirth(holding));
    const seenMs = this.#unseenMs(completeMs);
    const unseenMs = Math.min(seenMs, this.#writtenOnMs(holdings, completeMs, completeMs + seenMs));
    if (!sinceTold || lagSeconds * 1000 >= waitsMs - unseenMs - TOLERANCE_MS || lines.some((line) => line.end > sizeBytes)) return;
    if (this.#foundSince(flow, file, holdings).some((content) => isCoveredBy(lagSeconds, lineAt(content, positionBytes), this.#parts.now()))) return;
    this.#violated(`${path} generation ${generation} is ${lagSeconds} s late, but a line waits for ${waitsMs / 1000} s`);
  }

  /**
   * Contents in which the generation may have been found after its row was stored: files at its new path that begin with all that
   * the row tells. Such a file is the generation's, for all that anyone can know; the next row will say so.
   */
  #foundSince(flow: string, { path, generation }: FileStatus, known: readonly Holding[]): readonly Content[] {
    const { row } = this.#followed(flow, generation);
    if (row === undefined || row.path === path) return [];
    const toldBytes = Math.max(row.offset, row.head.lengthBytes);
    const isThere = ({ places }: Holding) => places.some((place) => place.path === path && place.toMs === Infinity);
    const contents = this.#parts.ledger.holdings.filter((holding) => isThere(holding) && !known.includes(holding)).map(({ content }) => content);
    return contents.filter((content) => known.some((holding) => beginAlike(content, holding.content, toldBytes)));
  }

  /**
   * How long a byte written at `atMs` may go unseen, so that it seems younger than it is. 0 if no process ran at `atMs`: the next
   * process knows that the byte came unseen.
   */
  #unseenMs(atMs: number): number {
    const { faults } = this.#parts;
    const gap = this.#gaps.find(({ fromMs, toMs }) => fromMs < atMs && atMs < toMs);
    const lookedMs = gap?.toMs ?? atMs;
    if (faults.overlaps(HURTS_SEEING, lookedMs, lookedMs + SEEN_MS)) return Infinity;
    return gap === undefined ? SEEN_MS : 0;
  }

  /**
   * For how long after `atMs` the file was still written to, up to `untilMs`, when it was seen at the latest. A file's modification
   * time tells no more than the last write. Infinity: not known here. The time of a copy is when it was made, the time of a cut file
   * is that of its new bytes, and the model does not keep the times of pieces of lines.
   */
  #writtenOnMs([holding, ...others]: readonly Holding[], atMs: number, untilMs: number): number {
    if (holding === undefined || others.length > 0 || this.#parts.faults.has('split-writes')) return Infinity;
    const { copyOf, truncatedMs, lines } = holding.content;
    if (copyOf !== undefined || truncatedMs !== undefined) return Infinity;
    const last = lines.findLast(({ completedMs }) => completedMs <= untilMs);
    return (last?.completedMs ?? atMs) - atMs;
  }

  /** The lag must not be much longer than the line has been there. */
  #checkOldest(flow: string, file: FileStatus, { holdings, setUpMs }: { holdings: readonly Holding[]; setUpMs: number }): void {
    const { path, generation, lagSeconds, positionBytes } = file;
    // If only the line with which all files of the log begin is known of a generation, any file with that line may be the copy in
    // which the generation goes on, for all that anyone can know. Then the line waits since it was seen in the file before.
    const before = [...(this.#heldBefore.get(`${flow} ${generation}`) ?? [])].filter((content) => holdings.some((holding) => haveSameLine(content, holding.content, positionBytes)));
    // What waits in a copy waited in its original before.
    const firstMs = Math.min(...[...holdings.map(({ content }) => content), ...before].map((content) => thereSinceMs(content.copyOf ?? content, positionBytes)));
    if (firstMs < setUpMs + SEEN_MS || this.#parts.faults.overlaps(HURTS_SEEING, setUpMs, Infinity)) return;
    const ageMs = this.#parts.now() - firstMs;
    const beyondMs = lagSeconds * 1000 - ageMs * (1 + 1 / AGES) - STEP_MS - TOLERANCE_MS;
    // A file that was missed, and found again where the flow does not list it, counts as written to since the look before it was
    // missed. So the lag may be one look too long; likewise where the file system does not tell when the file was made.
    const isExact = holdings.every((holding) => holding.flow.matches(path) && this.#tellsBirth(holding));
    if (beyondMs <= 0 || (beyondMs <= SEEN_MS && !isExact)) return;
    this.#violated(`${path} generation ${generation} is ${lagSeconds} s late, but what waits is there for ${ageMs / 1000} s`);
  }

  /** While the position stands still, the lag must grow with the time, unless its first byte turned out to be of an unfinished line. */
  #checkGrowth({ path, generation, positionBytes, lagSeconds }: FileStatus, before: Lag, lines: readonly ContentLine[]): void {
    const sinceMs = before.atMs - before.lagSeconds * 1000;
    if (before.lagSeconds === 0 || lagSeconds === 0 || lines.some((line) => line.completedMs > sinceMs)) return;
    const leastSeconds = before.lagSeconds + (this.#parts.now() - before.atMs - TOLERANCE_MS) / 1000;
    if (lagSeconds < leastSeconds) this.#violated(`${path} generation ${generation} stands at ${positionBytes} and is ${lagSeconds} s late, not ${leastSeconds} s`);
  }

  /** Whether the file system tells when the content began. If not, the agent knows only that it began after the look before. */
  #tellsBirth({ inodes, content: { copyOf } }: Holding): boolean {
    const { scenario, ledger } = this.#parts;
    const original = copyOf === undefined ? undefined : ledger.of(copyOf);
    const holdOneContent = [...inodes].every(({ number }) => ledger.behind(String(number)).length === 1);
    return scenario.tellsBirth && holdOneContent && (original === undefined || this.#tellsBirth(original));
  }

  #violated(what: string): void {
    this.#parts.violated(`check 9: ${what}`);
  }
}

/** When the byte at `position` came. The beginning of the content, if the byte came so soon after it that one look may have seen both. */
function thereSinceMs(content: Content, position: number): number {
  const firstByteMs = lineAt(content, position)?.firstByteMs ?? -Infinity;
  return firstByteMs < content.bornMs + SEEN_MS ? content.bornMs : firstByteMs;
}

/** The first complete line that ends behind `position`. */
function lineAt({ lines }: Content, position: number): ContentLine | undefined {
  let first = 0;
  let end = lines.length;
  while (first < end) {
    const middle = (first + end) >> 1;
    if ((lines[middle]?.end ?? Infinity) > position) end = middle;
    else first = middle + 1;
  }
  return lines[first];
}

/** Whether two contents are the same up to the end of the first line that ends behind `position`. */
function haveSameLine(one: Content, other: Content, position: number): boolean {
  const end = lineAt(one, position)?.end;
  return end !== undefined && beginAlike(one, other, end);
}

/** Whether both contents have at least `bytes` bytes, and begin with the same ones. */
function beginAlike(one: Content, other: Content, bytes: number): boolean {
  return bytes <= one.lengthBytes && bytes <= other.lengthBytes && one.bytes.compare(other.bytes, 0, bytes, 0, bytes) === 0;
}

/** Whether `lagSeconds` at `nowMs` is long enough for the line; without a line every lag is. */
function isCoveredBy(lagSeconds: number, line: ContentLine | undefined, nowMs: number): boolean {
  return line === undefined || lagSeconds * 1000 >= nowMs - line.completedMs - TOLERANCE_MS;
}

/** Whether the flow joins lines, so that a record is complete only when another line follows. */
function isJoined({ flow }: Holding): boolean {
  return flow.features.framing !== undefined;
}

/** Whether the file was made when the row says, if the row says when. */
function isMadeThen({ inodes }: Holding, { inode, birthMs }: CheckpointRow): boolean {
  return birthMs === undefined || [...inodes].some(({ number, bornWallMs }) => String(number) === inode && Math.floor(bornWallMs) === birthMs);
}
