/**
 * Which certificate authorities are trusted: the built-in ones, and those of a PEM file beside them. The parsed file is shared by every
 * connection of every client, because it takes 1.3 MB and 13 ms. The file is parsed again when its text has changed.
 */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import tls from 'node:tls';
import { AccessError } from '../faults/access-error.ts';

export interface Trust {
  /** Absent where the built-in authorities are enough. */
  readonly secureContext?: tls.SecureContext;
}

/** Any text may stand before and after a certificate (RFC 7468). OpenSSL also reads the labels with X509 and TRUSTED. */
const certificateBlocks = /-----BEGIN ((?:X509 |TRUSTED )?CERTIFICATE)-----[\s\S]*?-----END \1-----/g;

const certificateBeginnings = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/g;

/** One is enough: a config names one bundle. */
let parsed: { readonly text: string; readonly secureContext: tls.SecureContext } | undefined;

/** The trust in `caBundle`, else in `AWS_CA_BUNDLE` as the AWS CLI reads it. Throws `AccessError` where the bundle cannot be used. */
export function trust(caBundle: string | undefined, environment: Readonly<Record<string, string | undefined>>): Trust {
  const path = caBundle ?? environment['AWS_CA_BUNDLE'];
  if (path === undefined || path === '') return {};
  try {
    const text = readFileSync(path, 'utf8');
    if (parsed?.text !== text) parsed = { text, secureContext: contextWith(certificatesIn(text)) };
    return { secureContext: parsed.secureContext };
  } catch (error) {
    throw new AccessError({
      code: 'CaBundleUnreadable',
      kind: 'blocked',
      message: `the CA bundle ${path} cannot be used: ${error instanceof Error ? error.message : String(error)}`,
      hint:
        'caBundle (or AWS_CA_BUNDLE) names a PEM file with certificates (-----BEGIN CERTIFICATE-----) that the user kinship runs as can ' +
        'read; of a DER file, openssl x509 -inform der makes one.',
      cause: error,
    });
  }
}

/** Throws for no certificate and for a damaged one: OpenSSL silently ignores a file without any, and all that follows a damaged one. */
function certificatesIn(text: string): readonly string[] {
  const blocks = [...text.matchAll(certificateBlocks)].map(([block]) => block);
  if (blocks.length === 0) throw new Error('it holds no certificate in PEM form');
  if ([...text.matchAll(certificateBeginnings)].length > blocks.length) throw new Error('it ends within a certificate');
  for (const [index, block] of blocks.entries()) {
    try {
      void new X509Certificate(block);
    } catch (error) {
      throw new Error(`certificate ${index + 1} of ${blocks.length} in it is damaged`, { cause: error });
    }
  }
  return blocks;
}

function contextWith(certificates: readonly string[]): tls.SecureContext {
  return tls.createSecureContext({ ca: [...tls.getCACertificates('default'), ...certificates], minVersion: 'TLSv1.2' });
}
