/**
 * A request's body as a stream of slices. A slice is large enough to cost few calls, and small enough that little encrypted
 * data waits for the socket. (Were the body written in one go, the TLS layer would hold all of it a second time.)
 *
 * Invariant: after `abandon` no byte is read or sent any more; and a connection is ended only while it is this
 * request's own, never when it may already carry the next one.
 */
import { Readable } from 'node:stream';
import type { Writable } from 'node:stream';

const SLICE_BYTES = 256 * 1024;

export class BodyStream extends Readable {
  readonly #body: Buffer;
  #sent = 0;
  /** The HTTP request that the body is piped into, until the whole body has left. */
  #request: Writable | undefined;

  constructor(body: Buffer) {
    super({ highWaterMark: 1 });
    this.#body = body;
  }

  override _read(): void {
    const slice = this.#body.subarray(this.#sent, this.#sent + SLICE_BYTES);
    this.#sent += slice.length;
    this.push(slice.length === 0 ? null : slice);
  }

  /** The SDK's handler pipes a body into its request. */
  override pipe<Destination extends NodeJS.WritableStream>(destination: Destination, options?: { end?: boolean }): Destination {
    this.#request = destination as unknown as Writable;
    // Node gives the connection to another request only after `finish`.
    destination.once('finish', () => (this.#request = undefined));
    return super.pipe(destination, options);
  }

  /** Ends the request, and with it its connection, unless all of the body has already left. */
  abandon(): void {
    this.destroy();
    this.#request?.destroy();
  }
}
