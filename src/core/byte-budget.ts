/**
 * The byte budget (rule R2): everything read and not yet resolved, over all flows, never exceeds `capacityBytes`.
 *
 * Half of it is divided into guaranteed shares, one a flow, which no other flow can take; the other half is for whoever
 * comes first. So a flow whose stream is dead keeps its own share and what it had of the common half, and nothing of
 * the rest. Waiting flows are served in the order in which they came, each as soon as its own share or the common
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
  /** Whether its destination has enough to do: nothing is granted meanwhile. */
  readonly crowded: () => boolean;
  usedBytes: number;
}

export class ByteBudget {
  readonly capacityBytes: number;
  #usedBytes = 0;
  readonly #accounts = new Set<BudgetAccount>();
  #waiters: Waiter[] = [];

  constructor(capacityBytes: number) {
    assert(capacityBytes > 0, 'a budget has room');
    this.capacityBytes = capacityBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Opens a flow's account. Whoever makes `crowded` false again calls `reconsider`. */
  open(name: string, crowded: () => boolean = () => false): BudgetAccount {
    const account: BudgetAccount = { name, crowded, usedBytes: 0 };
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
  takeBytesMax(): number {
    return Math.max(1, Math.floor(this.capacityBytes / 2 / Math.max(1, this.#accounts.size)));
  }

  /** Waits until `bytes` are granted (true) or `signal` aborts (false; nothing is taken then). */
  take(account: BudgetAccount, bytes: number, signal: AbortSignal): Promise<boolean> | boolean {
    if (signal.aborted) return false;
    const wanted = Math.min(bytes, this.takeBytesMax());
    assert(bytes === wanted, 'no take exceeds takeBytesMax');
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
    const shareBytes = this.takeBytesMax();
    let reservedForOthers = 0;
    for (const other of this.#accounts) {
      if (other !== account) reservedForOthers += Math.max(0, shareBytes - other.usedBytes);
    }
    if (account.usedBytes + bytes <= shareBytes) return this.#usedBytes + bytes <= this.capacityBytes;
    return this.#usedBytes + reservedForOthers + bytes <= this.capacityBytes;
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
