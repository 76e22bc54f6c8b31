/**
 * The EC2 instance metadata service, version 2 only (a token first). Source: EC2 user guide, "Use the Instance Metadata
 * Service"; environment variables as in the AWS SDKs and tools reference guide.
 */
import http from 'node:http';
import type { Environment } from '../network/connection.ts';

const DEFAULT_ENDPOINT = 'http://169.254.169.254';
const TIMEOUT_MS = 1000;
/** What a token in a header is made of. Source: RFC 9110 §11.2 (token68). */
const tokenPattern = /^[\w.~+/-]+=*$/;

/** The text at `path` (`/latest/meta-data/…`); `undefined` where there is no such service or no such path. */
export async function instanceMetadata(path: string, environment: Environment): Promise<string | undefined> {
  if (/^true$/i.test(environment['AWS_EC2_METADATA_DISABLED'] ?? '')) return undefined;
  const endpoint = environment['AWS_EC2_METADATA_SERVICE_ENDPOINT'] ?? DEFAULT_ENDPOINT;
  const token = await fetchText('PUT', URL.parse('/latest/api/token', endpoint), {
    'x-aws-ec2-metadata-token-ttl-seconds': '60',
  });
  // Whatever else answers there (a captive portal, a proxy) has a page for everything: none of it is a fact about the machine.
  if (token === undefined || !tokenPattern.test(token)) return undefined;
  return fetchText('GET', URL.parse(path, endpoint), { 'x-aws-ec2-metadata-token': token });
}

/**
 * The text of an answer with status 200; `undefined` for any other answer, where none is complete within a second, and where the URL is
 * invalid (`null`) or not plain HTTP, as all metadata services are. Never rejects: what is added to lines must not end the agent.
 */
export function fetchText(method: string, url: URL | null, headers: Record<string, string>): Promise<string | undefined> {
  if (url?.protocol !== 'http:') return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const call = http.request(url, { method, headers, signal: AbortSignal.timeout(TIMEOUT_MS), agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('error', () => resolve(undefined));
      response.on('end', () => resolve(response.statusCode === 200 ? text : undefined));
    });
    call.on('error', () => resolve(undefined));
    call.end();
  });
}
