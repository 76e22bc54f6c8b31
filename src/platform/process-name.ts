/**
 * The name of the process (comm), as ps, pgrep, top and systemctl show it: Node's main thread calls itself node-MainThread. Not
 * `process.title`, which writes over the arguments. Source: proc_pid_comm(5).
 */
import { writeFileSync } from 'node:fs';

/** Takes the first 15 bytes of `name`. Where there is no /proc it stays as it was. */
export function nameProcess(name: string): void {
  try {
    writeFileSync('/proc/self/comm', name);
  } catch (fault) {
    if (!(fault instanceof Error && 'errno' in fault)) throw fault;
  }
}
