/**
 * Which lines belong together, by the patterns of the flow (java.util.regex, see core/pattern). Start and continuation
 * patterns are tried at the beginning of the line (`lookingAt`, as the Java agent does), an end pattern anywhere in it;
 * the line's newline is part of what they see.
 */
import { compilePattern } from '../core/pattern/pattern.ts';
import type { LineJoiner } from '../core/pipeline.ts';
import type { TailSettings } from './config.ts';

type Patterns = Pick<TailSettings, 'multiLineStartPattern' | 'multiLineContinuationPattern' | 'multiLineEndPattern'>;

/** Undefined where lines stand alone. Throws a `PatternError` for a pattern that the config check would have refused. */
export function multiLineJoiner(settings: Patterns): LineJoiner | undefined {
  const { multiLineStartPattern: start, multiLineContinuationPattern: continuation, multiLineEndPattern: end } = settings;
  if (start === undefined && continuation === undefined && end === undefined) return undefined;
  const starts = atStart(start);
  const continues = atStart(continuation);
  const ends = anywhere(end);
  return {
    startsRecord: (buffer, from, to) => {
      if (starts !== undefined) return starts(buffer, from, to);
      return continues !== undefined && !continues(buffer, from, to);
    },
    endsRecord: (buffer, from, to) => ends?.(buffer, from, to) ?? false,
  };
}

type LineTest = (buffer: Buffer, from: number, to: number) => boolean;

function atStart(pattern: string | undefined): LineTest | undefined {
  if (pattern === undefined) return undefined;
  const expression = new RegExp(compile(pattern).source, 'uy');
  return (buffer, from, to) => {
    expression.lastIndex = 0;
    return expression.test(buffer.toString('utf8', from, to));
  };
}

function anywhere(pattern: string | undefined): LineTest | undefined {
  if (pattern === undefined) return undefined;
  const expression = new RegExp(compile(pattern).source, 'u');
  return (buffer, from, to) => expression.test(buffer.toString('utf8', from, to));
}

function compile(pattern: string): RegExp {
  return compilePattern(pattern, { whole: false, captures: false, looseNames: true }).regexp;
}
