/**
 * argv → command, options, operands. Options may stand before or after the command (`-c PATH`, `--config PATH`,
 * `--config=PATH`); `--` ends them. Whatever is wrong is a `CommandError` with exit code 64 and the nearest right word.
 * Source: POSIX base definitions 12.2 (utility syntax guidelines) and the GNU long options, as node:util reads them.
 */
import { parseArgs } from 'node:util';
import { didYouMean } from '../../config/issues/nearest.ts';
import { CommandError } from '../../core/errors.ts';
import {
  commandNamed,
  commands,
  type CommandSpec,
  optionLetter,
  optionNamed,
  options,
  type OptionSpec,
  optionsOf,
} from './command-table.ts';
import { exitCodes } from './exit-codes.ts';
import type { CommandOptions } from './invocation.ts';

export interface ParsedArguments {
  readonly command: CommandSpec;
  readonly options: CommandOptions;
  readonly positionals: readonly string[];
}

export function parseArguments(argv: readonly string[]): ParsedArguments {
  const given = new Map<OptionSpec, string | true>();
  const operands: string[] = [];
  for (const token of tokensOf(argv)) {
    if (token.kind === 'positional') operands.push(token.value);
    if (token.kind === 'option') {
      const spec = specOf(token.rawName);
      const value = valueOf(spec, token);
      refuseSecond(spec, given.get(spec), value);
      given.set(spec, value);
    }
  }
  const [name, ...positionals] = operands;
  const help = commandNamed('help');
  const asked = [...given.keys()].some((spec) => spec.name === 'help');
  const version = [...given.keys()].some((spec) => spec.name === 'version');
  const fallback = version ? 'version' : 'help';
  const command = commandNamed(name ?? fallback);
  if (command === undefined || help === undefined)
    throw usage(unknownCommand(name ?? ''), isPath(name) ? `to start the agent: kinship run -c ${name}` : 'kinship help lists all commands');
  if (asked && name !== undefined) return { command: help, options: {}, positionals: [name] };
  if (name === undefined && !asked && !version && given.size > 0) {
    throw usage('no command', 'to start the agent: kinship run -c PATH');
  }
  if (!asked && !version) requireKnown(command, given, positionals);
  return { command, options: optionsFrom(given), positionals };
}

function tokensOf(argv: readonly string[]) {
  const declared = Object.fromEntries(
    options.flatMap((option) =>
      [option.name, ...(option.aliases ?? [])].map((name) => [
        name,
        {
          type: option.value === undefined ? ('boolean' as const) : ('string' as const),
          ...(option.short === undefined || name !== option.name ? {} : { short: option.short }),
        },
      ]),
    ),
  );
  return parseArgs({ args: [...argv], options: declared, strict: false, allowPositionals: true, tokens: true }).tokens;
}

function specOf(written: string): OptionSpec {
  const name = written.replace(/^-+/, '');
  const spec = written.startsWith('--') ? optionNamed(name) : optionLetter(name);
  if (spec !== undefined) return spec;
  const known = options.map((option) => `--${option.name}`);
  throw usage(
    `unknown option ${written}${written.startsWith('--') ? didYouMean(written, known) : ''}`,
    'kinship help COMMAND lists the options',
  );
}

function valueOf(
  spec: OptionSpec,
  token: { value?: string | undefined; inlineValue?: boolean | undefined; rawName: string },
): string | true {
  if (spec.value === undefined) {
    if (token.value !== undefined) throw usage(`${token.rawName} takes no value`);
    return true;
  }
  // The Java agent takes -c=PATH, too; node:util leaves the = with the value of a letter.
  const value = token.inlineValue === true && !token.rawName.startsWith('--') ? token.value?.replace(/^=/, '') : token.value;
  const nextOption = token.inlineValue === false && value?.startsWith('-') === true;
  if (value === undefined || value === '' || nextOption)
    throw usage(`${token.rawName} needs a value: ${token.rawName} ${spec.value}`);
  const anyOffset = spec.name === 'to' && /^\d{1,15}$/.test(value);
  if (spec.choices !== undefined && !spec.choices.includes(value) && !anyOffset) {
    const wanted = spec.name === 'to' ? spec.summary : new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(spec.choices);
    throw usage(`${token.rawName} must be ${wanted}, not "${value}"${didYouMean(value, spec.choices)}`);
  }
  return value;
}

/** The same value twice, as from a script and by hand, is one; of two values, one would have no effect. */
function refuseSecond(spec: OptionSpec, first: string | true | undefined, second: string | true): void {
  if (first === undefined || first === second) return;
  const hint = spec.name === 'config' ? 'a config has any number of flows: put all of them into one, or run a kinship for each config' : undefined;
  throw usage(`--${spec.name} is given twice, as ${first} and as ${second}`, hint);
}

function isPath(word: string | undefined): boolean {
  return word !== undefined && /\/|\.(ya?ml|json)$/.test(word);
}

function requireKnown(
  command: CommandSpec,
  given: ReadonlyMap<OptionSpec, unknown>,
  positionals: readonly string[],
): void {
  const allowed = optionsOf(command);
  for (const spec of given.keys()) {
    if (!allowed.includes(spec))
      throw usage(`kinship ${command.name} has no option --${spec.name}`, `kinship help ${command.name}`);
  }
  if (command.takesFiles === true) return;
  const [first, second] = positionals;
  if (command.name === 'help') return;
  if (command.words !== undefined) {
    if (first === undefined || !command.words.includes(first)) {
      const what =
        first === undefined
          ? `kinship ${command.name} needs one of: ${command.words.join(', ')}`
          : `kinship ${command.name} knows no "${first}"${didYouMean(first, command.words)}`;
      throw usage(what, `kinship help ${command.name}`);
    }
    if (second !== undefined) throw usage(`"${second}" is one word too many`, `kinship help ${command.name}`);
  } else if (first !== undefined) {
    const isConfig = command.options.includes('config') && isPath(first);
    const hint = isConfig ? `a config is named with -c: kinship ${command.name} -c ${first}` : `kinship help ${command.name}`;
    throw usage(`kinship ${command.name} takes no "${first}"`, hint);
  }
}

function optionsFrom(given: ReadonlyMap<OptionSpec, string | true>): CommandOptions {
  return Object.fromEntries([...given].map(([spec, value]) => [spec.name, value])) as CommandOptions;
}

function unknownCommand(name: string): string {
  return `unknown command "${name}"${didYouMean(
    name,
    commands.map((command) => command.name),
  )}`;
}

export function usage(message: string, hint?: string): CommandError {
  return new CommandError({ message, exitCode: exitCodes.wrongUsage, ...(hint === undefined ? {} : { hint }) });
}
