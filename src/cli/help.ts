/** `kinship help`: the overview, one command, or the man page. */
import { isSea } from 'node:sea';
import { didYouMean } from '../config/issues/nearest.ts';
import { commandNamed, commands, installedCommands } from './usage/command-table.ts';
import { exitCodes } from './usage/exit-codes.ts';
import { commandText, overviewText } from './usage/help-text.ts';
import type { Invocation } from './usage/invocation.ts';
import { manPage } from './usage/man-page.ts';
import { usage } from './usage/parse-arguments.ts';

export async function helpCommand(invocation: Invocation): Promise<number> {
  const [name] = invocation.positionals;
  if (invocation.options.man === true) {
    invocation.stdout.write(manPage(invocation.version));
  } else if (name === undefined) {
    invocation.stdout.write(overviewText(isSea() ? installedCommands : commands));
  } else {
    const command = commandNamed(name);
    const names = commands.map((candidate) => candidate.name);
    if (command === undefined)
      throw usage(`unknown command "${name}"${didYouMean(name, names)}`, 'kinship help lists all commands');
    invocation.stdout.write(commandText(command));
  }
  return exitCodes.done;
}
