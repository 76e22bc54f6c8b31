/**
 * Certificates for servers on loopback: `ca.pem` signs `server.pem` (127.0.0.1, ::1, localhost), made for these tests
 * with openssl and trusted by nothing else. The keys are no secret.
 */
import { readFileSync } from 'node:fs';

const directory = new URL('./tls/', import.meta.url);

export const testTls = {
  /** Path of the CA's certificate, for `caBundle`. */
  caPath: new URL('ca.pem', directory).pathname,
  /** Options for `https.createServer`. */
  server: {
    key: readFileSync(new URL('server.key', directory)),
    cert: readFileSync(new URL('server.pem', directory)),
  },
} as const;
