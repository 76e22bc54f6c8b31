/**
 * `${VAR}` and `${VAR:-default}` in values, as the shell has them (POSIX shell, 2.6.2): the default stands in for a
 * variable that is unset or empty. `$${` is a literal `${`.
 */
export type Expansion =
  { readonly kind: 'expanded'; readonly text: string } | { readonly kind: 'failed'; readonly message: string };

/** How the message begins where a variable is not set. */
export const variableMissing = 'the environment has no variable';

const reference = /\$\$\{|\$\{([^}]*)\}?/g;
const body = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;

export function expand(value: string, env: Readonly<Record<string, string | undefined>>): Expansion {
  if (!value.includes('${')) return { kind: 'expanded', text: value };
  let message: string | undefined;
  const text = value.replaceAll(reference, (whole: string, inner: string | undefined) => {
    if (whole === '$${') return '${';
    const match = whole.endsWith('}') ? body.exec(inner ?? '') : null;
    if (match === null) {
      message ??= `"${whole}" is not a variable: write \${NAME} or \${NAME:-default}, or $\${ for the characters \${ themselves`;
      return whole;
    }
    const name = match[1] ?? '';
    const found = env[name];
    if (found !== undefined && (found !== '' || match[2] === undefined)) return found;
    if (match[2] !== undefined) return match[2];
    message ??= `${variableMissing} ${name}: set it, or write \${${name}:-default}`;
    return whole;
  });
  return message === undefined ? { kind: 'expanded', text } : { kind: 'failed', message };
}
