/**
 * Sends each record of a flow to the destination that its content chooses: the first route whose condition holds, else
 * the flow's own; a name with `{field}` in it becomes the stream that the record names.
 *
 * Guarantees: every record goes to exactly one destination. The records of one destination keep the order of the batch. No byte is
 * copied: each destination gets the positions of its records. Where a flow has no routes and no template there is no router at
 * all.
 */
import { limits } from '../core/limits.ts';
import { BoundedLoop, patternTimeoutMsDefault } from '../core/pattern/bounded-loop.ts';
import type { BatchSource, RecordSink } from '../core/pipeline.ts';
import { RecordBatch } from '../core/record-batch.ts';
import type { DestinationStatus } from '../core/status.ts';
import type { EventSink } from '../telemetry/events.ts';
import { condition } from './condition.ts';
import type { Condition } from './condition.ts';
import type { PartitionKeySetting, RouteSettings } from './config.ts';
import { jsonRecord } from './json-field.ts';
import { isTemplate, StreamTemplate } from './stream-template.ts';

export interface RouteTarget {
  readonly kind: 'kinesis' | 'firehose';
  readonly stream: string;
  readonly partitionKey: PartitionKeySetting;
}

/** A sink with a state to show and an end. */
export interface DestinationSink extends RecordSink {
  status(): DestinationStatus;
  /** Nothing more is sent. Resolves when what is under way is answered, or `signal` aborts. */
  close(signal: AbortSignal): Promise<void>;
}

export interface RoutedSink extends RecordSink {
  status(): readonly DestinationStatus[];
  /** Closes every destination. */
  close(signal: AbortSignal): Promise<void>;
}

export interface RouterOptions {
  readonly flow: string;
  readonly settings: RouteSettings;
  /** Where records go that no route takes. */
  readonly target: Pick<RouteTarget, 'kind' | 'stream'>;
  /** Called once for each destination, for templates when the first record names it. */
  readonly open: (target: RouteTarget) => DestinationSink;
  readonly events: EventSink;
  /** How long the patterns of routes may work on one batch (bounded-loop.ts). */
  readonly patternTimeoutMs?: number | undefined;
}

/** The sink of a flow: the destination itself where content decides nothing. */
export function routedSink(options: RouterOptions): RoutedSink {
  const { settings, target, open } = options;
  if (settings.routes.length > 0 || isTemplate(target.stream)) return new Router(options);
  const sink = open({ ...target, partitionKey: settings.partitionKey });
  return {
    get crowded() {
      return sink.crowded ?? false;
    },
    add: (batch, source) => sink.add(batch, source),
    drain: (signal) => sink.drain(signal),
    status: () => [sink.status()],
    close: (signal) => sink.close(signal),
  };
}

/** One destination, and the records of the batch at hand that go there. */
interface Branch {
  readonly sink: DestinationSink;
  readonly batch: RecordBatch;
}

/** A fixed destination, or one that the record names. */
type Way = Branch | ((record: unknown) => Branch);

interface Route {
  readonly holds: Condition;
  readonly way: Way;
}

/** In `#chosen`: the record takes no route. */
const NO_ROUTE = -1;

class Router implements RoutedSink {
  readonly #options: RouterOptions;
  readonly #routes: readonly Route[];
  readonly #otherwise: Way;
  readonly #branches = new Map<string, Branch>();
  /** Set where a route has a pattern, which may run without end on some record. */
  readonly #loop: BoundedLoop | undefined;
  /** Index of the route of each record of the batch at hand. */
  #chosen = new Int32Array(1024);
  /** For how many records of the batch the route is chosen. */
  #next = 0;

  constructor(options: RouterOptions) {
    this.#options = options;
    const { settings, target } = options;
    this.#routes = settings.routes.map((route) => {
      const partitionKey = route.partitionKey ?? settings.partitionKey;
      const { kinesisStream, deliveryStream } = route;
      const kind = kinesisStream === undefined ? 'firehose' : 'kinesis';
      const stream = kinesisStream ?? deliveryStream ?? target.stream;
      return { holds: condition(route.when), way: this.#way({ kind, stream, partitionKey }) };
    });
    this.#otherwise = this.#way({ ...target, partitionKey: settings.partitionKey });
    const usesPatterns = settings.routes.some((route) => route.when.matches !== undefined);
    this.#loop = usesPatterns ? new BoundedLoop(options.patternTimeoutMs ?? patternTimeoutMsDefault) : undefined;
  }

  /** False as long as one destination is not crowded: then the records of the others are taken too. */
  get crowded(): boolean {
    return this.#branches.size > 0 && [...this.#branches.values()].every(({ sink }) => sink.crowded ?? false);
  }

  add(batch: RecordBatch, source: BatchSource): void {
    for (const branch of this.#branches.values()) branch.batch.reset(batch.buffer);
    this.#choose(batch, source);
    for (let index = 0; index < batch.count; index += 1) {
      const way = this.#routes[this.#chosen[index] as number]?.way ?? this.#otherwise;
      const branch = typeof way === 'function' ? way(jsonRecord(batch, index)) : way;
      if (branch.batch.buffer !== batch.buffer) branch.batch.reset(batch.buffer);
      branch.batch.push(
        batch.starts[index] as number,
        batch.ends[index] as number,
        batch.sourceStarts[index] as number,
        batch.sourceBytes[index] as number,
      );
    }
    for (const branch of this.#branches.values()) if (branch.batch.count > 0) branch.sink.add(branch.batch, source);
  }

  /** Finds each record's route. This is a step of its own, as it may be ended anywhere when a pattern runs too long. */
  #choose(batch: RecordBatch, source: BatchSource): void {
    if (this.#chosen.length < batch.count) this.#chosen = new Int32Array(batch.count * 2);
    this.#next = 0;
    if (this.#routes.length === 0) {
      this.#chosen.fill(NO_ROUTE, 0, batch.count);
      return;
    }
    if (this.#loop === undefined) {
      this.#chooseTo(batch, batch.count);
      return;
    }
    let slowRecords = 0;
    let offset = 0;
    this.#loop.run(batch.count, {
      next: () => this.#next,
      doTo: (end) => this.#chooseTo(batch, end),
      giveUp: (end) => {
        if (slowRecords === 0) offset = source.span.start + (batch.sourceStarts[this.#next] as number);
        slowRecords += end - this.#next;
        this.#chosen.fill(NO_ROUTE, this.#next, end);
        this.#next = end;
      },
    });
    if (slowRecords === 0) return;
    const { flow, events } = this.#options;
    events.emit('routesTooSlow', { flow, path: source.path, records: slowRecords, offset });
  }

  #chooseTo(batch: RecordBatch, end: number): void {
    for (; this.#next < end; this.#next += 1) {
      const record = jsonRecord(batch, this.#next);
      this.#chosen[this.#next] = this.#routes.findIndex(({ holds }) => holds(record));
    }
  }

  async drain(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#branches.values()].map(({ sink }) => sink.drain(signal)));
  }

  status(): readonly DestinationStatus[] {
    return [...this.#branches.values()].map(({ sink }) => sink.status());
  }

  async close(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#branches.values()].map(({ sink }) => sink.close(signal)));
  }

  #way(target: RouteTarget): Way {
    if (!isTemplate(target.stream)) {
      return this.#branch(target);
    }
    const { settings, flow, events } = this.#options;
    const template = new StreamTemplate(target.stream, settings.streamsAllowed);
    const fallback = this.#branch({ ...target, stream: settings.streamFallback ?? 'unrouted' });
    return (record) => {
      const stream = template.streamFor(record);
      if (stream === undefined) return fallback;
      const known = this.#branches.get(branchKey({ ...target, stream }));
      if (known !== undefined) return known;
      if (this.#branches.size < limits.routedStreamsMax) return this.#branch({ ...target, stream });
      events.emit('routedStreamsExhausted', { flow, stream, streamsMax: limits.routedStreamsMax });
      return fallback;
    };
  }

  #branch(target: RouteTarget): Branch {
    const key = branchKey(target);
    const known = this.#branches.get(key);
    if (known !== undefined) return known;
    const branch = { sink: this.#options.open(target), batch: new RecordBatch() };
    this.#branches.set(key, branch);
    return branch;
  }
}

/** Routes that differ in nothing share a destination. */
function branchKey(target: RouteTarget): string {
  return JSON.stringify([target.kind, target.stream, target.partitionKey]);
}
