/**
 * What `wait` resolves to, unless `signal` aborts first: then an error named AbortError, as the SDK's own calls end. What was
 * waited for goes on, unheard: only for waits that nothing is done after.
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
