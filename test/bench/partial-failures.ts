/**
 * `node test/bench/partial-failures.ts`: one entry in ten fails, by chance. Prints how many lines were lost, came twice, or
 * came out of the order of their key, at a consumer that takes aggregates apart. The real producer runs on a simulated clock
 * and a model of Kinesis, so the figures are the same on every machine.
 */
import { keyBeforeBar, ProducerWorld } from '../unit/producer/producer-world.ts';

const SECONDS = 60;
const LINES_PER_SECOND = 1000;
const TICK_MS = 10;
const KEYS = 200;
const FAILING_SHARE = 0.1;

async function ship(format: 'kpl' | 'newline' | 'none', code: string): Promise<string> {
  const world = new ProducerWorld({ latencyMs: 10, stream: { shards: 4 } });
  const chance = world.random.fork('failures');
  let entries = 0;
  let failed = 0;
  const codeOf = () => {
    entries += 1;
    if (!chance.chance(FAILING_SHARE)) return undefined;
    failed += 1;
    return code;
  };
  world.model.fault = ({ operation }) => (operation === 'PutRecords' ? { kind: 'fail-entries', codeOf } : undefined);
  const feed = world.flow({ plan: keyBeforeBar, format, recordBytesMax: 4096 });
  const next = new Map<string, number>();
  for (let ms = 0; ms < SECONDS * 1000; ms += TICK_MS) {
    const lines = Array.from({ length: (LINES_PER_SECOND * TICK_MS) / 1000 }, () => {
      const key = `key ${chance.below(KEYS)}`;
      const number = next.get(key) ?? 0;
      next.set(key, number + 1);
      return `${key}|${number}|${'x'.repeat(100)}\n`;
    });
    feed.feed(lines);
    await world.run(TICK_MS);
  }
  let seconds = SECONDS;
  for (; feed.pendingBytes > 0; seconds += 1) await world.run(1000);
  const texts = world.consumed().flatMap((record) => record.text.split(/(?<=\n)/));
  const last = new Map<string, number>();
  let disordered = 0;
  for (const text of texts) {
    const [key = '', number = ''] = text.split('|');
    if (Number(number) !== (last.get(key) ?? -1) + 1) disordered += 1;
    last.set(key, Number(number));
  }
  const lost = feed.lines.length - new Set(texts).size;
  const repeated = texts.length - new Set(texts).size;
  return `| ${format} | ${code} | ${feed.lines.length} | ${entries} | ${failed} | ${seconds} | ${lost} | ${repeated} | ${disordered} |`;
}

const rows = ['| format | code | lines | entries sent | failed | all there after, s | lost | repeated | out of order |', '|---|---|---:|---:|---:|---:|---:|---:|---:|'];
for (const format of ['kpl', 'newline', 'none'] as const) {
  for (const code of ['InternalFailure', 'ProvisionedThroughputExceededException']) rows.push(await ship(format, code));
}
process.stdout.write(`${rows.join('\n')}\n`);
