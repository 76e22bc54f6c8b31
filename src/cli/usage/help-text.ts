/** --help, from the command table: the overview fits a screen of 24 × 80, each command has examples. */
import { type CommandSpec, type OptionSpec, optionsOf, options } from './command-table.ts';

const WIDTH = 79;

/** The overview of the commands `shown`. */
export function overviewText(shown: readonly CommandSpec[]): string {
  const width = Math.max(...shown.map((command) => command.name.length));
  return [
    'kinship ships log files to Amazon Kinesis.',
    '',
    'Usage: kinship COMMAND [OPTION…]',
    '',
    ...shown.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`),
    '',
    ...options.filter((option) => option.name === 'config').flatMap(optionLines),
    '',
    'kinship help COMMAND tells more, with examples.',
    '',
  ].join('\n');
}

export function commandText(command: CommandSpec): string {
  const lines = [`Usage: kinship ${command.name} ${command.usage}`.trimEnd(), ''];
  for (const paragraph of [
    `${command.summary[0]?.toUpperCase()}${command.summary.slice(1)}.`,
    ...command.description,
  ]) {
    lines.push(...wrap(paragraph, WIDTH), '');
  }
  lines.push('Options:', ...optionsOf(command).flatMap(optionLines), '');
  if (command.examples.length > 0) {
    lines.push('Examples:');
    for (const [example, what] of command.examples) lines.push(...exampleLines(example, what));
    lines.push('');
  }
  return lines.join('\n');
}

function exampleLines(example: string, what: string): string[] {
  if (what === '') return [`  ${example}`];
  const line = `  ${example}   # ${what}`;
  return line.length <= WIDTH ? [line] : [`  # ${what}:`, `  ${example}`];
}

/** `-c, --config PATH`. */
export function optionUsage(option: OptionSpec): string {
  const short = option.short === undefined ? '' : `-${option.short}, `;
  return `${short}--${option.name}${option.value === undefined ? '' : ` ${option.value}`}`;
}

function optionLines(option: OptionSpec): string[] {
  const [first = '', ...rest] = wrap(option.summary, WIDTH - 24);
  return [`  ${optionUsage(option).padEnd(21)} ${first}`, ...rest.map((line) => ' '.repeat(24) + line)];
}

/** Lines of at most `width` characters, broken between words. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
