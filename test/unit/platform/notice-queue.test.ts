import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { NoticeQueue } from '../../../src/platform/notice-queue.ts';

/** How often a queue of four reports that it overran, if these numbers of notices come, one number in each turn of the event loop. */
async function overruns(noticesPerTurn: readonly number[]): Promise<number> {
  const queue = new NoticeQueue(4);
  let count = 0;
  const stop = queue.listen(() => {
    count += 1;
  });
  for (const notices of noticesPerTurn) {
    for (let index = 0; index < notices; index += 1) queue.noticed();
    await turn();
  }
  stop();
  for (let index = 0; index < 4; index += 1) queue.noticed();
  await turn();
  return count;
}

test.each([
  ['fewer notices than the queue holds', [3], 0],
  ['as many, in several turns', [2, 2, 3, 1], 0],
  ['as many in one turn: it was full, and may have run over', [4], 1],
  ['far more in one turn', [40], 1],
  ['twice', [4, 1, 5], 2],
] as const)('%s', async (_name, notices, expected) => {
  expect(await overruns(notices)).toBe(expected);
});
