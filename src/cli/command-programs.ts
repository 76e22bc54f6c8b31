/** What runs each command. It is loaded when it is called, so that `kinship version` pays for nothing else. */
import type { CommandName } from './usage/command-table.ts';
import type { Command } from './usage/invocation.ts';

const programs: Readonly<Record<CommandName, () => Promise<Command>>> = {
  run: async () => (await import('./run.ts')).runCommand,
  check: async () => (await import('./check.ts')).checkCommand,
  try: async () => (await import('./try.ts')).tryCommand,
  status: async () => (await import('./status.ts')).statusCommand,
  reload: async () => (await import('./reload.ts')).reloadCommand,
  checkpoints: async () => (await import('./checkpoints.ts')).checkpointsCommand,
  schema: async () => (await import('./schema.ts')).schemaCommand,
  demo: async () => (await import('./demo.ts')).demoCommand,
  completion: async () => (await import('./completion.ts')).completionCommand,
  version: async () => (await import('./version.ts')).versionCommand,
  help: async () => (await import('./help.ts')).helpCommand,
};

/** The program of a command. */
export function loadCommand(name: CommandName): Promise<Command> {
  return programs[name]();
}
