/**
 * A request's body as a stream of pieces, so that memory of records goes to the socket from where it lies: one buffer
 * of the whole would be copied once to make it and once more by the TLS layer.
 *
 * Invariant: after `abandon` no piece is read or sent any more; and a connection is ended only while it is this
 * request's own, never when it may already carry the next one.
 */
import { Readable } from 'node:stream';
import type { Writable } from 'node:stream';

export class BodyStream extends Readable {
  readonly #pieces: readonly Buffer[];
  #next = 0;
  /** The HTTP request that this is piped into, until all of it has left. */
  #request: Writable | undefined;

  constructor(pieces: readonly Buffer[]) {
    super({ highWaterMark: 1 });
    this.#pieces = pieces;
  }

  override _read(): void {
    this.push(this.#pieces[this.#next] ?? null);
    this.#next += 1;
  }

  /** The SDK's handler pipes a body into its request. */
  override pipe<Destination extends NodeJS.WritableStream>(destination: Destination, options?: { end?: boolean }): Destination {
    this.#request = destination as unknown as Writable;
    // Only then does Node give the connection to another request.
    destination.once('finish', () => (this.#request = undefined));
    return super.pipe(destination, options);
  }

  /** Ends the request, and with it its connection, unless all of the body has already left. */
  abandon(): void {
    this.destroy();
    this.#request?.destroy();
  }
}
