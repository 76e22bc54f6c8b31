/**
 * Patterns of paths, segment by segment: literal names, globs, and `**` for any depth. Pure.
 */
import { compileGlob, type Glob, type GlobOptions } from '../../core/glob.ts';

export type Segment = Glob | { readonly kind: 'any-depth' };

/** A `**` at the end matches all names at any depth. Throws a `GlobError`. */
export function parsePattern(pattern: string, options: GlobOptions): readonly Segment[] {
  const parts = pattern.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.at(-1) === '**') parts.push('*');
  return parts.map((part): Segment => (part === '**' ? { kind: 'any-depth' } : compileGlob(part, options)));
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

/** Whether the pattern matches the end of `names`. */
export function endFits(segments: readonly Segment[], names: readonly string[]): boolean {
  if (segments.some((segment) => segment.kind === 'any-depth')) return fits([{ kind: 'any-depth' }, ...segments], names);
  if (segments.length === 0 || segments.length > names.length) return false;
  return fits(segments, names.slice(-segments.length));
}

export function nameFits(segment: Glob, name: string): boolean {
  return segment.kind === 'literal' ? segment.name === name : segment.matches(name);
}

/** Names of the parts of a path that begins with /. */
export function namesOf(path: string): readonly string[] {
  return path.split('/').filter((name) => name !== '');
}
