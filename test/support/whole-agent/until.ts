/**
 * Waiting for a condition, never for a time: the condition is looked at every few milliseconds, and the wait ends when it
 * holds. If it never does, the wait fails with the condition's name and what is known.
 */
const LOOK_MS = 5;

export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  options: { readonly timeoutMs?: number; readonly state?: () => string } = {},
): Promise<void> {
  const { timeoutMs = 30_000, state } = options;
  const endMs = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > endMs) throw new Error(`${timeoutMs} ms were not enough until ${what}${state ? `: ${state()}` : ''}`);
    await new Promise((resolve) => {
      setTimeout(resolve, LOOK_MS);
    });
  }
}
