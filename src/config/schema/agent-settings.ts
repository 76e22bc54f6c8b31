/** What can be set about the agent as a whole, beside what each layer can be told. */
import * as z from 'zod';
import { text, whole } from '../../core/settings-field.ts';

/** Keys at the top of the config. */
export const agentRootFields = {
  shutdownTimeoutMillis: whole('milliseconds', {
    description:
      'How long the agent still sends what it has read, after a request to stop. What is not accepted by then is read again at the next start.',
    min: 0,
    max: 900_000,
  }).default(10_000),
  controlSocket: text({
    description:
      'Socket on which `kinship status` and `kinship reload` talk to the running agent; readable by its user only.',
    example: '/run/kinship/control.sock',
  }).default('/run/kinship/control.sock'),
};

const rootSchema = z.object(agentRootFields);
export type AgentSettings = Readonly<z.output<typeof rootSchema>>;
