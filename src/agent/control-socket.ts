/**
 * How `kinship status` and `kinship reload` talk to the running agent: a Unix socket that only its user can open, one
 * JSON line each way, then the connection is closed.
 *
 * Invariant: at most one agent serves a path. A socket file that a dead agent left behind is replaced; a living one
 * refuses the second agent; anything else than a socket is left alone. Source: unix(7), umask(2).
 */
import { lstat, rm } from 'node:fs/promises';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { FilePlace } from '../checkpoint/file-place.ts';
import { makeDirectories } from '../checkpoint/make-directories.ts';
import type { AgentStatus } from '../core/status.ts';

/** A request is one short line; whoever sends more is no client of ours. */
const REQUEST_BYTES_MAX = 4096;
const REQUEST_TIMEOUT_MS = 5000;

export type ControlRequest = { readonly command: 'status' } | { readonly command: 'reload' };

export type ReloadOutcome =
  /** The counts are of flows. */
  | {
      readonly kind: 'reloaded';
      readonly added: number;
      readonly changed: number;
      readonly removed: number;
      readonly kept: number;
      /** Settings that differ from those at the start. They take effect at the next start. */
      readonly waiting: readonly string[];
      /** Warnings about the new config. Lines for a person. */
      readonly warnings: readonly string[];
    }
  /** The old config goes on. Lines for a person. */
  | { readonly kind: 'refused'; readonly reasons: readonly string[] };

export type ControlReply =
  | { readonly kind: 'status'; readonly status: AgentStatus }
  | { readonly kind: 'reload'; readonly outcome: ReloadOutcome }
  | { readonly kind: 'error'; readonly message: string };

export interface ControlHandlers {
  status(): AgentStatus;
  reload(): Promise<ReloadOutcome>;
}

export type OpenedControlSocket =
  | { readonly kind: 'open'; readonly socket: ControlSocket }
  /** Another agent answers there. */
  | { readonly kind: 'taken' }
  /** The agent can run without the socket: `status` then reads the checkpoint file. */
  | { readonly kind: 'failed'; readonly message: string };

export class ControlSocket implements AsyncDisposable {
  readonly path: string;
  readonly #handlers: ControlHandlers;
  readonly #connections = new Set<Socket>();
  #server: Server;
  #place: FilePlace;

  /** Use `openControlSocket`. */
  constructor(path: string, server: Server, handlers: ControlHandlers) {
    this.path = path;
    this.#handlers = handlers;
    this.#server = this.#serve(server);
    this.#place = new FilePlace(path);
  }

  /** Listens anew where the socket file was deleted. True: it was deleted, and is there again. Never rejects. */
  async secure(): Promise<boolean> {
    try {
      // Whatever else stands there by now is not this agent's to delete.
      if (this.#place.isKept || (await isThere(this.path))) return false;
      await this.close();
      const server = await listen(this.path);
      if (server === undefined) return false;
      this.#server = this.#serve(server);
      this.#place = new FilePlace(this.path);
      return true;
    } catch {
      // The socket's directory is gone or must not be written: the agent does without the socket, and tries again later.
      return false;
    }
  }

  /** Takes no more requests and removes the socket file. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    for (const connection of this.#connections) connection.destroy();
    await closed;
    await rm(this.path, { force: true });
  }

  #serve(server: Server): Server {
    server.on('connection', (connection) => {
      this.#connections.add(connection);
      connection.on('close', () => this.#connections.delete(connection));
      serve(connection, this.#handlers);
    });
    return server;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );
}

/** Listens at `path`. Never rejects. */
export async function openControlSocket(path: string, handlers: ControlHandlers): Promise<OpenedControlSocket> {
  try {
    makeDirectories(dirname(path));
    const first = await listen(path);
    if (first !== undefined) return { kind: 'open', socket: new ControlSocket(path, first, handlers) };
    if (!(await lstat(path)).isSocket()) return { kind: 'failed', message: 'something else than a socket stands there: name another path' };
    const there = await askAgent(path, { command: 'status' }, REQUEST_TIMEOUT_MS);
    if (there.kind !== 'absent') return { kind: 'taken' };
    await rm(path, { force: true });
    const second = await listen(path);
    return second === undefined
      ? { kind: 'taken' }
      : { kind: 'open', socket: new ControlSocket(path, second, handlers) };
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
}

/** Undefined where something is already there. The mask makes the file 0600 from its first moment. */
function listen(path: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.once('listening', () => resolve(server));
    const mask = process.umask(0o177);
    try {
      server.listen(path);
    } finally {
      process.umask(mask);
    }
  });
}

function serve(connection: Socket, handlers: ControlHandlers): void {
  let received = '';
  connection.setEncoding('utf8');
  connection.setTimeout(REQUEST_TIMEOUT_MS, () => connection.destroy());
  connection.on('error', () => connection.destroy());
  connection.on('data', (chunk: string) => {
    received += chunk;
    const end = received.indexOf('\n');
    if (end < 0 && received.length <= REQUEST_BYTES_MAX) return;
    connection.removeAllListeners('data');
    connection.setTimeout(0);
    void answer(end < 0 ? '' : received.slice(0, end), handlers).then((reply) =>
      connection.end(`${JSON.stringify(reply)}\n`),
    );
  });
}

async function answer(line: string, handlers: ControlHandlers): Promise<ControlReply> {
  try {
    switch (commandOf(line)) {
      case 'status':
        return { kind: 'status', status: handlers.status() };
      case 'reload':
        return { kind: 'reload', outcome: await handlers.reload() };
      default:
        return { kind: 'error', message: 'not a request: {"command":"status"} or {"command":"reload"}' };
    }
  } catch (error) {
    return { kind: 'error', message: error instanceof Error ? error.message : String(error) };
  }
}

function commandOf(line: string): unknown {
  try {
    const request: unknown = JSON.parse(line);
    return typeof request === 'object' && request !== null && 'command' in request ? request.command : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export type AskOutcome =
  | { readonly kind: 'answered'; readonly reply: ControlReply }
  /** No agent listens there. */
  | { readonly kind: 'absent' }
  /** An agent may listen there, but not for this user. */
  | { readonly kind: 'denied' }
  /** The agent took the request and did not answer (properly) in time. */
  | { readonly kind: 'silent'; readonly message: string };

/** Asks the agent at `path`, waiting at most `timeoutMs`. Never rejects. */
export function askAgent(path: string, request: ControlRequest, timeoutMs: number): Promise<AskOutcome> {
  return new Promise((resolve) => {
    const connection = createConnection(path);
    let received = '';
    const finish = (outcome: AskOutcome) => {
      connection.destroy();
      resolve(outcome);
    };
    connection.setEncoding('utf8');
    connection.setTimeout(timeoutMs, () => finish({ kind: 'silent', message: `no answer within ${timeoutMs} ms` }));
    connection.on('connect', () => connection.write(`${JSON.stringify(request)}\n`));
    connection.on('data', (chunk: string) => {
      received += chunk;
    });
    connection.on('end', () => finish(parseReply(received)));
    connection.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED' || error.code === 'ENOTDIR' || error.code === 'ELOOP')
        finish({ kind: 'absent' });
      else if (error.code === 'EACCES' || error.code === 'EPERM') finish({ kind: 'denied' });
      else finish({ kind: 'silent', message: error.message });
    });
  });
}

function parseReply(received: string): AskOutcome {
  try {
    // Not checked, as both ends are the same program. The version in the status tells when they are not.
    return { kind: 'answered', reply: JSON.parse(received) as ControlReply };
  } catch {
    return { kind: 'silent', message: 'the connection ended before the answer did' };
  }
}
