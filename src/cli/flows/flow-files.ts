/** What a flow would read now: each file that matches, whether it can be opened, how large it is. */
import { discoverySettings } from '../../agent/discovery-settings.ts';
import type { FlowConfig } from '../../config/model.ts';
import { FileFault } from '../../core/errors.ts';
import type { FileSystem } from '../../core/ports.ts';
import { Discovery } from '../../tail/listing/discovery.ts';

export interface FlowFiles {
  readonly count: number;
  readonly bytes: number;
  /** Files and directories, with what the system says. */
  readonly unreadable: readonly (readonly [path: string, why: string])[];
  /** Why a pattern can find nothing as things are now; sentences for a person. */
  readonly notes: readonly string[];
}

export async function flowFiles(flow: FlowConfig, files: FileSystem): Promise<FlowFiles> {
  const discovery = new Discovery(files, discoverySettings(flow));
  const listing = await discovery.list();
  const unreadable: (readonly [string, string])[] = listing.faults.map((fault) => [fault.path, fault.systemCode]);
  let bytes = 0;
  for (const file of listing.files) {
    bytes += file.stat.sizeBytes;
    const why = await whyUnreadable(file.path, files);
    if (why !== undefined) unreadable.push([file.path, why]);
  }
  const notes = new Set<string>();
  for (const pattern of flow.tail.filePattern) {
    const note = await obstacleOf(pattern, files);
    if (note !== undefined) notes.add(note);
  }
  if (listing.files.length === 0) for (const note of await notesOfLeftOut(flow, files)) notes.add(note);
  return { count: listing.files.length, bytes, unreadable, notes: [...notes] };
}

/** What stands in the way of `pattern`, in the part of it that names one place. */
async function obstacleOf(pattern: string, files: FileSystem): Promise<string | undefined> {
  const names = pattern.split('/').slice(1);
  const firstGlob = names.findIndex((name) => /[*?[{\\]/.test(name));
  const literal = firstGlob < 0 ? names : names.slice(0, firstGlob);
  for (const index of literal.keys()) {
    const path = `/${literal.slice(0, index + 1).join('/')}`;
    const isLast = index === names.length - 1;
    const kind = await kindOf(path, files);
    if (kind === 'absent') return isLast ? undefined : `${path} is not there: if it is spelt right, its files are read from their start once it comes`;
    if (kind === 'directory' && isLast) return `${path} is a directory: ${path}/* takes the files in it`;
    if (kind === 'other' && !isLast) return `${path} is no directory: nothing is found below it`;
    // What cannot be looked at is told as unreadable.
    if (kind === undefined) return undefined;
  }
  return undefined;
}

async function kindOf(path: string, files: FileSystem): Promise<'absent' | 'directory' | 'other' | undefined> {
  try {
    return (await files.stat(path)).kind === 'directory' ? 'directory' : 'other';
  } catch (fault) {
    if (!(fault instanceof FileFault)) throw fault;
    return fault.code === 'not-found' ? 'absent' : undefined;
  }
}

async function notesOfLeftOut(flow: FlowConfig, files: FileSystem): Promise<readonly string[]> {
  const settings = discoverySettings(flow);
  if (settings.exclude === flow.tail.exclude) return [];
  const discovery = new Discovery(files, { ...settings, exclude: flow.tail.exclude });
  const { length } = (await discovery.list()).files;
  if (length === 0) return [];
  return [`${length} file${length === 1 ? ' that matches is' : 's that match are'} .gz, .bz2 or .zip: as in the Java agent, such files are not read`];
}

async function whyUnreadable(path: string, files: FileSystem): Promise<string | undefined> {
  try {
    await (await files.open(path)).close();
    return undefined;
  } catch (fault) {
    if (fault instanceof FileFault) return fault.systemCode;
    throw fault;
  }
}
