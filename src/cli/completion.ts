/** `kinship completion bash|zsh`, from the command table. Sources: bash(1) Programmable Completion; zshcompsys(1). */
import { installedCommands as commands, type CommandSpec, type OptionSpec, optionsOf } from './usage/command-table.ts';
import { exitCodes } from './usage/exit-codes.ts';
import type { Invocation } from './usage/invocation.ts';

export async function completionCommand(invocation: Invocation): Promise<number> {
  invocation.stdout.write(invocation.positionals[0] === 'zsh' ? zshCompletion() : bashCompletion());
  return exitCodes.done;
}

export function bashCompletion(): string {
  const cases = commands.map(
    (command) =>
      `    ${command.name}) words="${[...(command.words ?? wordsOf(command)), ...optionsOf(command).map((option) => `--${option.name}`)].join(' ')}" ;;`,
  );
  const values = uniqueOptions().flatMap((option) => {
    if (option.choices !== undefined)
      return [`    --${option.name}) COMPREPLY=($(compgen -W "${option.choices.join(' ')}" -- "$current")); return ;;`];
    if (option.completes !== 'file') return [];
    const spellings = [
      `--${option.name}`,
      ...(option.aliases ?? []).map((alias) => `--${alias}`),
      ...(option.short === undefined ? [] : [`-${option.short}`]),
    ];
    return [`    ${spellings.join('|')}) COMPREPLY=($(compgen -f -- "$current")); return ;;`];
  });
  return `# bash completion for kinship
_kinship() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command="" word words
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in ${commands.map((command) => command.name).join('|')}) command="$word"; break ;; esac
  done
  case "$previous" in
${values.join('\n')}
  esac
  case "$command" in
    "") words="${commands.map((command) => command.name).join(' ')}" ;;
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [ "$command" = try ] && [ "\${current#-}" = "$current" ]; then COMPREPLY+=($(compgen -f -- "$current")); fi
}
complete -o filenames -F _kinship kinship
`;
}

export function zshCompletion(): string {
  const summaries = commands.map((command) => `    '${command.name}:${quoted(command.summary)}'`);
  const cases = commands.map((command) => {
    const specs = optionsOf(command).map(zshOption);
    if (command.words !== undefined) specs.push(`'1:what:(${command.words.join(' ')})'`);
    if (command.name === 'help') specs.push(`'1:command:(${commands.map((other) => other.name).join(' ')})'`);
    if (command.takesFiles === true) specs.push("'*:file:_files'");
    return `      ${command.name}) _arguments ${specs.join(' ')} ;;`;
  });
  return `#compdef kinship
_kinship() {
  local line state
  local -a commands=(
${summaries.join('\n')}
  )
  _arguments -C '1: :->command' '*:: :->rest'
  case $state in
    command) _describe command commands ;;
    rest)
      case $line[1] in
${cases.join('\n')}
      esac ;;
  esac
}
_kinship "$@"
`;
}

function wordsOf(command: CommandSpec): readonly string[] {
  return command.name === 'help' ? commands.map((other) => other.name) : [];
}

function uniqueOptions(): readonly OptionSpec[] {
  return [...new Set(commands.flatMap((command) => optionsOf(command)))];
}

function zshOption(option: OptionSpec): string {
  const summary = `[${quoted(option.summary)}]`;
  const value = option.choices === undefined ? ':value:' : `:value:(${option.choices.join(' ')})`;
  const action = option.value === undefined ? '' : option.completes === 'file' ? ':file:_files' : value;
  if (option.short === undefined) return `'--${option.name}${summary}${action}'`;
  return `'(-${option.short} --${option.name})'{-${option.short},--${option.name}}'${summary}${action}'`;
}

/** Escapes `text` for single quotes, and for the [ ] and : of _arguments. */
function quoted(text: string): string {
  return text.replaceAll("'", '’').replaceAll(/[[\]:]/g, '\\$&');
}
