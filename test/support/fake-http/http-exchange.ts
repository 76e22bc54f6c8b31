/** What every fake service needs of HTTP: the whole body, an answer, an error page as a proxy in between sends it, the real clock. */
import type { IncomingMessage, ServerResponse } from 'node:http';

/** The request's body in one buffer. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
}

/** Answers with a page. */
export function sendPage(
  response: ServerResponse,
  page: { readonly status: number; readonly contentType: string; readonly body: string },
): void {
  response.writeHead(page.status, { 'content-type': page.contentType, 'content-length': Buffer.byteLength(page.body) });
  response.end(page.body);
}

export const realClock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  setTimer: (delayMs: number, callback: () => void) => {
    const timer = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
} as const;
