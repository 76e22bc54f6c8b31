/** What is done to every request of a client beside the SDK's own steps: note where it goes, set its User-Agent. */
import type { HttpRequest, MiddlewareStack } from '@smithy/types';

interface MiddlewareOwner {
  // The commands' inputs and outputs are of no concern here.
  readonly middlewareStack: Pick<MiddlewareStack<object, object>, 'add'>;
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
