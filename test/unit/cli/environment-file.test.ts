import { expect, test } from 'vitest';
import { readEnvironmentFile } from '../../../src/cli/host/environment-file.ts';

test.each([
  ['plain', 'A=one two\nB=\n', { A: 'one two', B: '' }],
  ['white space around', '  A =  one\t \r\nB=x', { A: 'one', B: 'x' }],
  ['comments and what is no assignment', '# A=1\n;B=2\n\nexport\nC=3 # of it\n1D=4\nexport E=5', { C: '3 # of it' }],
  ['single quotes, over lines', "A='it is \"$5\" \\n\nmore'  \nB=2", { A: 'it is "$5" \\n\nmore', B: '2' }],
  ['double quotes with escapes', 'A="say \\"hi\\" \\$5 \\n \\\\ on\\\n ward"\nB=2', { A: 'say "hi" $5 \\n \\ on ward', B: '2' }],
  ['quoted parts one after another', `A='a'"b" c`, { A: 'abc' }],
  ['quotes within', `A=it's "fine"`, { A: `it's "fine"` }],
  ['a backslash', 'A=a\\ b\\\\c\\n\nB=x\\\ny', { A: 'a b\\cn', B: 'xy' }],
  ['a comment that ends with a backslash', '# note \\\nA=1', { A: '1' }],
  ['the last of two', 'A=1\nA=2', { A: '2' }],
  ['a quote that is not closed', 'A="never\nB=2', { A: '"never', B: '2' }],
])('variables are read as systemd reads them: %s', (_what, text, expected) => {
  expect(Object.fromEntries(readEnvironmentFile(text))).toEqual(expected);
});
