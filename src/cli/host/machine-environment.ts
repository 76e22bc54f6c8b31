/** What preprocessing may know of the machine it really runs on. */
import { MachineFacts } from '../../aws/machine/machine-facts.ts';
import type { Clock } from '../../core/ports.ts';
import type { PreprocessEnvironment } from '../../preprocess/stage/environment.ts';
import type { Invocation } from '../usage/invocation.ts';

export function machineEnvironment(env: Invocation['env'], clock: Clock): PreprocessEnvironment {
  return {
    hostName: env.HOSTNAME ?? 'localhost',
    instanceMetadata: new MachineFacts(clock, env),
    utcOffsetMinutes: (wallMs) => -new Date(wallMs).getTimezoneOffset(),
  };
}
