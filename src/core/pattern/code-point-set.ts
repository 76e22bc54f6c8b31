/**
 * Sets of Unicode code points as sorted, disjoint, non-adjacent ranges: what character classes of a regular expression
 * mean, so that union, intersection and complement are exact. Immutable.
 */
const CODE_POINT_MAX = 0x10_ffff;

export type CodePointRange = readonly [first: number, last: number];

export class CodePointSet {
  readonly ranges: readonly CodePointRange[];

  private constructor(ranges: readonly CodePointRange[]) {
    this.ranges = ranges;
  }

  /** The union of `ranges`, given in any order. */
  static of(...ranges: readonly CodePointRange[]): CodePointSet {
    const sorted = ranges.toSorted((a, b) => a[0] - b[0]);
    const merged: [number, number][] = [];
    for (const [first, last] of sorted) {
      const previous = merged.at(-1);
      if (previous !== undefined && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last);
      else merged.push([first, last]);
    }
    return new CodePointSet(merged);
  }

  /** Every code point that occurs in `text`. */
  static ofText(text: string): CodePointSet {
    const ranges = Array.from(text, (char): CodePointRange => {
      const code = char.codePointAt(0) ?? 0;
      return [code, code];
    });
    return CodePointSet.of(...ranges);
  }

  /** The one code point in the set, or `undefined` where there is none or several. */
  get single(): number | undefined {
    const [only, ...others] = this.ranges;
    return only !== undefined && others.length === 0 && only[0] === only[1] ? only[0] : undefined;
  }

  has(codePoint: number): boolean {
    return this.ranges.some(([first, last]) => codePoint >= first && codePoint <= last);
  }

  union(other: CodePointSet): CodePointSet {
    return CodePointSet.of(...this.ranges, ...other.ranges);
  }

  complement(): CodePointSet {
    const gaps: CodePointRange[] = [];
    let next = 0;
    for (const [first, last] of this.ranges) {
      if (first > next) gaps.push([next, first - 1]);
      next = last + 1;
    }
    if (next <= CODE_POINT_MAX) gaps.push([next, CODE_POINT_MAX]);
    return new CodePointSet(gaps);
  }

  intersection(other: CodePointSet): CodePointSet {
    return this.complement().union(other.complement()).complement();
  }

  /** This set, and for each ASCII letter in it the same letter in the other case. */
  withAsciiCases(): CodePointSet {
    const added: CodePointRange[] = [];
    for (const [first, last] of this.ranges) {
      for (const [from, to, shift] of [
        [0x41, 0x5a, 0x20],
        [0x61, 0x7a, -0x20],
      ] as const) {
        const low = Math.max(first, from);
        const high = Math.min(last, to);
        if (low <= high) added.push([low + shift, high + shift]);
      }
    }
    return CodePointSet.of(...this.ranges, ...added);
  }
}
