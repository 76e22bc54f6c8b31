/**
 * A bug ends the process. The service manager starts the agent again from its checkpoints, and nothing is lost. A process
 * that ran on in a wrong state could lose data.
 */
export class AssertionFault extends Error {
  override name = 'AssertionFault';
}

/** Throws an `AssertionFault` unless `condition` holds. Only a bug may break `condition`, never what the world does. */
export function assert(condition: boolean, what: string): asserts condition {
  if (!condition) throw new AssertionFault(`bug: ${what}`);
}

/** Makes the compiler prove that a union was handled in full. */
export function assertNever(value: never): never {
  throw new AssertionFault(`bug: unhandled case ${JSON.stringify(value)}`);
}
