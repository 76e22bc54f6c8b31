/** The checkpoint file, opened for a command; every fault becomes a `CommandError`. */
import { isStoreInUse, openSqliteStore } from '../../checkpoint/open-store.ts';
import { asStoreFault } from '../../checkpoint/store-faults.ts';
import type { AgentConfig } from '../../config/model.ts';
import { CommandError, FileFault, StoreFault, type StoreFaultCode } from '../../core/errors.ts';
import type { CheckpointStore, FileSystem } from '../../core/ports.ts';
import { loadSqliteBinding } from '../../platform/sqlite-addon.ts';
import { exitCodes } from '../usage/exit-codes.ts';
import { serviceName } from '../host/service-unit.ts';

export interface StoreAccess {
  readonly path: string;
  readonly files: FileSystem;
  readonly wallMs: number;
  readonly readonly: boolean;
}

/** Undefined where there is no file yet. One that cannot be used stays as it is: only an agent replaces it, which tells where it went. */
export async function openStore(access: StoreAccess): Promise<CheckpointStore | undefined> {
  try {
    await access.files.stat(access.path);
  } catch (fault) {
    if (fault instanceof FileFault && fault.code === 'not-found') return undefined;
    throw fault instanceof FileFault ? asCommandError(asStoreFault(fault.cause, access)) : fault;
  }
  return guarded(() => openSqliteStore({ ...access, wallMs: () => access.wallMs, nativeBinding: loadSqliteBinding(), keepsUnusable: true }).store);
}

/** What to tell a person where no agent answered at its socket but one uses the checkpoint file; undefined: none runs. */
export function silentAgent({ path: config, checkpoint, agent: { controlSocket } }: AgentConfig): string | undefined {
  const path = checkpoint.checkpointFile;
  if (!isStoreInUse({ path, nativeBinding: loadSqliteBinding() })) return undefined;
  return `an agent runs, for ${path} is in use, but nothing answers at ${controlSocket}: restart it (a service with systemctl restart ${serviceName(config)}); if that does not help, controlSocketUnavailable in its log says why`;
}

/** Runs a call to the store. */
export function guarded<Result>(call: () => Result): Result {
  try {
    return call();
  } catch (fault) {
    throw fault instanceof StoreFault ? asCommandError(fault) : fault;
  }
}

function asCommandError(fault: StoreFault): CommandError {
  return new CommandError({ message: fault.message, exitCode: exitCodeOf(fault.code), hint: fault.hint, cause: fault });
}

function exitCodeOf(code: StoreFaultCode): number {
  if (code === 'denied') return exitCodes.noPermission;
  return code === 'full' || code === 'misplaced' ? exitCodes.cannotWrite : exitCodes.failed;
}
