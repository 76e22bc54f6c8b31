/**
 * Last line of defence for the log: text that came from elsewhere (a service's error message, a URL from the config)
 * loses what could be a credential, and what is longer than a message is cut. Stages never log payloads; this is for
 * what others put into their messages.
 *
 * Sources: AWS Signature Version 4 (a SignatureDoesNotMatch answer repeats the canonical request, session token
 * included), IAM "unique identifiers" (AKIA/ASIA access key ids), RFC 3986 §3.2.1 (userinfo).
 */
const textCharsMax = 4096;

const secrets: readonly (readonly [RegExp, string])[] = [
  [/(\w+:\/\/)[^\s/@]+@/g, '$1***@'],
  [/(x-amz-security-token["']?\s*[:=]\s*["']?)[^\s"'&]+/gi, '$1***'],
  [/(Signature=)[0-9a-f]{16,}/gi, '$1***'],
  [/((?:secret_?access_?key|session_?token|password)["']?\s*[:=]\s*["']?)[^\s"',&]+/gi, '$1***'],
  [/\b((?:AKIA|ASIA)[A-Z0-9]{4})[A-Z0-9]{12}\b/g, '$1***'],
];

/** `text` without what could be a credential, at most 4096 characters. */
export function scrub(text: string): string {
  let clean = text.length > textCharsMax ? `${text.slice(0, textCharsMax)}…` : text;
  for (const [secret, replacement] of secrets) clean = clean.replace(secret, replacement);
  return clean;
}

/** Every text among the fields scrubbed, one level deep and in arrays; the rest as it is. */
export function scrubFields(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const clean: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    clean[name] = scrubValue(value);
  }
  return clean;
}

function scrubValue(value: unknown): unknown {
  if (typeof value === 'string') return scrub(value);
  return Array.isArray(value) ? value.map((item) => (typeof item === 'string' ? scrub(item) : item)) : value;
}
