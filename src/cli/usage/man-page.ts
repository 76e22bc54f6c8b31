/** kinship(1), from the command table. Source: groff_man(7). */
import { installedCommands as commands, type OptionSpec, options } from './command-table.ts';
import { optionUsage } from './help-text.ts';

const exitStatus: readonly (readonly [code: number, what: string])[] = [
  [0, 'Done.'],
  [1, 'It ran and failed.'],
  [64, 'Wrong usage.'],
  [69, 'A service it needs is not there.'],
  [73, 'A file cannot be written.'],
  [77, 'No permission.'],
  [78, 'The config has errors.'],
];

const files: readonly (readonly [path: string, what: string])[] = [
  ['/etc/kinship/kinship.yaml', 'The config.'],
  ['/etc/kinship/conf.d/*.yaml', 'More flows of kinship.yaml, in the order of their names.'],
  ['/etc/aws-kinesis/agent.json', 'A config of the Java agent, read where the first is missing.'],
  ['/etc/kinship/environment', 'Variables of the service, and of the other commands where they work on its config.'],
  ['/var/lib/kinship/', 'Positions.'],
  ['/run/kinship/control.sock', 'Where status and reload reach the running agent.'],
];

export function manPage(version: string): string {
  const lines = [
    `.TH KINSHIP 1 "" "kinship ${version}" "User Commands"`,
    '.SH NAME',
    'kinship \\- ships log files to Amazon Kinesis',
    '.SH SYNOPSIS',
    '.B kinship',
    '.I COMMAND',
    '[\\fIOPTION\\fR…]',
    '.SH DESCRIPTION',
    'Follows log files and ships their lines to Amazon Kinesis Data Streams or Amazon Data Firehose.',
    'The position of a file moves only when its bytes were accepted.',
    '.SH COMMANDS',
  ];
  for (const command of commands) {
    lines.push('.TP', `\\fBkinship ${escape(command.name)}\\fR ${escape(command.usage)}`.trimEnd());
    lines.push(escape(`${command.summary[0]?.toUpperCase()}${command.summary.slice(1)}.`));
    for (const paragraph of command.description) lines.push('.IP', escape(paragraph));
  }
  lines.push('.SH OPTIONS');
  for (const option of options) lines.push('.TP', `\\fB${escape(optionUsage(option))}\\fR`, escape(`${option.summary}${ownersText(option)}.`));
  lines.push('.SH EXIT STATUS');
  for (const [code, what] of exitStatus) lines.push('.TP', `\\fB${code}\\fR`, escape(what));
  lines.push('.SH FILES');
  for (const [path, what] of files) lines.push('.TP', `.I ${escape(path)}`, escape(what));
  lines.push('.SH EXAMPLES');
  for (const [example, what] of commands.flatMap((command) => command.examples)) {
    lines.push('.TP', escape(what), `.B ${escape(example)}`);
  }
  return `${lines.join('\n')}\n`;
}

/** Names the commands that have the option, where not all have it. */
function ownersText({ name }: OptionSpec): string {
  const owners = commands.filter((command) => command.options.includes(name)).map((command) => command.name);
  return name === 'config' || name === 'log-level' || owners.length === 0 ? '' : ` (${owners.join(', ')})`;
}

/** Escapes backslashes, hyphens that people type, and a control character at the beginning of a line. */
function escape(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/, '\\&$1');
}
