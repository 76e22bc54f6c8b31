/** Tests the oracle: each planted bug must be found within 200 seeds. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { accountBugs, plantIn, plantedBugs, type PlantedBug } from './planted-bug.ts';

const SEEDS = 200;
const bugs: readonly (readonly [string, PlantedBug])[] = Object.entries(plantedBugs);

const broken = /seed \d+ failed: (?:check \d|two records of one lane)/;
/** The account is found broken at the step that breaks it, by the model's books or by the product's own assertion. */
const brokenAccount = /seed \d+ failed: (?:check [89]|.*no byte of a span is resolved twice)/;

/** What `npm run simulate` prints, and its exit code. */
function simulate(options: readonly string[]): Promise<{ readonly output: string; readonly code: number }> {
  const script = fileURLToPath(new URL('simulate.ts', import.meta.url));
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [script, ...options], { maxBuffer: 64 * 1024 * 1024 }, (_failure, stdout) =>
      resolve({ output: stdout, code: child.exitCode ?? -1 }),
    );
  });
}

/** Options for bugs that few seeds come to: they make the seeds meet what the bug needs. */
const optionsOf: ReadonlyMap<string, readonly string[]> = new Map([
  ['cut-not-stored', ['--features', 'multi-line']],
  ['header-skipped-again', ['--features', 'header']],
  ['file-that-is-written-to-is-superseded', ['--features', 'after-delivery', '--modes', 'new-names']],
  ['deleted-while-under-way', ['--features', 'after-delivery']],
  ['rotated-out-of-sight-is-not-looked-for', ['--only', 'rotation-burst,crash', '--modes', 'create,nocreate,olddir,dated,compress']],
  ['inode-number-alone-tells', ['--only', 'crash,late-start,terminate,lost-commits,rotation-burst,slow-disk', '--keys', 'file']],
  ['common-header-tells', ['--features', 'header', '--keys', 'file']],
  ['new-log-rotated-out-of-sight-is-not-looked-for', ['--only', 'hint-lost', '--modes', 'dated']],
  ['log-that-came-while-away-is-not-looked-for', ['--only', 'crash,terminate,rotation-burst', '--modes', 'create,dated,olddir']],
  ['log-that-left-only-rotated-files-is-not-looked-for', ['--only', 'crash,terminate,rotation-burst', '--modes', 'nocreate']],
  ['name-leads-to-a-file-that-is-read', ['--from', '400', '--only', 'slow-disk,rotation-burst,hint-doubled', '--modes', 'create', '--features', 'header']],
  ['copy-is-judged-before-its-log', ['--only', 'hint-lost', '--modes', 'copy']],
  ['what-was-seen-and-not-read-tells-nothing', ['--only', 'late-writes,stale-handle,split-writes,outage,hint-late,hang,throttled-call', '--modes', 'compress']],
  ['compressed-form-is-a-new-file', ['--only', 'late-writes', '--modes', 'compress']],
  ['what-was-seen-empty-is-plain', ['--only', 'empty-form', '--modes', 'compress']],
  // Needs a log that is cut in the middle of its first line and found in no copy: 1 of 2,500 seeds. lineage.test.ts has its cases.
  ['what-is-over-goes-on-in-what-begins-like-it', ['--from', '19220300', '--only', 'crash,late-writes,equal-heads,rotation-burst,split-writes', '--modes', 'copytruncate,compress', '--features', 'header,multi-line']],
  ['what-does-not-tell-its-state-was-looked-at', ['--from', '240', '--reloads', '--only', 'io-error,crash,watch-limit,late-writes', '--modes', 'delete-create']],
  [
    'what-waits-to-be-read-again-is-not-compared',
    ['--from', '44000000', '--only', 'equal-heads,big-heads,hint-late,split-writes,rotation-burst', '--modes', 'copytruncate', '--features', 'multi-line,header'],
  ],
  ['what-ends-before-it-did-was-not-cut', ['--from', '50008820', '--only', 'bursts,late-writes,split-writes,too-many-open,slow-disk,accepted-late', '--modes', 'copytruncate,olddir']],
  [
    'goes-on-in-the-first-file-that-may-hold-it',
    ['--from', '44001510', '--only', 'equal-heads,big-heads,hint-late,split-writes,rotation-burst', '--modes', 'copytruncate', '--features', 'multi-line,header'],
  ],
  // Needs a copy of which only the header tells, and no other known file of its log: 1 of 10,000 seeds. recognition.test.ts has its cases.
  ['what-begins-like-what-was-cut-is-a-copy', ['--from', '330', '--only', 'slow-disk,equal-heads,hint-late,late-writes,rotation-burst', '--modes', 'copytruncate', '--features', 'zstd', '--keys', 'file']],
  ['short-copy-is-a-new-file', ['--only', 'copy-lag', '--modes', 'copytruncate']],
  ['lines-of-several-keys-in-one-record', ['--keys', 'file']],
  ['hash-key-of-no-record', ['--keys', 'file']],
  ['hot-shard-is-not-kept-away-from', ['--only', 'hot-shard', '--keys', 'random']],
  ['what-was-under-way-speaks-against-a-record', ['--only', 'called-invalid,slow-network,bursts']],
  ['what-is-set-aside-waits-for-another-record', ['--only', 'called-invalid']],
  ['what-is-too-large-on-the-way-is-rejected', ['--only', 'body-limit,bursts']],
  ['reload-forgets-what-a-flow-did', ['--reloads']],
  ['reload-leaves-requests-under-way', ['--reloads']],
  ['where-files-ended-is-forgotten', ['--only', 'big-heads,equal-heads,crash,outage,terminate', '--modes', 'copytruncate']],
  ['reload-forgets-copies', ['--reloads', '--only', 'clock-jump', '--modes', 'copy', '--features', 'multi-line']],
  ['one-key-is-misplaced-in-an-unknown-shard', ['--only', 'reshard', '--keys', 'file']],
  ['reload-forgets-shards', ['--reloads', '--only', 'outage', '--keys', 'file']],
]);

describe('the simulation finds', () => {
  it.each(bugs)('%s', { timeout: 120_000 }, async (name) => {
    const { output, code } = await simulate(['--seeds', String(SEEDS), '--plant', name, '--first-failure', ...(optionsOf.get(name) ?? [])]);
    expect(code).toBe(1);
    expect(output).toMatch(accountBugs.has(name) ? brokenAccount : broken);
  });
});

describe('a planted bug', () => {
  it.each(bugs)('%s changes what stands in its files exactly once', (_name, bug) => {
    for (const { file } of bug) {
      const source = readFileSync(new URL(`../../src/${file}`, import.meta.url), 'utf8');
      expect(plantIn(file, source, bug)).not.toBe(source);
    }
  });

  it('is refused when its place is gone or stands there twice', () => {
    const bug = [{ file: 'x.ts', find: 'a + b', replace: 'a - b' }];
    expect(plantIn('x.ts', 'return a + b;', bug)).toBe('return a - b;');
    expect(() => plantIn('x.ts', 'return a;', bug)).toThrow('stands 0 times in src/x.ts');
    expect(() => plantIn('x.ts', 'a + b; a + b;', bug)).toThrow('stands 2 times');
  });
});
