/**
 * The way to the service manager: one datagram a message on NOTIFY_SOCKET. Source: sd_notify(3), systemd.exec(5).
 *
 * Node has no AF_UNIX datagram sockets, so libc is called through Node's own `node:ffi`; every message comes from the
 * main process, as NotifyAccess=main wants. The socket never blocks: a service manager that does not read must not stop
 * the shipping. Where `node:ffi` is missing, `systemd-notify` is run (needs NotifyAccess=all).
 */
import { spawn } from 'node:child_process';
import { closeSync, writeSync } from 'node:fs';
import { endianness } from 'node:os';
import { systemCodeOf } from './file-fault.ts';

/** Source: socket(2) and <bits/socket.h> of Linux, the same on x86-64 and arm64. */
const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;
/** Source: unix(7): sun_path, terminating NUL included. */
const socketPathBytesMax = 108;

export interface NotifySocket {
  /** Whether the message was handed over; false: the queue is full, try again later. Throws where nobody listens. */
  send(message: string): boolean;
}

/** The way to `address` (a path, or `@name` in the abstract namespace). Throws where that is no such address. */
export async function openNotifySocket(address: string): Promise<NotifySocket> {
  const name = socketAddress(address);
  const libc = await loadLibc();
  return libc === undefined ? new NotifyCommand(address) : new DatagramSocket(libc, address, name);
}

/** Connects for every message, as sd_notify does: a service manager that was executed anew is found again. */
class DatagramSocket implements NotifySocket {
  readonly #libc: Libc;
  readonly #address: string;
  readonly #name: Buffer;

  constructor(libc: Libc, address: string, name: Buffer) {
    this.#libc = libc;
    this.#address = address;
    this.#name = name;
  }

  send(message: string): boolean {
    const descriptor = this.#libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) throw new Error('NOTIFY_SOCKET: no socket could be made');
    try {
      if (this.#libc.connect(descriptor, this.#name, this.#name.length) !== 0) {
        throw new Error(`NOTIFY_SOCKET: nobody listens at ${this.#address}`);
      }
      writeSync(descriptor, message);
      return true;
    } catch (error) {
      if (systemCodeOf(error) === 'EAGAIN') return false;
      throw error;
    } finally {
      closeSync(descriptor);
    }
  }
}

class NotifyCommand implements NotifySocket {
  readonly #address: string;

  constructor(address: string) {
    this.#address = address;
  }

  send(message: string): boolean {
    const child = spawn('systemd-notify', [`--pid=${process.pid}`, ...message.split('\n')], {
      env: { ...process.env, NOTIFY_SOCKET: this.#address },
      stdio: 'ignore',
    });
    child.on('error', (error) => process.emitWarning(`systemd-notify could not be run: ${error.message}`));
    return true;
  }
}

interface Libc {
  readonly socket: (domain: number, type: number, protocol: number) => number;
  readonly connect: (descriptor: number, address: Buffer, addressBytes: number) => number;
}

/** `undefined` where this Node was built without `node:ffi`. */
async function loadLibc(): Promise<Libc | undefined> {
  try {
    const { dlopen } = await import('node:ffi');
    return dlopen(null, {
      socket: { return: 'i32', arguments: ['i32', 'i32', 'i32'] },
      connect: { return: 'i32', arguments: ['i32', 'buffer', 'u32'] },
    }).functions;
  } catch (error) {
    if (systemCodeOf(error) === 'ERR_UNKNOWN_BUILTIN_MODULE') return undefined;
    throw error;
  }
}

/** `struct sockaddr_un`, as long as connect(2) wants it: an abstract name has no terminating NUL. Source: unix(7). */
export function socketAddress(address: string): Buffer {
  const path = Buffer.from(address);
  const abstract = address.startsWith('@');
  if (!abstract && !address.startsWith('/')) throw new Error(`NOTIFY_SOCKET: ${address} is not a Unix socket`);
  if (path.length >= socketPathBytesMax) throw new Error(`NOTIFY_SOCKET: ${address} is too long for a Unix socket`);
  if (abstract) path[0] = 0;
  const family = Buffer.alloc(2);
  if (endianness() === 'LE') family.writeUInt16LE(AF_UNIX);
  else family.writeUInt16BE(AF_UNIX);
  return Buffer.concat([family, path, Buffer.alloc(abstract ? 0 : 1)]);
}
