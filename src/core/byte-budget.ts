/**
 * The byte budget: everything read and not yet resolved, over all flows, never exceeds `capacityBytes`.
 *
 * Each flow has a guaranteed share, which no other flow can take: the bytes of its longest line, and an equal part of one half
 * of what all longest lines leave over. The rest is common: whoever comes first takes it. So a flow with a dead stream keeps
 * its own share and what it has of the common part, and takes nothing from the shares of the others. Where all longest lines
 * together exceed the configured budget, the budget is their sum. Waiting flows are served in the order in which they came,
 * each as soon as its own share or the common part allows.
 *
 * A flow gets nothing while enough of its data waits for the destination, even if there is room. Reading further ahead would
 * only take memory (at full load 108 MB of anonymous memory instead of 72), and the file is the better queue.
 */
import { assert } from './assert.ts';

interface Waiter {
  readonly account: BudgetAccount;
  readonly bytes: number;
  grant(granted: boolean): void;
}

export interface BudgetAccount {
  readonly name: string;
  /** The flow must be able to take this much at once: its longest line. */
  readonly leastBytes: number;
  /** Whether enough data waits for the flow's destination. While this is true, nothing is granted. */
  readonly crowded: () => boolean;
  usedBytes: number;
}

export class ByteBudget {
  #setBytes: number;
  /** The longest line of every flow. */
  #leastBytes = 0;
  #usedBytes = 0;
  /** What the shares of all flows still have free; `undefined`: something has changed since it was reckoned. */
  #reservedBytes: number | undefined;
  readonly #accounts = new Set<BudgetAccount>();
  #waiters: Waiter[] = [];

  constructor(capacityBytes: number) {
    assert(capacityBytes > 0, 'a budget has room');
    this.#setBytes = capacityBytes;
  }

  get capacityBytes(): number {
    return Math.max(this.#setBytes, this.#leastBytes);
  }

  /** Sets the capacity from now on. Bytes taken beyond the new capacity stay taken until they are given back. */
  resize(capacityBytes: number): void {
    assert(capacityBytes > 0, 'a budget has room');
    this.#setBytes = capacityBytes;
    this.#reservedBytes = undefined;
    this.reconsider();
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Opens a flow's account. Whoever makes `crowded` false again calls `reconsider`. */
  open(name: string, { leastBytes = 1, crowded = () => false }: Partial<Pick<BudgetAccount, 'leastBytes' | 'crowded'>> = {}): BudgetAccount {
    const account: BudgetAccount = { name, leastBytes, crowded, usedBytes: 0 };
    this.#accounts.add(account);
    this.#leastBytes += leastBytes;
    this.#reservedBytes = undefined;
    this.reconsider();
    return account;
  }

  /** Closes an account and frees the bytes that it still holds. Its owner gives nothing back afterwards. */
  abandon(account: BudgetAccount): void {
    this.#use(account, -account.usedBytes);
    if (this.#accounts.delete(account)) this.#leastBytes -= account.leastBytes;
    this.#serve();
  }

  /** The share of a flow. One `take` may ask for no more than this, so that every `take` can be granted some day. */
  takeBytesMax({ leastBytes }: BudgetAccount): number {
    const spareBytes = this.capacityBytes - this.#leastBytes;
    return Math.max(1, Math.floor(leastBytes + spareBytes / 2 / Math.max(1, this.#accounts.size)));
  }

  /** Waits for `bytes`. True: they are granted. False, and nothing is taken: `signal` aborted, or the share became smaller than `bytes`. */
  take(account: BudgetAccount, bytes: number, signal: AbortSignal): Promise<boolean> | boolean {
    if (signal.aborted) return false;
    assert(bytes <= this.takeBytesMax(account), 'no take exceeds takeBytesMax');
    const first = !this.#waiters.some((waiter) => waiter.account === account);
    if (first && this.#fits(account, bytes)) {
      this.#use(account, bytes);
      return true;
    }
    return new Promise((resolve) => {
      const onAbort = () => {
        this.#waiters = this.#waiters.filter((other) => other !== waiter);
        resolve(false);
      };
      const waiter: Waiter = {
        account,
        bytes,
        grant: (granted) => {
          signal.removeEventListener('abort', onAbort);
          resolve(granted);
        },
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiters.push(waiter);
    });
  }

  /** Gives back `bytes` taken by `account`. */
  release(account: BudgetAccount, bytes: number): void {
    assert(bytes <= account.usedBytes, 'no account gives back more than it took');
    this.#use(account, -bytes);
    this.reconsider();
  }

  /** Serves the waiting flows again: an account is no longer crowded. */
  reconsider(): void {
    if (this.#waiters.length > 0) this.#serve();
  }

  #fits(account: BudgetAccount, bytes: number): boolean {
    if (account.crowded()) return false;
    if (account.usedBytes + bytes <= this.takeBytesMax(account)) return this.#usedBytes + bytes <= this.capacityBytes;
    return this.#usedBytes + this.#reserved() - this.#freeOf(account) + bytes <= this.capacityBytes;
  }

  /** Reckoned once for all that wait: with a thousand flows, a sum over all flows for each of them would take milliseconds. */
  #reserved(): number {
    if (this.#reservedBytes !== undefined) return this.#reservedBytes;
    let bytes = 0;
    for (const account of this.#accounts) bytes += this.#freeOf(account);
    this.#reservedBytes = bytes;
    return bytes;
  }

  /** What is still free of the account's share. */
  #freeOf(account: BudgetAccount): number {
    return Math.max(0, this.takeBytesMax(account) - account.usedBytes);
  }

  /** Counts `bytes` as taken by `account`; fewer than 0: as given back. */
  #use(account: BudgetAccount, bytes: number): void {
    account.usedBytes += bytes;
    this.#usedBytes += bytes;
    this.#reservedBytes = undefined;
  }

  #serve(): void {
    const waiting = this.#waiters;
    this.#waiters = [];
    const blocked = new Set<BudgetAccount>();
    for (const waiter of waiting) {
      if (waiter.bytes > this.takeBytesMax(waiter.account)) {
        // The share was larger when this waiter asked. There may never be so much room again, so the waiter asks anew.
        waiter.grant(false);
      } else if (!blocked.has(waiter.account) && this.#fits(waiter.account, waiter.bytes)) {
        this.#use(waiter.account, waiter.bytes);
        waiter.grant(true);
      } else {
        blocked.add(waiter.account);
        this.#waiters.push(waiter);
      }
    }
  }
}
