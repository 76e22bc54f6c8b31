/**
 * Every command and option, once: from this table come parsing, --help, the shell completions and the man page. What runs
 * a command is in command-programs.ts.
 */
import type { CommandOptions } from './invocation.ts';

export type OptionName = keyof CommandOptions | 'help' | 'version';

export interface OptionSpec {
  readonly name: OptionName;
  readonly short?: string;
  /** Other spellings. */
  readonly aliases?: readonly string[];
  /** What stands for the value in help; without it the option is a flag. */
  readonly value?: string;
  /** The only values there are. */
  readonly choices?: readonly string[];
  /** How shells complete the value. */
  readonly completes?: 'file';
  readonly summary: string;
}

/** What can be called. */
export type CommandName = 'run' | 'check' | 'try' | 'status' | 'reload' | 'checkpoints' | 'schema' | 'demo' | 'completion' | 'version' | 'help';

export interface CommandSpec {
  readonly name: CommandName;
  /** What follows the name in the usage line. */
  readonly usage: string;
  readonly summary: string;
  /** Paragraphs. */
  readonly description: readonly string[];
  readonly options: readonly OptionName[];
  /** Words that may follow; completed by shells. */
  readonly words?: readonly string[];
  readonly takesFiles?: boolean;
  readonly examples: readonly (readonly [command: string, what: string])[];
  /** Needs what only a checkout has: left out of everything that is installed. */
  readonly checkoutOnly?: boolean;
}

export const defaultConfigPath = '/etc/kinship/kinship.yaml';
export const javaAgentConfigPath = '/etc/aws-kinesis/agent.json';

export const options: readonly OptionSpec[] = [
  {
    name: 'config',
    short: 'c',
    aliases: ['configuration'],
    value: 'PATH',
    completes: 'file',
    summary: `the config; else ${defaultConfigPath}, else ${javaAgentConfigPath}`,
  },
  {
    name: 'log-level',
    value: 'LEVEL',
    choices: ['trace', 'debug', 'info', 'warn', 'error'],
    summary: 'trace, debug, info, warn or error; over the config’s log.level',
  },
  { name: 'json', summary: 'print JSON' },
  { name: 'flow', value: 'ID', summary: 'the flow' },
  { name: 'file', value: 'PATH', completes: 'file', summary: 'only this file' },
  { name: 'to', value: 'POSITION', choices: ['start', 'end'], summary: 'start, end, or an offset in bytes' },
  { name: 'example', summary: 'print an example config with comments' },
  { name: 'reference', summary: 'print the reference of all keys (Markdown)' },
  { name: 'man', summary: 'print the man page (roff)' },
  { name: 'help', short: 'h', summary: 'print help' },
  { name: 'version', summary: 'print the version' },
];

const everywhere: readonly OptionName[] = ['config', 'log-level'];

export const commands: readonly CommandSpec[] = [
  {
    name: 'run',
    usage: '[-c PATH]',
    summary: 'the agent: follow files and ship them until stopped',
    description: [
      'Prints one JSON line an event on standard output (text on a terminal). SIGTERM or SIGINT: stop reading, send what was read, exit 0; a second one ends the sending at once, and nothing is lost: it is read again at the next start. SIGHUP: read the config again.',
    ],
    options: everywhere,
    examples: [['kinship run -c kinship.yaml', 'ship in the foreground']],
  },
  {
    name: 'check',
    usage: '[-c PATH] [--json]',
    summary: 'validate the config and show what each flow would read',
    description: [
      'Every error at once, as file:line:column: message. Exit code 78 where there is one.',
      'Sends nothing and changes nothing.',
    ],
    options: [...everywhere, 'json'],
    examples: [
      ['kinship check', 'the installed config'],
      ['kinship check -c /etc/aws-kinesis/agent.json', 'what becomes of a config of the Java agent'],
    ],
  },
  {
    name: 'try',
    usage: '[-c PATH] [--flow ID] [FILE…]',
    summary: 'print the records a flow would send; sends nothing',
    description: [
      'Reads the files, or standard input, and prints the records, one a line, on standard output; on standard error what became of the lines: records, drops by reason, the first lines that do not parse, partition keys, Kinesis records.',
    ],
    options: [...everywhere, 'flow'],
    takesFiles: true,
    examples: [
      ['kinship try --flow web /var/log/nginx/access.log', 'a whole file'],
      ['tail -100 app.log | kinship try | head', 'a few lines'],
    ],
  },
  {
    name: 'status',
    usage: '[-c PATH] [--json]',
    summary: 'positions, lag, deliveries and errors of every flow',
    description: [
      'From the running agent; from the checkpoint file when none runs.',
      'Of each flow twenty files, those behind first; of five of them, those that lost something first, what became of every byte since the agent took them up. All of it with --json.',
    ],
    options: [...everywhere, 'json'],
    examples: [['kinship status --json | jq .flows[].lagSeconds', 'for a script']],
  },
  {
    name: 'reload',
    usage: '[-c PATH]',
    summary: 'make the running agent read its config again',
    description: ['The same as SIGHUP, with an answer: a config with errors is refused and the old one stays.'],
    options: everywhere,
    examples: [['kinship reload', 'after an edit']],
  },
  {
    name: 'checkpoints',
    usage: 'list | reset --flow ID [--file PATH] --to POSITION',
    summary: 'show and move positions; only while no agent runs',
    description: [
      'list prints every remembered file. reset moves the position of a flow’s files, or of one file: to start, everything is sent again; to end, nothing that is there now is sent.',
    ],
    options: [...everywhere, 'json', 'flow', 'file', 'to'],
    words: ['list', 'reset'],
    examples: [
      ['kinship checkpoints list', 'what is remembered'],
      ['kinship checkpoints reset --flow web --to end', 'skip what is there'],
    ],
  },
  {
    name: 'schema',
    usage: '[--example | --reference]',
    summary: 'print the config’s JSON Schema, an example, or its reference',
    description: ['The JSON Schema makes editors complete and check kinship.yaml.'],
    options: ['example', 'reference'],
    examples: [['kinship schema --example > kinship.yaml', 'begin a config']],
  },
  {
    name: 'demo',
    usage: '',
    summary: 'see it work: rotating logs into a Kinesis on this machine',
    description: ['Needs no AWS account, takes about ten seconds and leaves nothing behind.'],
    options: ['log-level'],
    examples: [['kinship demo', '']],
    checkoutOnly: true,
  },
  {
    name: 'completion',
    usage: 'bash | zsh',
    summary: 'print completions for a shell',
    description: [],
    options: [],
    words: ['bash', 'zsh'],
    examples: [
      ['kinship completion bash > /etc/bash_completion.d/kinship', 'bash'],
      ['kinship completion zsh > /usr/share/zsh/site-functions/_kinship', 'zsh'],
    ],
  },
  {
    name: 'version',
    usage: '',
    summary: 'print the version',
    description: [],
    options: [],
    examples: [],
  },
  {
    name: 'help',
    usage: '[COMMAND]',
    summary: 'print help',
    description: [],
    options: ['man'],
    examples: [['kinship help --man > kinship.1', 'the man page']],
  },
];

/** What an installed kinship can do. */
export const installedCommands: readonly CommandSpec[] = commands.filter(({ checkoutOnly }) => checkoutOnly !== true);

export function optionNamed(written: string): OptionSpec | undefined {
  return options.find((option) => option.name === written || option.aliases?.includes(written) === true);
}

export function optionLetter(letter: string): OptionSpec | undefined {
  return options.find((option) => option.short === letter);
}

export function commandNamed(name: string): CommandSpec | undefined {
  return commands.find((command) => command.name === name);
}

/** Options of one command, those of every command included. */
export function optionsOf(command: CommandSpec): readonly OptionSpec[] {
  return options.filter((option) => command.options.includes(option.name) || option.name === 'help');
}
