/**
 * Tells patterns whose matching can take exponential time, with recheck (makenowjust-labs/recheck): it decides by the
 * theory of automata where it can, and by search where the pattern is beyond it.
 *
 * The analyser is loaded when it is asked for: it is three megabytes of code and takes a hundred of memory.
 */
export interface DangerousPattern {
  /** `patternTimeoutMillis` bounds the time of both. An exponential pattern is an error, or under `compatibility` a warning. */
  readonly kind: 'exponential' | 'polynomial';
  readonly message: string;
}

const ANALYSIS_MS = 5000;
const ATTACK_CHARS_MAX = 120;

/** `undefined`: matching takes time in proportion to the text, or it could not be told within five seconds. */
export async function dangerOf(pattern: RegExp): Promise<DangerousPattern | undefined> {
  // The browser build is pure JavaScript in this thread; the package's main entry starts processes and workers.
  const { default: analyser } = await import('recheck/lib/browser.js');
  const result = analyser.checkSync(pattern.source, pattern.flags.replace('g', ''), { timeout: ANALYSIS_MS });
  if (result.status !== 'vulnerable') return undefined;
  const attack = result.attack.pattern;
  const shown = attack.length > ATTACK_CHARS_MAX ? `${attack.slice(0, ATTACK_CHARS_MAX)}…` : attack;
  if (result.complexity.type === 'exponential') {
    return {
      kind: 'exponential',
      message: `the time to match can double with every character, for example on ${shown}: make sure that two parts next to each other, or two rounds of a repetition, cannot match the same text; a line that takes longer than patternTimeoutMillis is not matched`,
    };
  }
  return {
    kind: 'polynomial',
    message: `the time to match can grow as the ${result.complexity.degree ?? 2}th power of the line's length, for example on ${shown}`,
  };
}
