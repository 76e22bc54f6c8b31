/** The simulated service does to a caller what the fault plan says, and sees what a caller must not do. */
import { describe, expect, it } from 'vitest';
import type { OutgoingRecord, PutReply } from '../../src/core/ports.ts';
import { FaultPlan, type FaultKind } from './fault-plan.ts';
import { Life, SimClock } from './sim-clock.ts';
import { SimKinesis, type StreamOrder } from './sim-kinesis.ts';
import { SimRandom } from './sim-random.ts';
import { Trace } from './trace.ts';

const never = new AbortController().signal;

function record(text: string, key = 'key'): OutgoingRecord {
  const data = Buffer.from(text);
  return { data, start: 0, end: data.length, partitionKey: key };
}

/** A stream, of one shard unless said otherwise, under one fault that strikes every time. */
function service(options: { fault?: FaultKind; order?: StreamOrder; shards?: number } = {}) {
  const clock = new SimClock();
  const faults = new FaultPlan({ random: new SimRandom(1), healMs: 1e9, only: new Set() });
  faults.hits = (kind) => kind === options.fault;
  const heard = { accepted: 0, lost: 0, placesKnown: [] as boolean[], violations: [] as string[] };
  const kinesis = new SimKinesis({
    clock,
    faults,
    random: new SimRandom(2),
    trace: new Trace({ now: () => clock.nowMs, keep: 1 }),
    ears: {
      accepted: () => (heard.accepted += 1),
      answered: (_acceptance, placeKnown) => heard.placesKnown.push(placeKnown),
      answerLost: () => (heard.lost += 1),
      violated: (what) => heard.violations.push(what),
    },
  });
  const shape = { shards: options.shards ?? 1, listLagMs: 0, recordBytesMax: 100 };
  kinesis.createStream('s', { ...shape, order: options.order ?? 'none' });
  return { clock, faults, heard, kinesis };
}

/** The reply to one call of three records. */
async function replyUnder(fault: FaultKind) {
  const { clock, heard, kinesis } = service({ fault });
  let reply: PutReply | undefined;
  void kinesis.port(new Life()).putRecords('s', [record('a'), record('b'), record('c')], never).then((given) => {
    reply = given;
  });
  await clock.runUntil(60_000);
  const kind = reply?.kind === 'failed' ? reply.fault.kind : reply?.entries.map((entry) => entry.errorCode ?? 'accepted');
  return { kind, accepted: heard.accepted, lost: heard.lost };
}

const throttled = 'ProvisionedThroughputExceededException';

describe('a call', () => {
  it.each([
    ['slow-network', { kind: ['accepted', 'accepted', 'accepted'], accepted: 3, lost: 0 }],
    ['throttled-entries', { kind: [throttled, throttled, throttled], accepted: 0, lost: 0 }],
    ['failed-entries', { kind: ['InternalFailure', 'InternalFailure', 'InternalFailure'], accepted: 0, lost: 0 }],
    ['outage', { kind: 'transient', accepted: 0, lost: 0 }],
    ['throttled-call', { kind: 'throttled', accepted: 0, lost: 0 }],
    ['access-denied', { kind: 'blocked', accepted: 0, lost: 0 }],
    ['expired-credentials', { kind: 'expired-credentials', accepted: 0, lost: 0 }],
    ['request-lost', { kind: 'ambiguous', accepted: 0, lost: 0 }],
    ['answer-lost', { kind: 'ambiguous', accepted: 3, lost: 3 }],
    ['accepted-late', { kind: 'ambiguous', accepted: 3, lost: 3 }],
  ] as const)('under %s ends as it should', async (fault, expected) => {
    expect(await replyUnder(fault)).toEqual(expected);
  });

  it('to a stream with a hot shard is refused there and taken elsewhere', async () => {
    const { clock, kinesis } = service({ fault: 'hot-shard', shards: 2 });
    const low = { ...record('low'), explicitHashKey: '0' };
    const high = { ...record('high'), explicitHashKey: String(2n ** 128n - 1n) };
    let codes: (string | undefined)[] = [];
    void kinesis.port(new Life()).putRecords('s', [low, high], never).then((reply) => {
      codes = reply.kind === 'answered' ? reply.entries.map((entry) => entry.errorCode) : [];
    });
    await clock.runUntil(1000);
    expect(codes).toEqual([throttled, undefined]);
  });

  it('that ends in a shard that was closed before the next listing ends in no known one', async () => {
    const { clock, faults, heard, kinesis } = service();
    const port = kinesis.port(new Life());
    const list = async () => {
      void port.listShards('s', never);
      await clock.runUntil(clock.nowMs + 1000);
    };
    await list();
    kinesis.reshard('s');
    // Under way when the second listing comes: the network is slow for its answer alone.
    const { hits } = faults;
    faults.hits = (kind) => kind === 'slow-network';
    void port.putRecords('s', [record('a')], never);
    faults.hits = hits;
    await clock.runUntil(clock.nowMs + 4000, () => kinesis.acceptedCount > 0);
    // By chance, until the shard is surely one of those that were split or merged.
    for (let times = 0; times < 100; times += 1) kinesis.reshard('s');
    await list();
    await clock.runUntil(clock.nowMs + 4000);
    expect(heard.placesKnown).toEqual([false]);
  });

  it('of a process that dies is carried out all the same, and counts as lost', async () => {
    const { clock, heard, kinesis } = service();
    const life = new Life();
    let answered = false;
    void kinesis.port(life).putRecords('s', [record('a')], never).then(() => {
      answered = true;
    });
    life.end();
    await clock.runUntil(1000);
    expect([heard.accepted, heard.lost, answered, kinesis.inFlightCount]).toEqual([1, 1, false, 0]);
  });

  it('is a violation when it is too big, or when its buffer changes before the answer', async () => {
    const { clock, heard, kinesis } = service();
    const port = kinesis.port(new Life());
    const changed = record('before');
    void port.putRecords('s', [changed], never);
    changed.data.write('after!');
    await clock.runUntil(1000);
    expect(heard.violations).toEqual(['a buffer changed while its call was under way']);
    expect(() => port.putRecords('s', [record('x'.repeat(101))], never)).toThrow('100');
    expect(heard.violations[1]).toContain('a request the service refuses');
  });
});

describe('two records under way', () => {
  it.each([
    ['none', 'same', 0],
    ['by key', 'same', 1],
    ['by key', 'other', 0],
    ['by shard', 'same', 1],
    ['by shard', 'other', 1],
  ] as const)('in a stream ordered %s, the second with the %s key: %i violations', async (order, key, violations) => {
    const { clock, heard, kinesis } = service({ order });
    const port = kinesis.port(new Life());
    void port.listShards('s', never);
    await clock.runUntil(1000);
    void port.putRecords('s', [record('a', 'same')], never);
    void port.putRecords('s', [record('b', key)], never);
    await clock.runUntil(2000);
    expect(heard.violations).toHaveLength(violations);
  });
});
