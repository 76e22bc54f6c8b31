/**
 * The EC2 instance metadata service, version 2 only (a token first). Source: EC2 user guide, "Use the Instance Metadata
 * Service"; environment variables as in the AWS SDKs and tools reference guide.
 */
import http from 'node:http';
import type { Environment } from '../network/connection.ts';

const DEFAULT_ENDPOINT = 'http://169.254.169.254';
const TIMEOUT_MS = 1000;

/** The text at `path` (`/latest/meta-data/…`); `undefined` where there is no such service or no such path. */
export async function instanceMetadata(path: string, environment: Environment): Promise<string | undefined> {
  if (/^true$/i.test(environment['AWS_EC2_METADATA_DISABLED'] ?? '')) return undefined;
  const endpoint = environment['AWS_EC2_METADATA_SERVICE_ENDPOINT'] ?? DEFAULT_ENDPOINT;
  // Nobody answers at an invalid URL, and a field that is added to lines must not end the agent.
  if (!URL.canParse(endpoint)) return undefined;
  const token = await fetchText('PUT', new URL('/latest/api/token', endpoint), {
    'x-aws-ec2-metadata-token-ttl-seconds': '60',
  });
  if (token === undefined) return undefined;
  return fetchText('GET', new URL(path, endpoint), { 'x-aws-ec2-metadata-token': token });
}

/** The text of an answer with status 200; `undefined` for any other answer, and where none is complete within a second. */
export function fetchText(method: string, url: URL, headers: Record<string, string>): Promise<string | undefined> {
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
