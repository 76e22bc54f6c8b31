/**
 * The ready-made patterns of REDACT. Each is linear in the length of the text: no part can match in two ways.
 *
 * Sources: RFC 4291 §2.2 (IPv6 text), IAM user guide, "IAM identifiers" (AKIA, ASIA) and "Manage access keys" (40
 * characters).
 */
import { redactCards } from './card-numbers.ts';
import type { RedactKind } from '../config/records.ts';

export type Redaction = PatternRedaction | FinderRedaction;

/** Finds what no pattern can find. */
export interface FinderRedaction {
  readonly redact: (text: string, replacement: string) => string;
}

export interface PatternRedaction {
  /** Flags `g` and `u`. */
  readonly pattern: RegExp;
  /** Whether a match is what is sought. Absent: every match is. */
  readonly confirms?: (match: string) => boolean;
  /** Text without which there cannot be a match. */
  readonly needs?: string;
  /** What of the match stays, as a template for `replace`. The replacement text takes the place of `…`. */
  readonly template?: string;
  /** Where a match begins with a name: which names of JSON fields say the same, and what to put before their values. */
  readonly named?: { readonly names: RegExp; readonly prefix: string };
}

const octet = '(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])';

export const redactions: Readonly<Record<RedactKind, readonly Redaction[]>> = {
  email: [
    {
      pattern: /(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+/gu,
      needs: '@',
    },
  ],
  card: [{ redact: redactCards }],
  ipv4: [{ pattern: new RegExp(`(?<![0-9.])${octet}(?:\\.${octet}){3}(?!\\.?[0-9])`, 'gu'), needs: '.' }],
  ipv6: [
    {
      pattern: /(?<![0-9A-Za-z:.])[0-9A-Fa-f:]{2,39}(?:[0-9]{0,2}(?:\.[0-9]{1,3}){3})?(?![0-9A-Za-z:]|\.[0-9])/gu,
      confirms: isIpv6,
      needs: ':',
    },
  ],
  'aws-keys': [
    { pattern: /(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])/gu },
    {
      pattern: /(secret[A-Za-z_ -]{0,32}["']?[ \t]{0,4}[:=][ \t]{0,4}["']?)[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])/giu,
      template: '$1…',
      named: { names: /secret/iu, prefix: 'secret=' },
    },
  ],
};

/** Whether `match` is a whole IPv6 address: eight groups, or fewer with one `::`; the last two may be an IPv4 address. */
export function isIpv6(match: string): boolean {
  const [head = '', tail, ...more] = match.split('::');
  if (more.length > 0) return false;
  const groups = (part: string) => (part === '' ? [] : part.split(':'));
  const all = [...groups(head), ...groups(tail ?? '')];
  const isV4 = all.at(-1)?.includes('.') === true;
  const size = all.length + (isV4 ? 1 : 0);
  const plain = isV4 ? all.slice(0, -1) : all;
  const v4 = new RegExp(`^${octet}(?:\\.${octet}){3}$`);
  if (isV4 && !v4.test(all.at(-1) ?? '')) return false;
  return plain.every((group) => /^[0-9A-Fa-f]{1,4}$/.test(group)) && (tail === undefined ? size === 8 : size < 8);
}
