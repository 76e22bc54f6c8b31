/**
 * Kinesis as far as a producer can tell, without any network: streams, shards, routing by hash key, sequence numbers,
 * limits, resharding. Pure and synchronous; time comes in through a clock, chance not at all. Its fronts are the HTTP server
 * (server.ts), the port without a network (model-port.ts) and the simulation (test/simulation/sim-kinesis.ts).
 *
 * Guarantees what the service does: an entry is accepted by exactly the open shard whose range holds its hash key, or
 * fails with a code; a request over a limit is refused as a whole. Source: Kinesis API reference and quotas page.
 */
import { limits } from '../../../src/core/limits.ts';
import type { Clock, OutgoingRecord, PutEntry } from '../../../src/core/ports.ts';
import { ServiceError } from './fault.ts';
import type { FaultEntry } from './fault.ts';
import { evenRanges, parseHashKey, partitionHashKey } from './hash-key.ts';
import { checkPutRecords, keyBytes } from './put-limits.ts';
import { Shard } from './shard.ts';
import type { AcceptedRecord } from './shard.ts';

export interface StreamOptions {
  readonly shards: number;
  readonly recordBytesMax?: number;
  readonly mode?: 'ON_DEMAND' | 'PROVISIONED';
  readonly distribution?: 'USER_PARTITION_KEY' | 'AUTO';
  /** Whether each shard takes only 1 MiB and 1000 records a second. Default: no. */
  readonly rateLimited?: boolean;
  /** How long ListShards goes on showing the shards from before a split or merge. */
  readonly listLagMs?: number;
  /** `false`: accepted records are counted and not kept (benchmarks). */
  readonly keepRecords?: boolean;
}

const ACCOUNT = '000000000000';

export class Stream {
  readonly name: string;
  readonly arn: string;
  readonly options: Required<StreamOptions>;
  readonly shards: Shard[] = [];
  distribution: 'USER_PARTITION_KEY' | 'AUTO';
  recordBytesMax: number;
  readonly #clock: Pick<Clock, 'monotonicMs' | 'wallMs'>;
  #sequence = 0;
  #accepted = 0;
  #turn = 0;

  constructor(name: string, region: string, options: StreamOptions, clock: Pick<Clock, 'monotonicMs' | 'wallMs'>) {
    this.name = name;
    this.arn = `arn:aws:kinesis:${region}:${ACCOUNT}:stream/${name}`;
    this.options = {
      recordBytesMax: limits.kinesisRecordBytesDefault,
      mode: 'PROVISIONED',
      distribution: 'USER_PARTITION_KEY',
      rateLimited: false,
      listLagMs: 0,
      keepRecords: true,
      ...options,
    };
    this.distribution = this.options.distribution;
    this.recordBytesMax = this.options.recordBytesMax;
    this.#clock = clock;
    for (const range of evenRanges(options.shards)) this.#addShard(range.start, range.end, []);
  }

  get openShards(): readonly Shard[] {
    return this.shards.filter((shard) => !shard.closed);
  }

  /** Everything accepted, in the order of acceptance. */
  get accepted(): readonly AcceptedRecord[] {
    return this.shards.flatMap((shard) => shard.records).sort((left, right) => left.order - right.order);
  }

  get acceptedCount(): number {
    return this.#accepted;
  }

  /** Shards as ListShards shows them now: as they were `listLagMs` ago. */
  listedShards(openOnly: boolean): readonly { readonly shard: Shard; readonly closed: boolean }[] {
    const seenMs = this.#clock.monotonicMs() - this.options.listLagMs;
    return this.shards
      .filter((shard) => shard.createdMs <= seenMs || shard.parents.length === 0)
      .map((shard) => ({ shard, closed: shard.closedMs <= seenMs }))
      .filter((entry) => !openOnly || !entry.closed);
  }

  /** Accepts or fails each entry. Throws a `ServiceError` when the whole request is refused. */
  putRecords(
    records: readonly OutgoingRecord[],
    codeOf?: (entry: FaultEntry) => string | undefined,
  ): readonly PutEntry[] {
    checkPutRecords(records, { recordBytesMax: this.recordBytesMax, keyless: this.distribution === 'AUTO' });
    return records.map((record, index) => {
      const shard = this.#route(record);
      const code = codeOf?.({ index, shardId: shard.shardId, record });
      if (code !== undefined) return this.#failure(code, shard);
      const bytes = record.end - record.start + keyBytes(record);
      if (this.options.rateLimited && !shard.takeRate(bytes, this.#clock.monotonicMs())) {
        return this.#failure('ProvisionedThroughputExceededException', shard);
      }
      return this.#accept(record, shard, bytes);
    });
  }

  split(shardId: string, newStartHashKey: bigint): readonly Shard[] {
    const parent = this.#openShard(shardId);
    if (newStartHashKey <= parent.startHashKey + 1n || newStartHashKey >= parent.endHashKey) {
      throw new ServiceError('InvalidArgumentException', `NewStartingHashKey ${newStartHashKey} cannot split ${shardId}.`);
    }
    this.#close(parent);
    return [
      this.#addShard(parent.startHashKey, newStartHashKey - 1n, [shardId]),
      this.#addShard(newStartHashKey, parent.endHashKey, [shardId]),
    ];
  }

  merge(shardId: string, adjacentShardId: string): Shard {
    const [low, high] = [this.#openShard(shardId), this.#openShard(adjacentShardId)].sort((left, right) =>
      left.startHashKey < right.startHashKey ? -1 : 1,
    ) as [Shard, Shard];
    if (low.endHashKey + 1n !== high.startHashKey) {
      throw new ServiceError('InvalidArgumentException', `Shards ${shardId} and ${adjacentShardId} are not adjacent.`);
    }
    this.#close(low);
    this.#close(high);
    return this.#addShard(low.startHashKey, high.endHashKey, [shardId, adjacentShardId]);
  }

  /** The shard of that id, closed or open. */
  shard(shardId: string): Shard {
    const found = this.shards.find((shard) => shard.shardId === shardId);
    if (found !== undefined) return found;
    const message = `Could not find shard ${shardId} in stream ${this.name} under account ${ACCOUNT}.`;
    throw new ServiceError('ResourceNotFoundException', message);
  }

  #openShard(shardId: string): Shard {
    const shard = this.shard(shardId);
    if (!shard.closed) return shard;
    throw new ServiceError('InvalidArgumentException', `Shard ${shardId} in stream ${this.name} is closed.`);
  }

  #route(record: OutgoingRecord): Shard {
    const open = this.openShards;
    if (this.distribution === 'AUTO') {
      this.#turn += 1;
      return open[this.#turn % open.length] as Shard;
    }
    const explicit = record.explicitHashKey === undefined ? undefined : parseHashKey(record.explicitHashKey);
    const hashKey = explicit ?? partitionHashKey(record.partitionKey);
    return open.find((shard) => shard.holds(hashKey)) as Shard;
  }

  #accept(record: OutgoingRecord, shard: Shard, bytes: number): PutEntry {
    const sequenceNumber = this.#nextSequenceNumber();
    if (this.options.keepRecords) {
      shard.records.push({
        shardId: shard.shardId,
        sequenceNumber,
        order: this.#accepted,
        data: Buffer.from(record.data.subarray(record.start, record.end)),
        partitionKey: record.partitionKey,
        explicitHashKey: record.explicitHashKey,
        arrivalWallMs: this.#clock.wallMs(),
      });
    }
    this.#accepted += 1;
    shard.acceptedCount += 1;
    shard.acceptedBytes += bytes;
    return { sequenceNumber, shardId: shard.shardId };
  }

  #failure(errorCode: string, shard: Shard): PutEntry {
    const errorMessage =
      errorCode === 'ProvisionedThroughputExceededException'
        ? `Rate exceeded for shard ${shard.shardId} in stream ${this.name} under account ${ACCOUNT}.`
        : 'Internal service failure.';
    return { errorCode, errorMessage };
  }

  #addShard(startHashKey: bigint, endHashKey: bigint, parents: readonly string[]): Shard {
    const shard = new Shard({
      shardId: `shardId-${String(this.shards.length).padStart(12, '0')}`,
      startHashKey,
      endHashKey,
      startingSequenceNumber: this.#nextSequenceNumber(),
      createdMs: this.#clock.monotonicMs(),
      parents,
      recordBytesMax: this.recordBytesMax,
    });
    this.shards.push(shard);
    return shard;
  }

  #close(shard: Shard): void {
    shard.endingSequenceNumber = this.#nextSequenceNumber();
    shard.closedMs = this.#clock.monotonicMs();
  }

  /** 56 digits, as the service has them: numbers of one length are in order as text, too. */
  #nextSequenceNumber(): string {
    this.#sequence += 1;
    return `4966${String(this.#sequence).padStart(52, '0')}`;
  }
}
