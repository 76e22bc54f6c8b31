import { closeSync, mkdtempSync, readSync, rmSync } from 'node:fs';
import { dlopen } from 'node:ffi';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { join } from '../../../src/core/paths.ts';
import { socketAddress } from '../../../src/platform/notify-socket.ts';
import { openServiceManager, watchdogIntervalMs } from '../../../src/platform/service-manager.ts';

/** A service manager's end: a bound datagram socket, read without waiting. */
class Receiver {
  readonly #descriptor: number;

  constructor(address: string) {
    const { functions } = dlopen(null, {
      socket: { return: 'i32', arguments: ['i32', 'i32', 'i32'] },
      bind: { return: 'i32', arguments: ['i32', 'buffer', 'u32'] },
    });
    this.#descriptor = functions.socket(1, 2 | 0o4000, 0);
    const name = socketAddress(address);
    expect(functions.bind(this.#descriptor, name, name.length)).toBe(0);
  }

  /** Everything that waits. */
  drain(): readonly string[] {
    const messages: string[] = [];
    for (;;) {
      try {
        messages.push(this.receive());
      } catch (error) {
        expect(error).toMatchObject({ code: 'EAGAIN' });
        return messages;
      }
    }
  }

  receive(): string {
    const buffer = Buffer.alloc(4096);
    return buffer.toString('utf8', 0, readSync(this.#descriptor, buffer));
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kinship-sd-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const fail = (fault: Error) => {
  throw fault;
};

test.each(['path', 'abstract'])('states, status and pings arrive as systemd reads them (%s address)', async (kind) => {
  const address = kind === 'path' ? join(root, 'notify') : `@kinship-${process.pid}-${root}`;
  const receiver = new Receiver(address);
  const manager = await openServiceManager({ NOTIFY_SOCKET: address }, fail);
  manager.ready('2 flows\nset');
  manager.reloading();
  manager.status('lag 3 s');
  manager.watchdog();
  manager.stopping('sending what is read');
  expect(receiver.receive()).toBe('READY=1\nSTATUS=2 flows set');
  expect(receiver.receive()).toMatch(/^RELOADING=1\nMONOTONIC_USEC=\d+\nSTATUS=/);
  expect(receiver.receive()).toBe('STATUS=lag 3 s');
  expect(receiver.receive()).toBe('WATCHDOG=1');
  expect(receiver.receive()).toBe('STOPPING=1\nSTATUS=sending what is read');
  receiver.close();
});

test('a service manager that does not read holds up nothing, and gets the state when it reads again', async () => {
  const address = join(root, 'notify');
  const receiver = new Receiver(address);
  const manager = await openServiceManager({ NOTIFY_SOCKET: address }, fail);
  for (let sent = 0; sent < 1000; sent += 1) manager.status(`line ${sent}`);
  manager.ready('late');
  expect(receiver.drain()).toContain('STATUS=line 0');
  manager.watchdog();
  expect(receiver.drain()).toEqual(['READY=1\nSTATUS=late', 'WATCHDOG=1']);
  receiver.close();
});

test('a service manager that is gone is reported once and fails nothing', async () => {
  const faults: Error[] = [];
  const manager = await openServiceManager({ NOTIFY_SOCKET: join(root, 'nobody') }, (fault) => faults.push(fault));
  manager.ready('');
  manager.watchdog();
  expect(faults.map((fault) => fault.message)).toEqual([`NOTIFY_SOCKET: nobody listens at ${join(root, 'nobody')}`]);
});

test('an address that is no Unix socket is reported', async () => {
  const faults: Error[] = [];
  const manager = await openServiceManager({ NOTIFY_SOCKET: 'vsock:2:1234' }, (fault) => faults.push(fault));
  manager.ready('');
  expect(faults[0]?.message).toContain('not a Unix socket');
});

test('without a service manager nothing is sent', async () => {
  const manager = await openServiceManager({}, fail);
  manager.ready('nobody hears');
  expect(manager.watchdogIntervalMs).toBeUndefined();
});

test.each([
  [{}, undefined],
  [{ WATCHDOG_USEC: '30000000' }, 15_000],
  [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: String(process.pid) }, 15_000],
  [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '1' }, undefined],
  [{ WATCHDOG_USEC: 'soon' }, undefined],
])('the watchdog wants a ping within half its period: %j → %j ms', (env, intervalMs) => {
  expect(watchdogIntervalMs(env)).toBe(intervalMs);
});
