/** What can be set about remembering positions. */
import * as z from 'zod';
import { text, whole } from '../core/settings-field.ts';

/** Keys at the top of the config. */
export const checkpointRootFields = {
  checkpointFile: text({
    description: 'Where positions are kept (SQLite). On a disk that survives a reboot.',
    example: '/var/lib/kinship/checkpoints.db',
  }).default('/var/lib/kinship/checkpoints.db'),
  checkpointTimeToLiveDays: whole('days', {
    description:
      'How long the position of a file that is no longer there is remembered. Positions of files that exist are never forgotten.',
    min: 1,
    max: 36_500,
  }).default(7),
};

const rootSchema = z.object(checkpointRootFields);
export type CheckpointSettings = Readonly<z.output<typeof rootSchema>>;
