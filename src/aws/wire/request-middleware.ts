/** Steps for every request of a client, beside or instead of the SDK's own. */
import { assert } from '../../core/assert.ts';
import type { HttpRequest, MiddlewareStack } from '@smithy/types';

interface MiddlewareOwner {
  // The commands' inputs and outputs are of no concern here.
  readonly middlewareStack: Pick<MiddlewareStack<object, object>, 'add'> & { remove(name: string): boolean };
}

/**
 * Takes the SDK's retries and the SDK's own log out of a client. The sender alone tries again, and every failure comes back
 * as a fault. (`maxAttempts: 1` alone would still warn on the console about every body that is a stream.)
 */
export function leaveToSender(client: MiddlewareOwner): void {
  assert(client.middlewareStack.remove('loggerMiddleware'), 'the SDK has a logger middleware');
  // The SDK places its signing step behind the retry step by name. So the retry step is replaced, not removed.
  const replaced = { step: 'finalizeRequest', priority: 'high', name: 'retryMiddleware', override: true } as const;
  client.middlewareStack.add((next) => next, replaced);
}

/** Calls `note` with scheme, host and port of each request before it is sent. */
export function noteEndpoint(client: MiddlewareOwner, note: (endpoint: string) => void): void {
  eachRequest(client, (request) => {
    const port = request.port === undefined ? '' : `:${request.port}`;
    note(`${request.protocol}//${request.hostname}${port}`);
  });
}

/** Puts `userAgent` before the SDK's own, or `userAgentOverride` in its place. The header is not signed. */
export function setUserAgent(
  client: MiddlewareOwner,
  settings: { readonly userAgent: string | undefined; readonly userAgentOverride: string | undefined },
): void {
  const { userAgent, userAgentOverride } = settings;
  if (userAgent === undefined && userAgentOverride === undefined) return;
  eachRequest(client, ({ headers }) => {
    headers['user-agent'] = userAgentOverride ?? `${userAgent} ${headers['user-agent'] ?? ''}`.trimEnd();
  });
}

function eachRequest(client: MiddlewareOwner, act: (request: HttpRequest) => void): void {
  client.middlewareStack.add(
    (next) => (args) => {
      act(args.request as HttpRequest);
      return next(args);
    },
    { step: 'finalizeRequest', priority: 'low' },
  );
}
