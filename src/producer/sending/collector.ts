/**
 * Fills one request from the lanes that have something to send. Its only effects are on the lanes and groups given.
 *
 * Guarantees: never more records or bytes than the request may have (a single record alone excepted); flows get equal
 * shares of the bytes, whatever the size of their records and the number of their lanes, by deficit round robin
 * (Shreedhar and Varghese, 1996); within a flow the lane served longest ago comes first, with one record each turn.
 */
import type { KinesisRecord } from '../records/kinesis-record.ts';

export interface RecordSource {
  /** Bytes of the record that `take` would give now; 0: none. */
  nextBytes(nowMs: number): number;
  take(nowMs: number): KinesisRecord;
}

export interface SourceGroup<Source extends RecordSource> {
  creditBytes: number;
  readonly active: ReadonlySet<Source>;
  served(source: Source): void;
}

export interface RequestRoom {
  readonly recordsMax: number;
  readonly bytesMax: number;
  /** Enough for one request: the request ends with the record that reaches this. */
  readonly targetBytes: number;
}

/** Bytes by which a flow's credit grows each turn. */
const QUANTUM_BYTES = 65_536;

/** Takes the records of one request, the first group first. */
export function collectRequest<Source extends RecordSource>(
  groups: readonly SourceGroup<Source>[],
  room: RequestRoom,
  nowMs: number,
): readonly KinesisRecord[] {
  const records: KinesisRecord[] = [];
  let bytes = 0;
  let turns = groups.map((group) => ({ group, sources: [...group.active] }));
  while (turns.length > 0) {
    for (const { group, sources } of turns) {
      group.creditBytes += QUANTUM_BYTES;
      while (sources.length > 0) {
        const [source] = sources;
        const nextBytes = source?.nextBytes(nowMs) ?? 0;
        if (source === undefined || nextBytes === 0) {
          sources.shift();
          continue;
        }
        if (nextBytes > group.creditBytes) break;
        if (records.length > 0 && bytes + nextBytes > room.bytesMax) return records;
        records.push(source.take(nowMs));
        group.served(source);
        group.creditBytes -= nextBytes;
        bytes += nextBytes;
        if (records.length === room.recordsMax || bytes >= room.targetBytes) return records;
        sources.push(source);
        sources.shift();
      }
    }
    for (const { group, sources } of turns) if (sources.length === 0) group.creditBytes = 0;
    turns = turns.filter(({ sources }) => sources.length > 0);
  }
  return records;
}
