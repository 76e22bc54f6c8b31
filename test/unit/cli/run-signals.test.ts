import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { RunSignals } from '../../../src/cli/usage/run-signals.ts';

function listening() {
  const source = new EventEmitter();
  const done: string[] = [];
  const actions = { onReload: () => done.push('reload'), onLevel: () => done.push('level'), onSecondStop: () => done.push('hurry') };
  return { source, signals: new RunSignals(source), done, actions };
}

test('a signal that comes before the agent runs is followed once, when it does', () => {
  const { source, signals, done, actions } = listening();
  for (const signal of ['SIGHUP', 'SIGUSR2', 'SIGHUP', 'SIGUSR1']) source.emit(signal);
  expect(done).toEqual([]);
  void signals.follow(actions);
  expect(done).toEqual(['reload', 'level']);
});

test('while it runs every signal is followed at once', async () => {
  const { source, signals, done, actions } = listening();
  const stopped = signals.follow(actions);
  for (const signal of ['SIGHUP', 'SIGHUP', 'SIGUSR2', 'SIGUSR1']) source.emit(signal);
  expect(done).toEqual(['reload', 'reload', 'level']);
  source.emit('SIGTERM');
  expect(await stopped).toBe('SIGTERM');
  expect(done).toHaveLength(3);
  source.emit('SIGINT');
  expect(done.at(-1)).toBe('hurry');
});

test('an agent that is told to stop while it starts stops when it has started', async () => {
  const { source, signals, actions } = listening();
  source.emit('SIGINT');
  expect(await signals.follow(actions)).toBe('SIGINT');
});
