/**
 * Finds payment card numbers in text: 13 to 19 digits, the last of which is Luhn's check digit, in one group or in the groups
 * that cards show, with a space or a dash between two of them.
 *
 * Other groups of digits may stand beside a number (`12 4111 1111 1111 1111 3`). A number within a longer run must be one
 * group or in the groups of cards, or columns of small numbers would give one by chance. Only a run that has 13 to 19 digits in all
 * may be grouped in any way. Where numbers with a right check digit overlap, none of their digits stays. Linear in the length of the text.
 *
 * Source: ISO/IEC 7812-1 (length, check digit); groups as the card companies print them.
 */
const DIGITS_MIN = 13;
const DIGITS_MAX = 19;
const SPACE = 0x20;
const DASH = 0x2d;
const ZERO = 0x30;

/** Where a run of digits begins that is long enough. */
const runStart = /[0-9](?:[ -]?[0-9]){12}/g;

/** Digits in each group. A number in one group may have any length. */
const printedGroups: ReadonlySet<string> = new Set([
  '4-4-4-1',
  '4-4-4-2',
  '4-4-4-3',
  '4-4-4-4',
  '4-4-4-4-1',
  '4-4-4-4-2',
  '4-4-4-4-3',
  '4-3-3-3',
  '4-5-6',
  '4-6-4',
  '4-6-5',
  '6-13',
]);
const GROUPS_MAX = 5;

interface Group {
  readonly start: number;
  readonly end: number;
}

/** `text` with `replacement` in the place of each card number. */
export function redactCards(text: string, replacement: string): string {
  let redacted = '';
  let from = 0;
  runStart.lastIndex = 0;
  for (let match = runStart.exec(text); match !== null; match = runStart.exec(text)) {
    const groups = groupsFrom(text, match.index);
    for (const { start, end } of cardsOf(text, groups)) {
      redacted += text.slice(from, start) + replacement;
      from = end;
    }
    runStart.lastIndex = groups.at(-1)?.end ?? text.length;
  }
  return from === 0 ? text : redacted + text.slice(from);
}

/** The groups of digits from `start` on, as long as one character stands between two of them. */
function groupsFrom(text: string, start: number): readonly Group[] {
  const groups: Group[] = [];
  let groupStart = start;
  let at = start;
  for (;;) {
    while (isDigit(text, at)) at += 1;
    groups.push({ start: groupStart, end: at });
    const separator = text.charCodeAt(at);
    if ((separator !== SPACE && separator !== DASH) || !isDigit(text, at + 1)) return groups;
    at += 1;
    groupStart = at;
  }
}

/** The parts of a run that are to be hidden, in order. */
function cardsOf(text: string, groups: readonly Group[]): readonly Group[] {
  const cards: { start: number; end: number }[] = [];
  /** Index of the first group behind the number found last. A number that begins before this group makes the last one longer. */
  let free = 0;
  for (const [index, first] of groups.entries()) {
    const count = longestCard(text, groups, index);
    if (count === 0) continue;
    const end = groups[index + count - 1]?.end ?? first.end;
    const before = cards.at(-1);
    if (before === undefined || index >= free) {
      if (before !== undefined && before.end > first.start) before.end = groups[index - 1]?.end ?? before.end;
      cards.push({ start: first.start, end });
      free = index + count;
    } else before.end = Math.max(before.end, end);
  }
  return cards;
}

/** How many groups the longest number has that begins with group `index`; 0: there is none. */
function longestCard(text: string, groups: readonly Group[], index: number): number {
  const start = groups[index]?.start ?? 0;
  let longest = 0;
  let digits = 0;
  let lengths = '';
  for (let count = 1; ; count += 1) {
    const group = groups[index + count - 1];
    if (group === undefined) return longest;
    const length = group.end - group.start;
    digits += length;
    if (digits > DIGITS_MAX) return longest;
    lengths += count === 1 ? length : `-${length}`;
    const isWhole = index === 0 && count === groups.length;
    const isPrinted = count === 1 || (count <= GROUPS_MAX && printedGroups.has(lengths));
    if (digits >= DIGITS_MIN && (isWhole || isPrinted) && hasCheckDigit(text, start, group.end)) longest = count;
    // More groups than that are a number only where they are the whole run.
    if (count >= GROUPS_MAX && index > 0) return longest;
  }
}

/** Luhn's sum over the digits of text[start, end); zeros alone are no number. */
function hasCheckDigit(text: string, start: number, end: number): boolean {
  let sum = 0;
  let doubles = false;
  for (let at = end - 1; at >= start; at -= 1) {
    const digit = text.charCodeAt(at) - ZERO;
    if (digit < 0) continue;
    const weighed = doubles ? digit * 2 : digit;
    sum += weighed > 9 ? weighed - 9 : weighed;
    doubles = !doubles;
  }
  return sum > 0 && sum % 10 === 0;
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= ZERO && code <= ZERO + 9;
}
