/**
 * The byte budget (rule R2): everything read and not yet resolved, over all flows, never exceeds `capacityBytes`.
 *
 * Half of it is divided into guaranteed shares, one a flow, which no other flow can take; the other half is for whoever
 * comes first. So a flow whose stream is dead keeps its own share and what it had of the common half, and nothing of
 * the rest. Where that would be too little to read the longest line of a flow, its share is that much, at the expense of the
 * common half. Waiting flows are served in the order in which they came, each as soon as its own share or the common
 * half allows.
 *
 * A flow whose destination has enough to do is not served though there is room: reading ahead of what can be sent would
 * only keep memory (at full load 108 MB of anonymous memory instead of 72), and the file is the better queue.
 */
import { assert } from './assert.ts';

interface Waiter {
  readonly account: BudgetAccount;
  readonly bytes: number;
  grant(granted: boolean): void;
}

export interface BudgetAccount {
  readonly name: string;
  /** It must be able to take as much at once: the longest line. */
  readonly leastBytes: number;
  /** Whether its destination has enough to do: nothing is granted meanwhile. */
  readonly crowded: () => boolean;
  usedBytes: number;
}

export class ByteBudget {
  #capacityBytes: number;
  #usedBytes = 0;
  readonly #accounts = new Set<BudgetAccount>();
  #waiters: Waiter[] = [];

  constructor(capacityBytes: number) {
    assert(capacityBytes > 0, 'a budget has room');
    this.#capacityBytes = capacityBytes;
  }

  get capacityBytes(): number {
    return this.#capacityBytes;
  }

  /** From now on there is room for so much. What is taken beyond it stays taken until it is given back. */
  resize(capacityBytes: number): void {
    assert(capacityBytes > 0, 'a budget has room');
    this.#capacityBytes = capacityBytes;
    this.reconsider();
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Opens a flow's account. Whoever makes `crowded` false again calls `reconsider`. */
  open(name: string, { leastBytes = 1, crowded = () => false }: Partial<Pick<BudgetAccount, 'leastBytes' | 'crowded'>> = {}): BudgetAccount {
    const account: BudgetAccount = { name, leastBytes, crowded, usedBytes: 0 };
    this.#accounts.add(account);
    return account;
  }

  /** Closes an account; what it still held is free again. Its owner gives nothing back afterwards. */
  abandon(account: BudgetAccount): void {
    this.#usedBytes -= account.usedBytes;
    account.usedBytes = 0;
    this.#accounts.delete(account);
    this.#serve();
  }

  /** The most one `take` may ask for, so that it can always be granted some day. */
  takeBytesMax({ leastBytes }: BudgetAccount): number {
    const evenBytes = this.#capacityBytes / Math.max(1, this.#accounts.size);
    return Math.max(1, Math.floor(Math.max(evenBytes / 2, Math.min(leastBytes, evenBytes))));
  }

  /** Waits until `bytes` are granted (true) or `signal` aborts (false; nothing is taken then). */
  take(account: BudgetAccount, bytes: number, signal: AbortSignal): Promise<boolean> | boolean {
    if (signal.aborted) return false;
    assert(bytes <= this.takeBytesMax(account), 'no take exceeds takeBytesMax');
    const first = !this.#waiters.some((waiter) => waiter.account === account);
    if (first && this.#fits(account, bytes)) {
      this.#grant(account, bytes);
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
    account.usedBytes -= bytes;
    this.#usedBytes -= bytes;
    this.reconsider();
  }

  /** Looks again at who waits: an account is no longer crowded. */
  reconsider(): void {
    if (this.#waiters.length > 0) this.#serve();
  }

  #fits(account: BudgetAccount, bytes: number): boolean {
    if (account.crowded()) return false;
    let reservedForOthers = 0;
    for (const other of this.#accounts) {
      if (other !== account) reservedForOthers += Math.max(0, this.takeBytesMax(other) - other.usedBytes);
    }
    if (account.usedBytes + bytes <= this.takeBytesMax(account)) return this.#usedBytes + bytes <= this.#capacityBytes;
    return this.#usedBytes + reservedForOthers + bytes <= this.#capacityBytes;
  }

  #grant(account: BudgetAccount, bytes: number): void {
    account.usedBytes += bytes;
    this.#usedBytes += bytes;
  }

  #serve(): void {
    const waiting = this.#waiters;
    this.#waiters = [];
    const blocked = new Set<BudgetAccount>();
    for (const waiter of waiting) {
      if (!blocked.has(waiter.account) && this.#fits(waiter.account, waiter.bytes)) {
        this.#grant(waiter.account, waiter.bytes);
        waiter.grant(true);
      } else {
        blocked.add(waiter.account);
        this.#waiters.push(waiter);
      }
    }
  }
}
