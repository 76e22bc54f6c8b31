/**
 * The files of a flow in `kinship status`: one line each, and for a few of them the account of every byte. Pure.
 *
 * Guarantees: the bytes of a file that were read, delivered, dropped and lost add up exactly; no line is wider than 80 columns.
 */
import { type Outcome, outcomes } from '../../core/offset-tracker.ts';
import { oneLine } from '../../core/one-line.ts';
import type { FileStatus } from '../../core/status.ts';
import { wrap } from '../usage/help-text.ts';
import { bytesText, countText, durationText, fitEnd } from '../usage/quantity-text.ts';

/** Files shown a flow: those behind first, then those with bytes that were not sent and should have been. */
const FILES_SHOWN_MAX = 20;
/** Accounts shown a flow: with these an ordinary flow still fits a screen. */
const ACCOUNTS_SHOWN_MAX = 5;
const PATH_COLUMNS = 36;
const WIDTH = 80;
/** Outcomes that nobody asked for; the others follow from the config. */
const unwanted: readonly Outcome[] = ['lost', 'rejected', 'oversize', 'unparsable'];

export function fileLines(files: readonly FileStatus[]): string[] {
  if (files.length === 0) return [];
  const ordered = files.toSorted((a, b) => b.lagBytes - a.lagBytes || unwantedBytes(b) - unwantedBytes(a) || a.path.localeCompare(b.path));
  const shown = ordered.slice(0, FILES_SHOWN_MAX);
  const accounted = new Set(shown.filter(hasAccount).toSorted((a, b) => unwantedBytes(b) - unwantedBytes(a)).slice(0, ACCOUNTS_SHOWN_MAX));
  const lines = [`  ${'file'.padEnd(PATH_COLUMNS)} ${columns(['gen', 'position', 'size', 'lag', 'state'])}`];
  for (const file of shown) {
    const { path, generation, positionBytes, sizeBytes, lagSeconds, state, lastError } = file;
    const cells = [String(generation), bytesText(positionBytes), bytesText(sizeBytes), durationText(lagSeconds), state];
    lines.push(`  ${fitEnd(oneLine(path), PATH_COLUMNS)} ${columns(cells)}`);
    if (accounted.has(file)) lines.push(...indented(accountText(file), 4));
    if (lastError !== undefined) lines.push(...indented(lastError, 4));
  }
  const more = files.length - shown.length;
  if (more > 0) lines.push(`  and ${countText(more)} more: kinship status --json shows all`);
  return lines;
}

/** `text` in lines that fit. It may be long, and the names in it may hold any character. */
export function indented(text: string, spaces: number): string[] {
  return wrap(oneLine(text), WIDTH - spaces).map((line) => ' '.repeat(spaces) + line);
}

/** Generation, position, size, lag, state: 40 characters. */
export function columns(cells: readonly string[]): string {
  const [generation = '', position = '', size = '', lag = '', state = ''] = cells;
  return `${generation.padStart(3)} ${position.padStart(8)} ${size.padStart(8)} ${lag.padStart(9)} ${state}`.trimEnd();
}

function unwantedBytes({ outcomes: counts }: FileStatus): number {
  return unwanted.reduce((sum, outcome) => sum + (counts[outcome]?.bytes ?? 0), 0);
}

/** Whether bytes of the file were read, wait or are lost since the agent took it up. */
function hasAccount(file: FileStatus): boolean {
  return file.readBytes > 0 || file.lagBytes > 0 || unwantedBytes(file) > 0;
}

/** `1,000 bytes read = 900 delivered + 90 skipped + 10 on the way; 4,096 lost; 2,000 behind`: what is lost was never read. */
function accountText({ startBytes, readBytes, pendingBytes, lagBytes, outcomes: counts }: FileStatus): string {
  const settled = outcomes.filter((outcome) => outcome !== 'lost').map((outcome) => [outcome, counts[outcome]?.bytes ?? 0] as const);
  const parts = [...settled, ['on the way', pendingBytes] as const].filter(([, bytes]) => bytes > 0);
  const sum = parts.map(([what, bytes]) => `${countText(bytes)} ${what}`).join(' + ');
  const from = startBytes > 0 ? ` from ${countText(startBytes)} on` : '';
  const rest = [['lost', counts.lost?.bytes ?? 0] as const, ['behind', lagBytes] as const].filter(([, bytes]) => bytes > 0);
  return [`${countText(readBytes)} bytes read${from}${sum === '' ? '' : ` = ${sum}`}`, ...rest.map(([what, bytes]) => `${countText(bytes)} ${what}`)].join('; ');
}
