/**
 * How late files are, by the model's knowledge: check 9, a part of the account that is looked at after every event.
 *
 * The lag that the agent tells of a file is the age of its oldest byte that waits. So it is never younger than the line at
 * its position is complete, as far as that could be seen; in a file that was watched all the time it is not much older
 * than that line's first byte; and where the position stands still it grows with the time.
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
  /** What the file may hold that a row tells of. */
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
  /** Which file it is, as was stored last. */
  row: CheckpointRow | undefined;
  /** What that may hold. */
  holdings: readonly Holding[];
  /** How many contents of its inode's number reached its position by then. */
  contents: number;
  /** At the last look. */
  lag: Lag | undefined;
}

/** What was written is seen within this time, where nothing hurts reading: at the latest by the second look. */
const SEEN_MS = 10_000;
/** Rounding. */
const TOLERANCE_MS = 1;
/** Bytes that come within a second are of one age; then there are so many ages at most, whatever is on its way. */
const STEP_MS = 1000;
const AGES = 16;
/** While such a file is written, what is in it cannot be read. */
const COMPRESSED = /\.(gz|zst)$/;
const HURTS_SEEING: readonly FaultKind[] = [...fileFaults, 'watch-limit'];

export class Lateness {
  readonly #parts: LatenessParts;
  /** By flow, then by number. */
  #generations = new Map<string, Map<number, Followed>>();
  /** By flow and number: what the generation may have held in files in which it was before, whichever process ran. */
  readonly #heldBefore = new Map<string, Set<Content>>();
  #beganMs = 0;
  /** When the process showed last that it runs. */
  #aliveMs = 0;
  /** When none did. */
  readonly #gaps: { readonly fromMs: number; readonly toMs: number }[] = [];
  /** When flows had looked at their files before, as far as the process can know. */
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

  /** A row tells which file a generation is. */
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
   * What a generation may hold: also what came to its inode's number since its row was stored, and goes on from the same
   * bytes. Where nothing but a header was read, and no file system tells births, that is the file for all anyone can know.
   */
  #mayHold(followed: Followed): readonly Holding[] {
    const { row } = followed;
    if (row === undefined) return [];
    const contents = this.#parts.ledger.behind(row.inode).filter(({ content }) => content.lengthBytes >= row.offset).length;
    if (followed.contents === contents) return followed.holdings;
    // An empty file is known by its inode's number alone: what is written to another one with that number can go on in it.
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

  /** No younger than the line is complete. */
  #checkYoungest(flow: string, file: FileStatus, { lines, holdings }: { lines: readonly ContentLine[]; holdings: readonly Holding[] }): void {
    const { path, generation, lagSeconds, positionBytes, sizeBytes } = file;
    const completeMs = Math.max(...lines.map((line) => line.completedMs));
    const waitsMs = this.#parts.now() - completeMs;
    // Enough wherever the agent looked.
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
   * Where the generation was found since its row was stored: in another file, which begins with all that the row tells of it. That is
   * its own, for all that anyone can know; the next row tells so.
   */
  #foundSince(flow: string, { path, generation }: FileStatus, known: readonly Holding[]): readonly Content[] {
    const { row } = this.#followed(flow, generation);
    if (row === undefined || row.path === path) return [];
    const toldBytes = Math.max(row.offset, row.head.lengthBytes);
    const isThere = ({ places }: Holding) => places.some((place) => place.path === path && place.toMs === Infinity);
    const contents = this.#parts.ledger.holdings.filter((holding) => isThere(holding) && !known.includes(holding)).map(({ content }) => content);
    return contents.filter((content) => known.some((holding) => beginAlike(content, holding.content, toldBytes)));
  }

  /** How much younger may be taken for new what was written at `atMs`. Of what came while no one looked that is known. */
  #unseenMs(atMs: number): number {
    const { faults } = this.#parts;
    const gap = this.#gaps.find(({ fromMs, toMs }) => fromMs < atMs && atMs < toMs);
    const lookedMs = gap?.toMs ?? atMs;
    if (faults.overlaps(HURTS_SEEING, lookedMs, lookedMs + SEEN_MS)) return Infinity;
    return gap === undefined ? SEEN_MS : 0;
  }

  /**
   * For how long was written on after `atMs`, until it was seen, by `untilMs`: a file's time tells no more than that. Of a copy it
   * is when that was made, of a file that was cut when what it holds now was written, and of pieces of lines it is not known here.
   */
  #writtenOnMs([holding, ...others]: readonly Holding[], atMs: number, untilMs: number): number {
    if (holding === undefined || others.length > 0 || this.#parts.faults.has('split-writes')) return Infinity;
    const { copyOf, truncatedMs, lines } = holding.content;
    if (copyOf !== undefined || truncatedMs !== undefined) return Infinity;
    const last = lines.findLast(({ completedMs }) => completedMs <= untilMs);
    return (last?.completedMs ?? atMs) - atMs;
  }

  /** Not much older than the line is there. */
  #checkOldest(flow: string, file: FileStatus, { holdings, setUpMs }: { holdings: readonly Holding[]; setUpMs: number }): void {
    const { path, generation, lagSeconds, positionBytes } = file;
    // Of a generation of which no more is known than the line that all files of the log begin with, any file with that line may be
    // the copy that it goes on in, for all that anyone can know: the line waits since it was seen in the file before.
    const before = [...(this.#heldBefore.get(`${flow} ${generation}`) ?? [])].filter((content) => holdings.some((holding) => haveSameLine(content, holding.content, positionBytes)));
    // A copy goes on with what waited in its original.
    const firstMs = Math.min(...[...holdings.map(({ content }) => content), ...before].map((content) => thereSinceMs(content.copyOf ?? content, positionBytes)));
    if (firstMs < setUpMs + SEEN_MS || this.#parts.faults.overlaps(HURTS_SEEING, setUpMs, Infinity)) return;
    const ageMs = this.#parts.now() - firstMs;
    const beyondMs = lagSeconds * 1000 - ageMs * (1 + 1 / AGES) - STEP_MS - TOLERANCE_MS;
    // What came to a file that was found again where the flow does not list it came since the look before it was missed: only
    // the first byte of a file is as old as that.
    const isExact = holdings.every((holding) => holding.flow.matches(path) && this.#tellsBirth(holding));
    if (beyondMs <= 0 || (beyondMs <= SEEN_MS && !isExact)) return;
    this.#violated(`${path} generation ${generation} is ${lagSeconds} s late, but what waits is there for ${ageMs / 1000} s`);
  }

  /** Where the position stands still, it grows with the time: unless what came first was no complete line, as a read shows. */
  #checkGrowth({ path, generation, positionBytes, lagSeconds }: FileStatus, before: Lag, lines: readonly ContentLine[]): void {
    const sinceMs = before.atMs - before.lagSeconds * 1000;
    if (before.lagSeconds === 0 || lagSeconds === 0 || lines.some((line) => line.completedMs > sinceMs)) return;
    const leastSeconds = before.lagSeconds + (this.#parts.now() - before.atMs - TOLERANCE_MS) / 1000;
    if (lagSeconds < leastSeconds) this.#violated(`${path} generation ${generation} stands at ${positionBytes} and is ${lagSeconds} s late, not ${leastSeconds} s`);
  }

  /** Whether the file system tells when the content began; else it is known to begin after the look before. */
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

/** When the first byte that is not before `position` was there, or could have been for all that a look at the file tells. */
function thereSinceMs(content: Content, position: number): number {
  const firstByteMs = lineAt(content, position)?.firstByteMs ?? -Infinity;
  return firstByteMs < content.bornMs + SEEN_MS ? content.bornMs : firstByteMs;
}

/** The first line that is not before `position`, where it is complete. */
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

/** Whether two files are the same up to the end of the first line that is not before `position`. */
function haveSameLine(one: Content, other: Content, position: number): boolean {
  const end = lineAt(one, position)?.end;
  return end !== undefined && beginAlike(one, other, end);
}

/** Whether two files are that long, and the same as far as that. */
function beginAlike(one: Content, other: Content, bytes: number): boolean {
  return bytes <= one.lengthBytes && bytes <= other.lengthBytes && one.bytes.compare(other.bytes, 0, bytes, 0, bytes) === 0;
}

/** Whether what is `lagSeconds` late at `nowMs` is as late as its line; where there is none yet, nothing is. */
function isCoveredBy(lagSeconds: number, line: ContentLine | undefined, nowMs: number): boolean {
  return line === undefined || lagSeconds * 1000 >= nowMs - line.completedMs - TOLERANCE_MS;
}

/** Whether lines are complete only when others follow. */
function isJoined({ flow }: Holding): boolean {
  return flow.features.framing !== undefined;
}

/** Whether the file was made when the row says so, where it does. */
function isMadeThen({ inodes }: Holding, { inode, birthMs }: CheckpointRow): boolean {
  return birthMs === undefined || [...inodes].some(({ number, bornWallMs }) => String(number) === inode && Math.floor(bornWallMs) === birthMs);
}
