/** Real chance: spreads load and names things. Nothing secret is derived from `next`. */
import { randomBytes } from 'node:crypto';
import type { Random } from '../core/ports.ts';

export class NodeRandom implements Random {
  next(): number {
    return Math.random();
  }

  bytes(length: number): Buffer {
    return randomBytes(length);
  }
}
