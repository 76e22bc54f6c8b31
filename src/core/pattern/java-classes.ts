/**
 * The predefined character classes of java.util.regex (Java SE 17, class Pattern) without UNICODE_CHARACTER_CLASS:
 * `\d \w \s` and the POSIX names mean ASCII only; `\p{L}` and the like are Unicode properties.
 */
import { CodePointSet } from './code-point-set.ts';

const range = (first: string, last: string) => CodePointSet.of([first.codePointAt(0) ?? 0, last.codePointAt(0) ?? 0]);

const upper = range('A', 'Z');
const lower = range('a', 'z');
const alpha = upper.union(lower);
const digit = range('0', '9');
const alnum = alpha.union(digit);
const punct = CodePointSet.ofText('!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~');
const graph = alnum.union(punct);
const space = CodePointSet.ofText(' \t\n\u000b\f\r');

/** Line ends that `.` does not match, and that `^` and `$` look for under MULTILINE. */
export const lineTerminators = CodePointSet.ofText('\n\r\u0085\u2028\u2029');
const verticalSpace = CodePointSet.ofText('\n\u000b\f\r\u0085\u2028\u2029');
const horizontalSpace = CodePointSet.ofText(' \t\u00a0\u1680\u180e\u202f\u205f\u3000').union(range('\u2000', '\u200a'));

/** `\d \D \s \S \w \W \h \H \v \V`, by their letter. */
export const escapeClasses: ReadonlyMap<string, CodePointSet> = new Map([
  ['d', digit],
  ['D', digit.complement()],
  ['s', space],
  ['S', space.complement()],
  ['w', alnum.union(CodePointSet.ofText('_'))],
  ['W', alnum.union(CodePointSet.ofText('_')).complement()],
  ['h', horizontalSpace],
  ['H', horizontalSpace.complement()],
  ['v', verticalSpace],
  ['V', verticalSpace.complement()],
]);

/** `\p{Alpha}` and the other POSIX names. */
export const posixClasses: ReadonlyMap<string, CodePointSet> = new Map([
  ['Lower', lower],
  ['Upper', upper],
  ['ASCII', CodePointSet.of([0, 0x7f])],
  ['Alpha', alpha],
  ['Digit', digit],
  ['Alnum', alnum],
  ['Punct', punct],
  ['Graph', graph],
  ['Print', graph.union(CodePointSet.ofText(' '))],
  ['Blank', CodePointSet.ofText(' \t')],
  ['Cntrl', CodePointSet.of([0, 0x1f], [0x7f, 0x7f])],
  ['XDigit', digit.union(range('a', 'f')).union(range('A', 'F'))],
  ['Space', space],
]);

const generalCategory = /^(?:C[cfnos]?|L[lmotu]?|M[cen]?|N[dlo]?|P[cdefios]?|S[ckmo]?|Z[lps]?)$/;
const binaryProperties = new Map(
  ['Alphabetic', 'Ideographic', 'Lowercase', 'Uppercase', 'White_Space', 'Hex_Digit', 'Join_Control'].map((name) => [
    name.toUpperCase(),
    name,
  ]),
);
binaryProperties.set('LETTER', 'L').set('PUNCTUATION', 'P').set('CONTROL', 'Cc').set('DIGIT', 'Nd');

/**
 * The name to write in JavaScript's `\p{…}` for Java's `\p{name}`. `undefined` where `name` is no Unicode property, or one
 * that JavaScript does not know (blocks, `javaLowerCase` and the like).
 */
export function unicodeProperty(name: string): string | undefined {
  const [key, value] = name.includes('=') ? name.split('=', 2) : [undefined, name];
  if (value === undefined) return undefined;
  if (key !== undefined) {
    if (/^(?:sc|script)$/i.test(key)) return script(value);
    return /^(?:gc|general_category)$/i.test(key) && generalCategory.test(value) ? value : undefined;
  }
  if (generalCategory.test(value)) return value;
  if (!value.startsWith('Is')) return undefined;
  const bare = value.slice(2);
  if (generalCategory.test(bare)) return bare;
  return binaryProperties.get(bare.toUpperCase()) ?? script(bare);
}

function script(name: string): string | undefined {
  const titled = name.toLowerCase().replaceAll(/(?:^|_)[a-z]/g, (letter) => letter.toUpperCase());
  try {
    RegExp(`\\p{Script=${titled}}`, 'u');
    return `Script=${titled}`;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
