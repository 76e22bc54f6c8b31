/** Globs of one name. What stands under "Java" was asked of java.nio.file.PathMatcher in Java 17. */
import { describe, expect, test } from 'vitest';
import { compileGlob, GlobError, type GlobOptions } from '../../../src/core/glob.ts';

const java: GlobOptions = { dotFiles: true, caretNegates: false };
const shell: GlobOptions = { dotFiles: false, caretNegates: true };

function taken(glob: string, names: readonly string[], options: GlobOptions): readonly string[] {
  const compiled = compileGlob(glob, options);
  return names.filter((name) => (compiled.kind === 'literal' ? compiled.name === name : compiled.matches(name)));
}

describe('as in Java', () => {
  test.each<[glob: string, takes: string[], leaves: string[]]>([
    ['app.log', ['app.log'], ['app_log', 'app.log.1', 'APP.LOG']],
    ['*.log', ['a.log', '.log', '.a.log', 'a\n.log'], ['a.log.1', 'alog']],
    ['app*', ['app', 'app.log', 'app*'], ['pp']],
    ['a**z', ['az', 'abz'], ['a']],
    ['?.log', ['a.log', '..log', '😀.log', 'é.log'], ['.log', 'ab.log']],
    ['[abc].log', ['a.log', 'c.log'], ['d.log', '[abc].log']],
    ['[a-c]x', ['ax', 'bx', 'cx'], ['dx', '-x']],
    ['[!a]*.log', ['b.log', 'ba.log', '!.log', '.a.log'], ['a.log', 'ab.log', '.log']],
    ['[!a-c]', ['d', '-', '!'], ['a', 'b', 'c', 'dd']],
    ['[^a]', ['^', 'a'], ['b']],
    ['[-a]', ['-', 'a'], ['b']],
    ['[!-a]', ['b'], ['-', 'a']],
    ['[a-]', ['-', 'a'], ['b']],
    ['[a&&b]', ['a', '&', 'b'], ['c']],
    ['[*?.]', ['*', '?', '.'], ['a']],
    [String.raw`[\]a`, [String.raw`\a`], ['a', ']a']],
    ['[[]', ['['], [']', '[[]']],
    ['[[:alpha:]]*', [':]', 'a]b', '[]'], ['a', 'b', 'z]']],
    ['{a,b}.log', ['a.log', 'b.log'], ['c.log', '{a,b}.log', 'a,b.log']],
    ['{a*,*.b}', ['a', 'ax', 'x.b'], ['b']],
    ['{a}x', ['ax'], ['{a}x']],
    ['a{,.1}', ['a', 'a.1'], ['a.2']],
    ['{1..3}*', ['1..3', '1..3a'], ['1', '2', '3']],
    [String.raw`a\{b,c\}*`, ['a{b,c}', 'a{b,c}.log'], ['ab', 'ac', String.raw`a\{b,c\}`]],
    [String.raw`{a\,b,c}`, ['a,b', 'c'], ['a', 'b']],
    [String.raw`\*\?\[\\`, ['*?[\\'], ['aa[a']],
    ['!bang*', ['!bang', '!bang.log'], ['other.log', 'bang']],
    ['app (1)*.log', ['app (1).log', 'app (1)-2.log'], ['app 1.log', 'app .log']],
    ['@(a)*', ['@(a)', '@(a)b'], ['a', 'ab']],
    ['+(a)*', ['+(a)'], ['a', 'aa']],
    ['!(a)*', ['!(a)'], ['b']],
    ['a|b*', ['a|b'], ['a', 'b']],
    ['"q*', ['"q', '"quoted"'], ['q']],
    ['$^+.*', ['$^+.'], ['$^+']],
    ['a]b}c,d*', ['a]b}c,d'], ['abcd']],
  ])('%s takes %j and leaves %j', (glob, takes, leaves) => {
    expect(taken(glob, [...takes, ...leaves], java)).toEqual(takes);
  });

  test.each([
    ['{a,b.log', 'the { is not closed: add }, or write \\{ for the character; a group cannot hold a /'],
    ['{{a}', 'the { is not closed: add }, or write \\{ for the character; a group cannot hold a /'],
    ['[a.log', 'the [ is not closed: add ], or write \\[ for the character; a set cannot hold a /'],
    ['[a-', 'the [ is not closed: add ], or write \\[ for the character; a set cannot hold a /'],
    ['[z-a].log', 'the range z-a goes backwards: write a-z'],
    ['[😀-\uFFFD]', 'the range 😀-\uFFFD goes backwards: write \uFFFD-😀'],
    ['[a-c-e]', 'a - within [ ] has nothing before it: put it first for the character'],
    ['[^-a]', 'a - within [ ] has nothing before it: put it first for the character'],
    ['a[]b', '[ ] holds no character: write \\[ for the character [ itself'],
    ['a\\', 'the \\ at its end has nothing to escape: write \\\\ for the character'],
  ])('%s means nothing', (glob, message) => {
    expect(() => compileGlob(glob, java)).toThrow(new GlobError(message));
  });

  test('a name without wildcards is one name, which needs no directory to be listed', () => {
    expect(compileGlob(String.raw`a\*(1).log`, java)).toEqual({ kind: 'literal', name: 'a*(1).log' });
    expect(compileGlob('a*', java).kind).toBe('glob');
  });
});

describe('as in the shell', () => {
  test.each<[glob: string, takes: string[], leaves: string[]]>([
    ['*', ['a', 'a.b'], ['.a']],
    ['?a', ['ba'], ['.a']],
    ['[!b]a', ['ca'], ['.a', 'ba']],
    ['[.]a', [], ['.a']],
    ['{*,.b}', ['a', '.b'], ['.a']],
    ['{,a}*.log', ['b.log', 'ab.log'], ['.log', '.b.log']],
    ['.*', ['.a', '.'], ['a']],
    ['a*', ['a.b', 'a'], ['.a']],
    ['[^a]*', ['b', '^'], ['a', '.b']],
    ['[^-a]', ['b'], ['-', 'a']],
    ['{a,{b,c}d}', ['a', 'bd', 'cd'], ['b', 'd']],
  ])('%s takes %j and leaves %j', (glob, takes, leaves) => {
    expect(taken(glob, [...takes, ...leaves], shell)).toEqual(takes);
  });
});
