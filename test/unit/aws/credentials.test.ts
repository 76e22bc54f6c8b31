import { describe, expect, it } from 'vitest';
import { Credentials } from '../../../src/aws/credentials.ts';

const MINUTE_MS = 60_000;

/** A source whose keys last an hour, on a clock of its own. */
function source() {
  const world = { nowMs: 1_700_000_000_000, fetched: 0, failing: false };
  const credentials = new Credentials({
    clock: { wallMs: () => world.nowMs },
    fetch: async () => {
      world.fetched += 1;
      if (world.failing) throw new Error('no answer');
      return { accessKeyId: `key-${world.fetched}`, secretAccessKey: 's', expiration: new Date(world.nowMs + 60 * MINUTE_MS) };
    },
  });
  return { world, credentials, key: async () => (await credentials.get()).accessKeyId };
}

describe('credentials', () => {
  it('are fetched once, also by many at a time, until five minutes before they expire', async () => {
    const { world, key } = source();
    expect(await Promise.all([key(), key(), key()])).toEqual(['key-1', 'key-1', 'key-1']);
    world.nowMs += 55 * MINUTE_MS;
    expect(await key()).toBe('key-1');
    world.nowMs += 1;
    expect(await key()).toBe('key-2');
  });

  it('go on to be used while the source fails and they are good', async () => {
    const { world, key } = source();
    await key();
    world.failing = true;
    world.nowMs += 56 * MINUTE_MS;
    expect(await key()).toBe('key-1');
    world.nowMs += 4 * MINUTE_MS;
    await expect(key()).rejects.toThrow('no answer');
    world.failing = false;
    expect(await key()).toMatch(/^key-/);
  });

  it('are fetched anew when doubted, but not at every doubt', async () => {
    const { world, credentials, key } = source();
    await key();
    credentials.doubt();
    expect(await key()).toBe('key-1');
    world.nowMs += 10_000;
    credentials.doubt();
    credentials.doubt();
    expect([await key(), await key()]).toEqual(['key-2', 'key-2']);
  });

  it('that are doubted are not used when the source fails', async () => {
    const { world, credentials, key } = source();
    await key();
    world.nowMs += MINUTE_MS;
    world.failing = true;
    credentials.doubt();
    await expect(key()).rejects.toThrow('no answer');
  });

  it('without an end are kept', async () => {
    let fetched = 0;
    const credentials = new Credentials({
      clock: { wallMs: () => Number.MAX_SAFE_INTEGER },
      fetch: async () => ({ accessKeyId: `key-${(fetched += 1)}`, secretAccessKey: 's' }),
    });
    await credentials.get();
    expect((await credentials.get()).accessKeyId).toBe('key-1');
  });
});
