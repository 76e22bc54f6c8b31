import { expect, test } from 'vitest';
import { compilePattern, fittingLength, PatternError } from '../../../../src/core/pattern/pattern.ts';

const strict = { whole: true, captures: true, looseNames: false };

/** The groups of a whole match, `undefined` where there is none. */
function groups(pattern: string, text: string): readonly (string | undefined)[] | undefined {
  const compiled = compilePattern(pattern, strict);
  const match = compiled.regexp.exec(text);
  if (match === null) return undefined;
  return Array.from({ length: compiled.groupCount }, (_, i) => match[compiled.groups[i + 1] ?? 0]);
}

// What java.util.regex of Java 17 answers to the same.
test.each<[pattern: string, text: string, groups: readonly (string | undefined)[] | undefined]>([
  ['(a|ab)(c|bcd)(d*)', 'abcd', ['a', 'bcd', '']],
  ['(\\w+)-(\\d++)', 'q-12', ['q', '12']],
  ['a++ab', 'aaab', undefined],
  ['(?>a+)(b)', 'aaab', ['b']],
  ['(?i)(ERR.*)', 'error: x', ['error: x']],
  ['(?i)k', '\u212a', undefined],
  ['(?i)[^k]', 'K', undefined],
  ['\\Q[x]\\E (.*)', '[x] y', ['y']],
  ['(.*)', 'a\u0085b', undefined],
  ['(.*)', 'a\rb', undefined],
  ['(?s)(.*)', 'a\nb', ['a\nb']],
  ['\\d', '\u0663', undefined],
  ['\\w', 'é', undefined],
  ['\\s', '\u00a0', undefined],
  ['\\h', '\u00a0', []],
  ['\\R', '\r\n', []],
  ['[a-z&&[^aeiou]]+', 'xyz', []],
  ['[a-z&&[^aeiou]]+', 'xay', undefined],
  ['[^a[b]]', 'b', undefined],
  ['\\p{Alpha}\\p{Punct}\\p{XDigit}', 'z!F', []],
  ['\\p{Alpha}', 'é', undefined],
  ['\\p{L}\\p{IsLatin}', 'éa', []],
  ['x(\\A)?y', 'xy', [undefined]],
  ['(a*)?', '', ['']],
  ['(?x) a b # c', 'ab', []],
  ['(a)\\1', 'aa', ['a']],
  ['\\x41\\u0042\\0103', 'ABC', []],
  ['\\bé+\\b', 'éé', []],
  ['(?m)a$\\n^b', 'a\nb', []],
  ['a\\Z\\n', 'a\n', []],
  ['.', '😀', []],
  // Quotations are taken apart before anything else.
  ['ba\\Q\\E*', 'baaa', []],
  ['[\\Q^-]\\E]+', '^-]', []],
  ['a\\Q1\\E{2}', 'a11', []],
  ['\\\\Q\\\\E', '\\Q\\E', []],
  ['(?x)\\Q #\\E', ' #', []],
  ['\\Qa.b', 'a.b', []],
  // \v is a class of line ends, but at the end of a range the vertical tab.
  ['[\\v-"]', '!', []],
  ['[\\v-"]', '\n', undefined],
  ['[\\t-\\v]', '\n', []],
  ['[\\va]', '\u2028', []],
  // Under (?d) only LF ends a comment.
  ['(?xd)a#\rb\nc', 'ac', []],
  ['(?x)a#\rb\nc', 'abc', []],
  // Case-insensitive means ASCII letters, and also in ranges, classes and quotations.
  ['(?i)\\QaB\\E[c-d][^e]', 'AbCF', []],
  ['(?i)[^e]', 'E', undefined],
  ['(?i)é', 'É', undefined],
  ['(?u)é(?-u:x)(?i-u)Y', 'éxy', []],
  ['(?i:a)b', 'AB', undefined],
  ['a(?i)b(?-i)c', 'aBc', []],
  ['a(?:(?i)b)c', 'aBC', undefined],
  // `.` and the ends of lines.
  ['(?d)(.*)', 'a\r\u0085b', ['a\r\u0085b']],
  ['(.)', '\u000b', ['\u000b']],
  ['(a.*)$\\n?', 'ab\n', ['ab']],
  ['a$\\u0085', 'a\u0085', []],
  ['a$\\r\\n', 'a\r\n', []],
  ['a\\r$\\n', 'a\r\n', undefined],
  ['(?m)a$\\r\\n^b', 'a\r\nb', []],
  ['(?m)a\\n^', 'a\n', undefined],
  ['a\\z\\n', 'a\n', undefined],
  ['\\R\\n', '\r\n', []],
  ['\\R{1}\\n', '\r\n', undefined],
  // Groups.
  ['(a)|b', 'b', [undefined]],
  ['(?:(a)|(b))c', 'bc', [undefined, 'b']],
  ['(?:(a)b|ac)', 'ac', [undefined]],
  ['(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)\\11', 'abcdefghija1', [...'abcdefghij']],
  ['(?<x>a)\\k<x>', 'aa', ['a']],
  ['(?=(a))ab', 'ab', ['a']],
  ['(?<=a)b|ab', 'ab', []],
  ['a(?<!b)c(?!d)e', 'ace', []],
  ['x*+x|xxx', 'xxx', []],
  ['(?>a|ab)c|(ab)c', 'abc', ['ab']],
  // Escapes.
  ['\\07\\077\\0377\\0400', '\u0007?\u00ff 0', []],
  ['\\x{1F600}\\uD83D\\uDE00', '😀😀', []],
  ['\\cA\\c?', '\u0001\u007f', []],
  ['\\e\\a\\f', '\u001b\u0007\f', []],
  ['\\_\\é\\/', '_é/', []],
  // Classes.
  ['[a&&b]|[a-c&&b]', 'b', []],
  ['[^a-z&&[^b]]', 'b', []],
  ['[a-d&&[bc][^b]]+', 'abc', []],
  ['[]a]', ']', []],
  ['[a-]+', 'a-', []],
  ['[a\\-z]+', 'a-z', []],
  ['[&a]+', '&a', []],
  ['[^\\D\\s]', '5', []],
  ['\\p{L}\\pL\\P{L}', 'éa1', []],
  ['\\p{gc=Lu}\\p{IsLu}\\p{sc=Grek}', 'ÉAω', []],
  ['\\p{Space}', '\u00a0', undefined],
  ['\\p{IsWhite_Space}', '\u00a0', []],
  ['\\b', 'é', undefined],
  ['\\w\\b\\s', 'a ', []],
])('the pattern %s on %j gives the groups of Java', (pattern, text, expected) => {
  expect(groups(pattern, text)).toEqual(expected);
});

test.each<[pattern: string, kind: 'syntax' | 'unsupported']>([
  ['[#&&[^b]&]', 'unsupported'],
  ['[', 'syntax'],
  ['(', 'syntax'],
  [')', 'syntax'],
  ['*a', 'syntax'],
  ['a**', 'syntax'],
  ['(?i)*', 'syntax'],
  ['a{', 'syntax'],
  ['a{2,1}', 'syntax'],
  ['[b-a]', 'syntax'],
  ['\\y', 'syntax'],
  ['(?<a_b>x)', 'syntax'],
  ['(?<a>x)(?<a>y)', 'syntax'],
  ['a\\E', 'syntax'],
  ['\\Q\\E*', 'syntax'],
  ['\\08', 'syntax'],
  ['\\x4', 'syntax'],
  ['\\k<x>', 'syntax'],
  ['\\p{Nonsense', 'syntax'],
  ['(?y)x', 'syntax'],
  ['[a-\\d]', 'syntax'],
  ['\\N{DIGIT ONE}', 'unsupported'],
  ['[\\N{DIGIT ONE}]', 'unsupported'],
  ['(?iu)x', 'unsupported'],
  ['(?u)a(?i)x', 'unsupported'],
  ['(?i)\\p{gc=Lu}', 'unsupported'],
  ['(?i)(a)\\1', 'unsupported'],
  ['(a)++', 'unsupported'],
  ['[\\H&&&]', 'unsupported'],
  ['\\Gx', 'unsupported'],
  ['(?U)x', 'unsupported'],
  ['(a)?\\1', 'unsupported'],
  ['((a)|b)+', 'unsupported'],
  ['(a*)*', 'unsupported'],
  ['(?<=a+)b', 'unsupported'],
  ['\\p{javaLowerCase}', 'unsupported'],
  ['\\p{InGreek}', 'unsupported'],
])('the pattern %s is refused: %s', (pattern, kind) => {
  expect(() => compilePattern(pattern, strict)).toThrow(expect.objectContaining({ name: 'PatternError', kind }));
  // What Java would take and kinship does not has a way around it.
  if (kind === 'unsupported') expect(() => compilePattern(pattern, strict)).toThrow(/: (?:write|leave|bound|end|refer) /);
});

test('a group that not every round of a repetition sets is allowed where groups are not used', () => {
  expect(compilePattern('^(?:(a)|b)+$', { ...strict, captures: false }).regexp.test('abab')).toBe(true);
});

test('names with underscores and the spelling of other engines are allowed where asked for', () => {
  const compiled = compilePattern('(?P<user_id>\\d+)', { ...strict, looseNames: true });
  expect([...compiled.groupNames]).toEqual([['user_id', 1]]);
});

test('an error tells where in the pattern it is', () => {
  try {
    compilePattern('abc(', strict);
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(PatternError);
    expect(String(error)).toContain('character 5');
  }
});

test.each([
  ['(\\d+)-(\\d+) (\\w+)', '12-x y', 3],
  ['(\\d+)', 'x', 0],
  ['a|b', 'c', 0],
])('of the pattern %s the line %j fits for %i characters', (pattern, line, length) => {
  expect(fittingLength(pattern, line)).toBe(length);
});
