/** What is wrong with a config, where, and what was probably meant. */
import type { Place } from './located.ts';

export interface ConfigIssue extends Place {
  /** A sentence for a person. Never holds a secret. */
  readonly message: string;
}

/** `file:line:column: message`, as editors and terminals link it. */
export function issueText(issue: ConfigIssue): string {
  return `${issue.file}:${issue.line}:${issue.column}: ${issue.message}`;
}

/** Sorts by file in the given order, then from top to bottom. A message that repeats at the same place stays once. */
export function inReadingOrder(issues: readonly ConfigIssue[]): readonly ConfigIssue[] {
  const files = [...new Set(issues.map((issue) => issue.file))];
  const seen = new Set<string>();
  return issues
    .toSorted((a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line || a.column - b.column)
    .filter((issue) => {
      const line = issueText(issue);
      if (seen.has(line)) return false;
      seen.add(line);
      return true;
    });
}
