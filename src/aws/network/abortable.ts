/**
 * Settles as `wait` does. Where `signal` aborts first, rejects with an error named AbortError, as the SDK's own calls do. The work
 * behind `wait` then goes on, and its result is lost: use this only where nobody has to act on that result.
 */
export async function abortable<Value>(wait: Promise<Value>, signal: AbortSignal): Promise<Value> {
  let end = () => {};
  const aborted = new Promise<never>((_, reject) => {
    end = () => reject(new DOMException('given up', 'AbortError'));
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
  });
  try {
    return await Promise.race([wait, aborted]);
  } finally {
    signal.removeEventListener('abort', end);
  }
}
