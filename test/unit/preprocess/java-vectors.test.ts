import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runVector } from './harness.ts';

interface Vector {
  readonly id: string;
  readonly options: unknown;
  readonly input: string | null;
  readonly inputBase64?: string;
  readonly result: 'record' | 'drop' | 'raw' | 'config-error';
  readonly outputBase64?: string;
}

/** More rows of the same form can be named here to run a larger set. */
const file = process.env['KINSHIP_VECTORS'] ?? new URL('../../golden/preprocess/amazon-kinesis-agent.json', import.meta.url);
const vectors = JSON.parse(readFileSync(file, 'utf8')) as readonly Vector[];

test.each(vectors.map((vector) => [vector.id, vector] as const))(
  'under compatibility %s gives the bytes of the Java agent',
  (_id, vector) => {
    const input = vector.input === null ? Buffer.from(vector.inputBase64 ?? '', 'base64') : Buffer.from(vector.input);
    const seen = runVector({ options: vector.options, input });
    if (vector.result === 'drop' || vector.result === 'config-error') {
      expect(seen.result).toBe(vector.result);
      return;
    }
    const expected = vector.result === 'raw' ? input : Buffer.from(vector.outputBase64 ?? '', 'base64');
    expect(seen.result === 'record' ? seen.output.toString('base64') : seen).toBe(expected.toString('base64'));
  },
);
