/** Which of the tools that packaging can do without are on this machine; what is not here is said aloud. */
import { hasTool } from '../../../packaging/tools.ts';

export const systemdIsHere = hasTool('systemd-analyze');
if (!systemdIsHere) process.stderr.write('SKIPPED: systemd-analyze is not installed, the units are not verified\n');
