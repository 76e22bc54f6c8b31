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
  return { count: listing.files.length, bytes, unreadable };
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
