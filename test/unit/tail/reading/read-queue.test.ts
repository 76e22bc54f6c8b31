/** Whose turn it is to be read. */
import { expect, test } from 'vitest';
import { ReadQueue } from '../../../../src/tail/reading/read-queue.ts';
import { memoryFile, memoryGeneration } from '../../../support/memory-files.ts';

test('files are read in turn, older ones first, each with what was seen of it last', async () => {
  const [first, second, older] = await Promise.all([1, 2, 3].map((number) => memoryGeneration('line\n', { number })));
  if (first === undefined || second === undefined || older === undefined) throw new Error('there are three');
  const seen = { stat: await memoryFile('line\n').stat(), askedMs: 1 };
  const queue = new ReadQueue();
  queue.add(first);
  queue.add(second, seen);
  queue.add(first, { ...seen, askedMs: 2 });
  queue.addFirst([older]);
  expect(queue.size).toBe(3);
  expect(queue.take()).toEqual({ generation: older, seen: undefined });
  expect(queue.take()).toEqual({ generation: first, seen: { ...seen, askedMs: 2 } });
  queue.delete(second);
  expect(queue.take()).toBe(undefined);
});
