/**
 * The connections of one client, shared by the streams that it serves: at most `max` requests in flight, and a stream
 * that waits gets the next free one in its turn, one request each turn, so that no stream keeps another from sending.
 */
import { assert } from '../../core/assert.ts';

export interface SlotUser {
  /** A slot may be free: try again. */
  onSlot(): void;
}

export class ConnectionSlots {
  readonly max: number;
  #used = 0;
  readonly #waiting: Set<SlotUser> = new Set();

  constructor(max: number) {
    assert(max > 0, 'there is a connection');
    this.max = max;
  }

  get used(): number {
    return this.#used;
  }

  /** Takes a slot for `user`; false: none is free or others wait before it, and `onSlot` will be called. */
  take(user: SlotUser): boolean {
    const [first] = this.#waiting;
    if (this.#used >= this.max || (first !== undefined && first !== user)) {
      this.#waiting.add(user);
      return false;
    }
    this.#waiting.delete(user);
    this.#used += 1;
    return true;
  }

  /** Gives a slot back; whoever waits longest is called. */
  release(): void {
    assert(this.#used > 0, 'only a slot in use is given back');
    this.#used -= 1;
    this.#callFirst();
  }

  /** `user` no longer waits: it has nothing to send, or is closed. */
  leave(user: SlotUser): void {
    if (this.#waiting.delete(user)) this.#callFirst();
  }

  #callFirst(): void {
    const [first] = this.#waiting;
    if (first !== undefined && this.#used < this.max) first.onSlot();
  }
}
