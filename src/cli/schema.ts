/** `kinship schema`: the JSON Schema, the example, or the reference of the config. */
import { configExample } from '../config/schema/example.ts';
import { configJsonSchema } from '../config/schema/json-schema.ts';
import { configReference } from '../config/schema/reference.ts';
import { exitCodes } from './usage/exit-codes.ts';
import type { Invocation } from './usage/invocation.ts';
import { usage } from './usage/parse-arguments.ts';

export async function schemaCommand(invocation: Invocation): Promise<number> {
  const { example, reference } = invocation.options;
  if (example === true && reference === true) throw usage('--example and --reference do not go together', 'kinship help schema');
  if (example === true) invocation.stdout.write(configExample());
  else if (reference === true) invocation.stdout.write(configReference());
  else invocation.stdout.write(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
  return exitCodes.done;
}
