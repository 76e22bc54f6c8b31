import type { AwsCredentialIdentity } from '@smithy/types';
import { describe, expect, it } from 'vitest';
import { Credentials } from '../../../src/aws/access/credentials.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const MINUTE_MS = 60_000;

/** A source of credentials, on a clock of its own. Its keys last an hour unless a test says otherwise. */
function source() {
  const clock = new FakeClock();
  const world = { fetched: 0, failing: false, hanging: false, lastMs: 60 * MINUTE_MS };
  const answer = Promise.withResolvers<void>();
  const credentials = new Credentials({
    clock,
    fetch: async (): Promise<AwsCredentialIdentity> => {
      world.fetched += 1;
      const accessKeyId = `key-${world.fetched}`;
      if (world.hanging) await answer.promise;
      if (world.failing) throw new Error('no answer');
      return { accessKeyId, secretAccessKey: 's', expiration: new Date(clock.wallMs() + world.lastMs) };
    },
  });
  return { clock, world, credentials, answer: () => answer.resolve(), key: async () => (await credentials.get()).accessKeyId };
}

describe('credentials', () => {
  it('are fetched once, also if many ask at a time', async () => {
    const { key } = source();
    expect(await Promise.all([key(), key(), key()])).toEqual(['key-1', 'key-1', 'key-1']);
  });

  it('are fetched anew five minutes before they expire, while the last ones go on to be used', async () => {
    const { clock, world, key } = source();
    await key();
    await clock.advance(55 * MINUTE_MS);
    expect(await key()).toBe('key-1');
    expect(world.fetched).toBe(1);
    await clock.advance(1);
    expect(await key()).toBe('key-1');
    await clock.advance(0);
    expect(await key()).toBe('key-2');
  });

  it('do not hold up a call as long as they are good, whatever becomes of the next ones', async () => {
    const { clock, world, key } = source();
    await key();
    world.hanging = true;
    await clock.advance(59 * MINUTE_MS);
    expect([await key(), await key()]).toEqual(['key-1', 'key-1']);
    expect(world.fetched).toBe(2);
  });

  it('go on to be used while they are good and the source, asked every ten seconds, fails', async () => {
    const { clock, world, key } = source();
    await key();
    world.failing = true;
    await clock.advance(56 * MINUTE_MS);
    for (let second = 0; second < 20; second += 1) {
      expect(await key()).toBe('key-1');
      await clock.advance(1000);
    }
    expect(world.fetched).toBe(3);
    await clock.advance(4 * MINUTE_MS);
    await expect(key()).rejects.toThrow('no answer');
    world.failing = false;
    expect(await key()).toMatch(/^key-/);
  });

  it('that have less than five minutes left from the beginning are fetched every ten seconds, not for every call', async () => {
    const { clock, world, key } = source();
    world.lastMs = 2 * MINUTE_MS;
    for (let call = 0; call < 100; call += 1) {
      await key();
      await clock.advance(200);
    }
    expect(world.fetched).toBe(2);
  });

  it('are fetched anew when doubted, but not at every doubt', async () => {
    const { clock, credentials, key } = source();
    await key();
    credentials.doubt();
    expect(await key()).toBe('key-1');
    await clock.advance(10_000);
    credentials.doubt();
    credentials.doubt();
    expect([await key(), await key()]).toEqual(['key-2', 'key-2']);
  });

  it('that are doubted are not used when the source fails', async () => {
    const { clock, world, credentials, key } = source();
    await key();
    await clock.advance(MINUTE_MS);
    world.failing = true;
    credentials.doubt();
    await expect(key()).rejects.toThrow('no answer');
  });

  it('that may lack rights are used while others are fetched, and go on to be used if there are no others', async () => {
    const { clock, world, credentials, key } = source();
    await key();
    await clock.advance(MINUTE_MS);
    world.failing = true;
    for (let call = 0; call < 30; call += 1) {
      credentials.renew();
      expect(await key()).toBe('key-1');
      await clock.advance(1000);
    }
    expect(world.fetched).toBe(4);
    world.failing = false;
    credentials.renew();
    await clock.advance(0);
    expect(await key()).toBe('key-5');
  });

  it('that are expired as soon as they are fetched are fetched every ten seconds, not for every call', async () => {
    const { clock, world, key } = source();
    world.lastMs = -1;
    for (let call = 0; call < 100; call += 1) {
      await key();
      await clock.advance(200);
    }
    expect(world.fetched).toBe(2);
  });

  it('that have expired are waited for, not used, while a fetch for them is under way', async () => {
    const { clock, world, key, answer } = source();
    await key();
    await clock.advance(59 * MINUTE_MS + 55_000);
    world.hanging = true;
    expect(await key()).toBe('key-1');
    await clock.advance(5000);
    const waiting = key();
    answer();
    expect(await waiting).toBe('key-2');
  });

  it('of a source that hangs are asked for again after five minutes, by at most three fetches at once', async () => {
    const { clock, world, key, answer } = source();
    world.hanging = true;
    for (let minute = 0; minute < 60; minute += 1) {
      const asked = expect(key()).rejects.toMatchObject({ code: 'CredentialsTimeout' });
      await clock.advance(MINUTE_MS);
      await asked;
    }
    expect(world.fetched).toBe(3);
    world.hanging = false;
    answer();
    await clock.advance(0);
    expect(await key()).toBe('key-3');
  });

  it('of a source that does not answer are given up after half a minute, and it is not asked a second time meanwhile', async () => {
    const { clock, world, key, answer } = source();
    world.hanging = true;
    const waiting = [key(), key()].map((one) => expect(one).rejects.toMatchObject({ code: 'CredentialsTimeout', kind: 'blocked', message: expect.stringContaining('for 30 s') }));
    await clock.advance(30_000);
    await Promise.all(waiting);
    const later = expect(key()).rejects.toMatchObject({ message: expect.stringContaining('for 60 s') });
    await clock.advance(30_000);
    await later;
    expect(world.fetched).toBe(1);
    answer();
    expect(await key()).toBe('key-1');
    expect(clock.timerCount).toBe(0);
  });

  it('that never expire are kept', async () => {
    const clock = new FakeClock();
    let fetched = 0;
    const credentials = new Credentials({ clock, fetch: async () => ({ accessKeyId: `key-${(fetched += 1)}`, secretAccessKey: 's' }) });
    await credentials.get();
    await clock.advance(100_000 * MINUTE_MS);
    expect((await credentials.get()).accessKeyId).toBe('key-1');
  });
});
