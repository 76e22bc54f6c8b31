/**
 * What a flow is asked to do beyond shipping lines as they are. Swarm testing chooses the features, each with a chance of
 * its own, from a random stream that no other choice uses.
 *
 * The model must always know by itself what a record has to be. Where a feature makes that impossible together with another
 * choice, it narrows that choice.
 */
import type { LinePlan, RotationMode } from './scenario.ts';
import type { SimRandom } from './sim-random.ts';

export const featureNames = [
  'multi-line',
  'header',
  'filter',
  'json',
  'utf-16',
  'zstd',
  'firehose',
  'after-delivery',
  'deleted-bounds',
] as const;
export type FeatureName = (typeof featureNames)[number];

/** How lines are joined: a line that begins with spaces goes on with the record of the line before. */
export interface FramingPlan {
  readonly timeoutMs: number;
  readonly linesMax: number;
}

export type EncodingPlan = 'utf-16' | 'utf-16le' | 'utf-16be';

export interface FlowFeatures {
  readonly names: readonly FeatureName[];
  readonly framing: FramingPlan | undefined;
  /** `utf-16`: with a byte order mark at the head of every file. */
  readonly encoding: EncodingPlan | undefined;
  readonly byteOrder: 'little' | 'big';
  readonly afterDelivery: 'delete' | 'move' | undefined;
  readonly deletedFiles: { readonly keepSecondsMax?: number; readonly keepBytesMax?: number };
}

/** How likely each feature is, one share for a flow: none, few or many. */
const SHARES = [0, 0.15, 0.4];
/** Modes that cut a file in place: it may then begin in the middle of a line. */
const CUTTING: readonly RotationMode[] = ['copytruncate', 'truncate'];
const SHORT_HEADER = '#Fields: date time\n';
/** Modes that copy a file: a copy may end in the middle of a UTF-16 code unit. */
const COPYING: readonly RotationMode[] = [...CUTTING, 'copy', 'compress', 'delaycompress'];
/** Modes that leave rotated files behind and never touch one that lay for a while. */
const LEAVING: readonly RotationMode[] = ['create', 'nocreate', 'compress', 'dated', 'olddir', 'copytruncate', 'new-names'];

export function chooseFeatures(
  random: SimRandom,
  { mode, forced }: { mode: RotationMode; forced: ReadonlySet<string> | undefined },
): FlowFeatures {
  const share = random.pick(SHARES);
  const wanted = featureNames.filter((name) => {
    const chosen = random.fork(name).chance(share);
    return forced === undefined ? chosen : forced.has(name);
  });
  const names = wanted.filter((name) => isPossible(name, wanted, mode));
  const has = (name: FeatureName) => names.includes(name);
  const cutting = CUTTING.includes(mode);
  return {
    names,
    framing: has('multi-line') ? { timeoutMs: random.pick([200, 1500, 4000]), linesMax: random.pick([3, 1000]) } : undefined,
    encoding: has('utf-16') ? random.pick(cutting ? (['utf-16le', 'utf-16be'] as const) : (['utf-16', 'utf-16', 'utf-16le'] as const)) : undefined,
    byteOrder: random.pick(['little', 'big']),
    afterDelivery: has('after-delivery') ? random.pick(['delete', 'move'] as const) : undefined,
    deletedFiles: has('deleted-bounds') ? random.pick([{ keepSecondsMax: 2 }, { keepBytesMax: 1500 }, { keepSecondsMax: 8, keepBytesMax: 4000 }]) : {},
  };
}

function isPossible(name: FeatureName, wanted: readonly FeatureName[], mode: RotationMode): boolean {
  switch (name) {
    case 'filter':
    case 'json':
      return !wanted.includes('multi-line');
    case 'zstd':
      return mode === 'compress' || mode === 'delaycompress';
    case 'after-delivery':
      return LEAVING.includes(mode);
    default:
      return true;
  }
}

/** The lines of a log as the features need them. */
export function linesWith(lines: LinePlan, features: FlowFeatures, mode: RotationMode): LinePlan {
  const { names, framing, encoding, byteOrder } = features;
  const has = (name: FeatureName) => names.includes(name);
  return {
    ...lines,
    continuedShare: framing === undefined ? 0 : 0.6,
    // Bytes that are no valid character cannot be had back from JSON or UTF-16.
    rawBytes: lines.rawBytes && !has('json') && encoding === undefined,
    ending: has('json') ? '\n' : lines.ending,
    header: headerFor(lines.header, features),
    // A file can begin or end between two pieces of a line: as JSON, neither half of a character could be had back.
    splitsCharacters: !has('json') || encoding !== undefined,
    splitShare: encoding !== undefined && COPYING.includes(mode) ? 0 : lines.splitShare,
    appends: lines.appends || has('header') || encoding !== undefined,
    encoding: encoding === undefined ? undefined : { mark: encoding === 'utf-16', order: encoding === 'utf-16' ? byteOrder : encoding === 'utf-16be' ? 'big' : 'little' },
  };
}

/**
 * The header of the flow's files. Joined records have none: a line that stands in every file does not tell to which file a record
 * belongs. With UTF-16 it is short: the byte order mark would be a part of an over-long header.
 */
function headerFor(header: string, { names, framing, encoding }: FlowFeatures): string {
  if (names.includes('header')) return header === '' || encoding !== undefined ? SHORT_HEADER : header;
  if (framing !== undefined) return '';
  return header !== '' && encoding !== undefined ? SHORT_HEADER : header;
}
