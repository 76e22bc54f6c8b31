/**
 * Kinesis and the network in front of it, as one process of the agent meets them.
 *
 * The service itself is the model that the fake server uses, too (test/support/kinesis-server). This file adds the faults
 * on the way there and back. Guarantees: `accepted` is called at the moment of acceptance, whatever the caller gets to
 * know. Violations are: a request that breaks a limit of the service, a buffer that changes while its call is under way,
 * and two records of one lane under way (check 6).
 */
import type { ServiceFault } from '../../src/core/errors.ts';
import type {
  KinesisPort,
  OutgoingRecord,
  PutEntry,
  PutReply,
  ShardDescription,
  ShardsReply,
  StreamFactsReply,
} from '../../src/core/ports.ts';
import { limits } from '../../src/core/limits.ts';
import { parseHashKey, partitionHashKey } from '../support/kinesis-server/hash-key.ts';
import { checkPutRecords } from '../support/kinesis-server/put-limits.ts';
import { Stream } from '../support/kinesis-server/stream-model.ts';
import type { FaultKind, FaultPlan } from './fault-plan.ts';
import { HotShardWatch } from './hot-shard-watch.ts';
import { ProcessClock, Life, type SimClock } from './sim-clock.ts';
import type { SimRandom } from './sim-random.ts';
import type { Trace } from './trace.ts';

/** A Kinesis record that the service has taken. */
export interface Acceptance {
  readonly stream: string;
  readonly data: Buffer;
  readonly partitionKey: string;
  readonly range: { readonly startHashKey: bigint; readonly endHashKey: bigint };
}

export interface KinesisEars {
  accepted(acceptance: Acceptance): void;
  /**
   * The sender gets to know of the acceptance now, from a complete answer. Not `placeKnown`: the sender knows some shards, but not
   * the one that took the record. It cannot tell whether consumers will take an aggregate from there, and sends the record again.
   */
  answered(acceptance: Acceptance, placeKnown: boolean): void;
  /** The sender does not get to know of the acceptance, or not in time: the record may come again. */
  answerLost(acceptance: Acceptance): void;
  violated(what: string): void;
}

interface KinesisParts {
  readonly clock: SimClock;
  readonly random: SimRandom;
  readonly faults: FaultPlan;
  readonly trace: Trace;
  readonly ears: KinesisEars;
}

/** Which two records may not be under way at once: none such, two with equal keys, two of one shard. */
export type StreamOrder = 'none' | 'by key' | 'by shard';

/** One stream with what the checks need to know of it. */
interface Watched {
  readonly stream: Stream;
  readonly order: StreamOrder;
  readonly inFlight: Set<SentRecord>;
  /** First hash keys of the open shards, as they were after each reshard. */
  readonly layouts: (readonly bigint[])[];
  /** Shards that the present process was told of while they were open. Until it knows any, only equal keys share a lane. */
  readonly shardsTold: Set<string>;
  /** Only where keys are random. */
  readonly hotShard: HotShardWatch | undefined;
}

interface SentRecord extends OutgoingRecord {
  /** The data as it was when the call began. */
  readonly copy: Buffer;
  readonly hashKey: bigint;
  readonly shardsTold: boolean;
}

/** How one call will go: when the service carries it out, when and what the caller hears. */
interface Plan {
  readonly executeMs: number | undefined;
  readonly replyMs: number;
  readonly fault?: ServiceFault;
  readonly short?: boolean;
}

/** How long the real port waits for an answer. */
const REQUEST_TIMEOUT_MS = 6000;
/** The largest request that the fault `body-limit` lets through: some lines are longer. */
const BODY_BYTES_MAX = 150;

export class SimKinesis {
  readonly #parts: KinesisParts;
  readonly #streams = new Map<string, Watched>();
  readonly #serviceClock: ProcessClock;
  putCount = 0;
  acceptedCount = 0;

  constructor(parts: KinesisParts) {
    this.#parts = parts;
    this.#serviceClock = new ProcessClock(parts.clock, new Life());
  }

  createStream(
    name: string,
    options: { shards: number; order: StreamOrder; randomKeys?: boolean; listLagMs: number; recordBytesMax: number },
  ): void {
    const { shards, order, listLagMs, recordBytesMax } = options;
    const { clock, faults, ears } = this.#parts;
    const stream = new Stream(name, 'eu-west-1', { shards, listLagMs, recordBytesMax, keepRecords: false }, this.#serviceClock);
    const hotShard = options.randomKeys === true ? new HotShardWatch({ faults, clock, violated: (what) => ears.violated(what) }) : undefined;
    this.#streams.set(name, { stream, order, inFlight: new Set(), layouts: [layoutOf(stream)], shardsTold: new Set(), hotShard });
  }

  /** Records whose call has not returned. */
  get inFlightCount(): number {
    let count = 0;
    for (const { inFlight } of this.#streams.values()) count += inFlight.size;
    return count;
  }

  /** Splits a shard in two or merges two neighbours, by chance. */
  reshard(name: string): void {
    const { random, trace } = this.#parts;
    const { stream, layouts } = this.#watched(name);
    const open = [...stream.openShards].sort((left, right) => (left.startHashKey < right.startHashKey ? -1 : 1));
    const index = random.below(open.length);
    const [shard, next] = [open[index], open[index + 1]];
    if (shard === undefined) return;
    if (next !== undefined && random.chance(0.5)) stream.merge(shard.shardId, next.shardId);
    else if (open.length < 8) stream.split(shard.shardId, (shard.startHashKey + shard.endHashKey) / 2n + 1n);
    layouts.push(layoutOf(stream));
    trace.note('service', 'reshard', name, stream.openShards.length);
  }

  /** The service seen by a process. */
  port(life: Life): KinesisPort {
    life.onDeath(() => {
      for (const watched of this.#streams.values()) {
        watched.inFlight.clear();
        watched.shardsTold.clear();
        watched.hotShard?.forget();
      }
    });
    return {
      putRecords: (name, records, signal) => this.#put({ name, records, signal, life }),
      listShards: (name, signal) =>
        this.#ask<ShardsReply>({ name, signal, life }, () => ({ kind: 'answered', shards: this.#shards(name) })),
      describeStream: (name, signal) =>
        this.#ask<StreamFactsReply>({ name, signal, life }, () => {
          const { recordBytesMax } = this.#watched(name).stream;
          return { kind: 'answered', facts: { recordBytesMax, mode: 'provisioned', distribution: 'partition-key' } };
        }),
    };
  }

  #put(call: {
    name: string;
    records: readonly OutgoingRecord[];
    signal: AbortSignal;
    life: Life;
  }): Promise<PutReply> {
    const { clock, trace, ears } = this.#parts;
    const watched = this.#watched(call.name);
    const sent = call.records.map((record) => sentRecord(record, watched));
    const plan = this.#plan(sent.reduce((bytes, { copy }) => bytes + copy.length, 0));
    this.putCount += 1;
    trace.note('service', 'PutRecords', `${call.name} ${plan.fault?.code ?? ''}`, sent.length);
    this.#begin(watched, sent);
    const heard = watched.hotShard?.began(watched.stream.openShards);
    const accepted: (Acceptance | undefined)[] = [];
    let entries: readonly PutEntry[] = [];
    let over = false;
    const execute = () => {
      entries = this.#execute(watched, sent, accepted);
      if (over || !call.life.alive) loseFrom(0);
    };
    const loseFrom = (index: number) => {
      for (const acceptance of accepted.splice(index)) if (acceptance !== undefined) ears.answerLost(acceptance);
    };
    if (plan.executeMs === 0) execute();
    else if (plan.executeMs !== undefined) clock.schedule(plan.executeMs, execute);
    const survive = call.life.onDeath(() => loseFrom(0));
    return this.#reply(call, plan.replyMs, (aborted): PutReply => {
      over = true;
      survive();
      this.#end(watched, sent);
      trace.note('service', 'answers', `${call.name} ${aborted ? 'aborted' : (plan.fault?.code ?? '')}`, entries.length);
      if (aborted || plan.fault !== undefined) {
        loseFrom(0);
        return { kind: 'failed', fault: plan.fault ?? faultOf('ambiguous', 'TimeoutError') };
      }
      if (plan.short === true) {
        // In a short answer, no entry surely belongs to a record.
        loseFrom(0);
        return { kind: 'answered', entries: entries.slice(0, this.#parts.random.below(entries.length)) };
      }
      for (const [index, acceptance] of accepted.entries()) {
        const { shardsTold } = watched;
        const placeKnown = shardsTold.size === 0 || shardsTold.has(entries[index]?.shardId ?? '');
        if (acceptance !== undefined) ears.answered(acceptance, placeKnown);
      }
      heard?.(entries);
      return { kind: 'answered', entries };
    });
  }

  /** A question that changes nothing. */
  #ask<Reply>(
    call: { name: string; signal: AbortSignal; life: Life },
    answer: () => Reply,
  ): Promise<Reply | { readonly kind: 'failed'; readonly fault: ServiceFault }> {
    const plan = this.#plan();
    this.#parts.trace.note('service', 'question', `${call.name} ${plan.fault?.code ?? ''}`);
    return this.#reply(call, plan.replyMs, (aborted) => {
      if (aborted) return { kind: 'failed', fault: faultOf('ambiguous', 'TimeoutError') };
      return plan.fault === undefined ? answer() : { kind: 'failed', fault: plan.fault };
    });
  }

  #reply<Reply>(
    call: { signal: AbortSignal; life: Life },
    delayMs: number,
    reply: (aborted: boolean) => Reply,
  ): Promise<Reply> {
    const { clock } = this.#parts;
    return new Promise((resolve) => {
      const finish = (aborted: boolean) => {
        if (!call.life.alive) return;
        timer.cancel();
        call.signal.removeEventListener('abort', onAbort);
        clock.wake();
        resolve(reply(aborted));
      };
      const onAbort = () => finish(true);
      const timer = clock.schedule(delayMs, () => finish(false), call.life);
      if (call.signal.aborted) onAbort();
      else call.signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** What becomes of a call that starts now; `bytes`: of the records that it writes. */
  #plan(bytes?: number): Plan {
    const writes = bytes !== undefined;
    const { random } = this.#parts;
    const roundTripMs = this.#hits('slow-network') ? random.between(200, 4000) : random.between(3, 60);
    for (const [kind, fault] of refusals) {
      if (this.#hits(kind)) return { executeMs: undefined, replyMs: roundTripMs, fault };
    }
    if (writes && bytes > BODY_BYTES_MAX && this.#hits('body-limit')) return { executeMs: undefined, replyMs: roundTripMs, fault: tooLarge };
    if (writes && this.#hits('called-invalid')) return { executeMs: undefined, replyMs: roundTripMs, fault: calledInvalid };
    const lost = { replyMs: roundTripMs, fault: faultOf('ambiguous', 'ECONNRESET') };
    const timedOut = { replyMs: REQUEST_TIMEOUT_MS, fault: faultOf('ambiguous', 'TimeoutError') };
    const executeMs = random.chance(0.5) ? 0 : roundTripMs * 0.9;
    if (this.#hits('request-lost')) return { ...lost, executeMs: undefined };
    if (this.#hits('hang')) return { ...timedOut, executeMs: writes && random.chance(0.5) ? executeMs : undefined };
    if (!writes) return { executeMs: undefined, replyMs: roundTripMs };
    if (this.#hits('answer-lost')) return { ...lost, executeMs };
    if (this.#hits('accepted-late')) return { ...timedOut, executeMs: random.between(5000, 15_000) };
    return { executeMs, replyMs: roundTripMs, short: this.#hits('short-answer') };
  }

  #execute(watched: Watched, sent: readonly SentRecord[], accepted: (Acceptance | undefined)[]): readonly PutEntry[] {
    const { stream } = watched;
    const { ears } = this.#parts;
    const entries = stream.putRecords(
      sent.map(({ copy, partitionKey, explicitHashKey }) => ({ data: copy, start: 0, end: copy.length, partitionKey, explicitHashKey })),
      ({ shardId }) => {
        // Somebody else fills the first of the shards; the others are free.
        const hot = shardId === stream.openShards[0]?.shardId && this.#hits('hot-shard');
        if (hot || this.#hits('throttled-entries')) return 'ProvisionedThroughputExceededException';
        return this.#hits('failed-entries') ? 'InternalFailure' : undefined;
      },
    );
    for (const [index, entry] of entries.entries()) {
      const record = sent[index];
      if (record === undefined || entry.shardId === undefined) {
        accepted.push(undefined);
        continue;
      }
      const range = stream.shard(entry.shardId);
      const acceptance = { stream: stream.name, data: record.copy, partitionKey: record.partitionKey, range };
      this.acceptedCount += 1;
      accepted.push(acceptance);
      ears.accepted(acceptance);
    }
    return entries;
  }

  /** Notes what is under way. Where order is promised, no two records of one lane may be. */
  #begin(watched: Watched, sent: readonly SentRecord[]): void {
    try {
      checkPutRecords(sent, { recordBytesMax: watched.stream.recordBytesMax, keyless: false });
    } catch (refusal) {
      this.#parts.ears.violated(`a request the service refuses: ${String(refusal)}`);
    }
    let bytes = 0;
    for (const record of sent) {
      bytes += record.copy.length + Buffer.byteLength(record.partitionKey);
      for (const other of watched.order === 'none' ? [] : watched.inFlight) {
        if (ofOneLane(record, other, watched)) {
          this.#parts.ears.violated(`two records of one lane are under way in ${watched.stream.name}`);
        }
      }
      watched.inFlight.add(record);
    }
    if (bytes > limits.putRecordsBytesDefault) this.#parts.ears.violated(`a request of ${bytes} bytes`);
  }

  #end(watched: Watched, sent: readonly SentRecord[]): void {
    for (const record of sent) {
      watched.inFlight.delete(record);
      if (record.data.compare(record.copy, 0, record.copy.length, record.start, record.end) !== 0) {
        this.#parts.ears.violated('a buffer changed while its call was under way');
      }
    }
  }

  #shards(name: string): readonly ShardDescription[] {
    const watched = this.#watched(name);
    return watched.stream
      .listedShards(false)
      .map(({ shard, closed }) => {
        const { shardId, startHashKey, endHashKey } = shard;
        // The agent asks for open shards only: it is never told of a shard that was closed before it came into a listing.
        if (!closed) watched.shardsTold.add(shardId);
        return { shardId, startHashKey, endHashKey, closed };
      });
  }

  #hits(kind: FaultKind): boolean {
    return this.#parts.faults.hits(kind, this.#parts.clock.nowMs);
  }

  #watched(name: string): Watched {
    const watched = this.#streams.get(name);
    if (watched === undefined) throw new Error(`the simulation has no stream ${name}`);
    return watched;
  }
}

const refusals: readonly (readonly [FaultKind, ServiceFault])[] = [
  ['outage', faultOf('transient', 'ENETUNREACH')],
  ['connection-error', faultOf('transient', 'ECONNREFUSED')],
  ['server-error', faultOf('transient', 'InternalFailure')],
  ['throttled-call', faultOf('throttled', 'ThrottlingException')],
  ['expired-credentials', faultOf('expired-credentials', 'ExpiredTokenException')],
  ['access-denied', faultOf('blocked', 'AccessDeniedException')],
];

const calledInvalid = faultOf('invalid', 'ValidationException');
const tooLarge = faultOf('too-large', 'RequestEntityTooLarge');

function faultOf(kind: ServiceFault['kind'], code: string): ServiceFault {
  return { kind, code, message: `simulated ${code}`, hint: 'wait until the simulation heals' };
}

function sentRecord(record: OutgoingRecord, { order, shardsTold }: Watched): SentRecord {
  const { data, start, end, partitionKey, explicitHashKey } = record;
  // Where no order is promised, nobody asks for the hash key.
  const hashKey = order === 'none' ? 0n : (parseHashKey(explicitHashKey ?? '') ?? partitionHashKey(partitionKey));
  const copy = Buffer.from(data.subarray(start, end));
  return { data, start, end, partitionKey, explicitHashKey, copy, hashKey, shardsTold: shardsTold.size > 0 };
}

/**
 * Whether two records are of one lane. Records with equal hash keys always are. Others are if the sender knew shards both
 * times, and every shard map that it can have puts both into one shard.
 */
function ofOneLane(left: SentRecord, right: SentRecord, { order, layouts }: Watched): boolean {
  if (left.hashKey === right.hashKey) return true;
  if (order !== 'by shard' || !left.shardsTold || !right.shardsTold) return false;
  return layouts.every((layout) => placeIn(layout, left.hashKey) === placeIn(layout, right.hashKey));
}

function layoutOf(stream: Stream): readonly bigint[] {
  return stream.openShards.map((shard) => shard.startHashKey).sort((left, right) => (left < right ? -1 : 1));
}

function placeIn(layout: readonly bigint[], hashKey: bigint): number {
  return layout.findLastIndex((start) => start <= hashKey);
}
