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
])('the pattern %s on %j gives the groups of Java', (pattern, text, expected) => {
  expect(groups(pattern, text)).toEqual(expected);
});

test.each<[pattern: string, kind: 'syntax' | 'unsupported']>([
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
