/**
 * Bugs end the process: the service manager starts it again from the checkpoints, and nothing is lost. A wrong state
 * that runs on could be.
 */
export class AssertionFault extends Error {
  override name = 'AssertionFault';
}

/** Throws an `AssertionFault` unless `condition` holds. For what can only be a bug, never for what the world does. */
export function assert(condition: boolean, what: string): asserts condition {
  if (!condition) throw new AssertionFault(`bug: ${what}`);
}

/** Makes the compiler prove that a union was handled in full. */
export function assertNever(value: never): never {
  throw new AssertionFault(`bug: unhandled case ${JSON.stringify(value)}`);
}
