/**
 * Patterns of paths, segment by segment: literal names, globs, and `**` for any depth. Pure.
 */
import picomatch from 'picomatch';

export type Segment =
  | { readonly kind: 'literal'; readonly name: string }
  | { readonly kind: 'glob'; readonly matches: (name: string) => boolean }
  | { readonly kind: 'any-depth' };

/** `dot`: whether `*` also matches a leading dot. */
export function parsePattern(pattern: string, options: { readonly dot: boolean }): readonly Segment[] {
  return pattern
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .map((part): Segment => {
      if (part === '**') return { kind: 'any-depth' };
      if (!picomatch.scan(part).isGlob) return { kind: 'literal', name: part.replaceAll(/\\(.)/g, '$1') };
      return { kind: 'glob', matches: picomatch(part, options) };
    });
}

/** Whether `names` are the beginning of something the pattern matches. */
export function reaches(segments: readonly Segment[], names: readonly string[]): boolean {
  const [name, ...others] = names;
  if (name === undefined) return true;
  const [segment, ...rest] = segments;
  if (segment === undefined) return false;
  if (segment.kind === 'any-depth') return true;
  return nameFits(segment, name) && reaches(rest, others);
}

/** Whether the pattern matches `names`, all of them. */
export function fits(segments: readonly Segment[], names: readonly string[]): boolean {
  const [segment, ...rest] = segments;
  const [name, ...others] = names;
  if (segment === undefined || name === undefined) return segment === undefined && name === undefined;
  if (segment.kind !== 'any-depth') return nameFits(segment, name) && fits(rest, others);
  return fits(rest, names) || fits(segments, others);
}

export function nameFits(segment: Exclude<Segment, { kind: 'any-depth' }>, name: string): boolean {
  return segment.kind === 'literal' ? segment.name === name : segment.matches(name);
}
