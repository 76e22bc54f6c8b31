/**
 * Reads a file of variables as systemd reads it for the service, so that a command sees what the agent sees. Never throws: like
 * systemd, it passes over what is no assignment. Source: systemd.exec(5), EnvironmentFile=; systemd's src/basic/env-file.c.
 */

/** `#`, `;`, empty lines and lines without `=` match nothing here. A value may go on over lines, in quotes or after a backslash. */
const assignment = /^[ \t\r]*([A-Za-z_][A-Za-z0-9_]*)[ \t]*=((?:[ \t\r]*(?:'[^']*'|"(?:\\[^]|[^"\\])*"))*)((?:\\[^]|[^\\\n])*)/gm;
const quoted = /'([^']*)'|"((?:\\[^]|[^"\\])*)"/g;

export function readEnvironmentFile(text: string): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  for (const [, name = '', quotes = '', rest = ''] of text.matchAll(assignment)) {
    variables.set(name, unquoted(quotes) + plain(rest));
  }
  return variables;
}

/** The rules of the shell: within ' nothing is special, within " a backslash is special before these characters only. */
function unquoted(text: string): string {
  const parts = [...text.matchAll(quoted)];
  return parts.map(([, single, double = '']) => single ?? double.replaceAll(/\\([\n"\\`$])/g, (_, char: string) => (char === '\n' ? '' : char))).join('');
}

/** Removes the white space around `text`. A backslash keeps the character after it; at the end of a line it joins the lines. */
function plain(text: string): string {
  const trimmed = text.replace(/^[ \t\r]+/, '').replace(/((?:^|[^\\])(?:\\\\)*(?:\\[ \t\r])?)[ \t\r]+$/, '$1');
  return trimmed.replaceAll(/\\([^])/g, (_, char: string) => (char === '\n' ? '' : char));
}
