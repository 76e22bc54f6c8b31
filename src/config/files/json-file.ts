/**
 * Reads JSON with comments, as the Java agent's agent.json may hold them (RFC 8259; comments as in C), into a located
 * tree. As in the Java agent, but with a warning, the last of two equal keys holds, and what follows the end is ignored.
 * Never throws.
 */
import { type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import type { ConfigIssue } from '../issues/config-issue.ts';
import { beginFile, type FileText } from './file-text.ts';
import type { Located, LocatedEntry, Place } from '../issues/located.ts';
import type { ParsedFile } from './yaml-file.ts';

const DEPTH_MAX = 64;

/** Whether a config with this name is one of the Java agent. */
export function isJsonFile(path: string): boolean {
  return path.toLowerCase().endsWith('.json');
}

const parseMessages = new Map<string, string>([
  ['InvalidSymbol', 'not valid JSON: text must stand in double quotes'],
  ['InvalidNumberFormat', 'not a valid number'],
  ['PropertyNameExpected', 'a key in double quotes is expected here (a comma before } is one too many)'],
  ['ValueExpected', 'a value is expected here (a comma before ] is one too many)'],
  ['ColonExpected', 'a colon is expected here'],
  ['CommaExpected', 'a comma is expected here'],
  ['CloseBraceExpected', 'a closing } is missing'],
  ['CloseBracketExpected', 'a closing ] is missing'],
  ['UnexpectedEndOfComment', 'a comment is not closed: */ is missing'],
  ['UnexpectedEndOfString', 'a text is not closed: " is missing'],
  ['InvalidUnicode', 'not a valid \\u escape'],
  ['InvalidEscapeCharacter', 'not a valid escape: a backslash itself is written \\\\'],
  ['InvalidCharacter', 'a control character: in text it is written as an escape (\\n, \\t, \\u001b)'],
]);

export function parseJson(source: FileText): ParsedFile {
  const { text, place, unreadable } = beginFile(source);
  const warnings: ConfigIssue[] = [];
  if (unreadable !== undefined) return { root: undefined, issues: [unreadable], warnings };
  if (nestsTooDeep(text)) {
    return { root: undefined, issues: [{ ...place(0), message: `more than ${DEPTH_MAX} levels deep` }], warnings };
  }
  if (text.trim() === '') return { root: undefined, issues: [{ ...place(0), message: 'the file is empty' }], warnings };
  const { tree, errors } = parsed(text);
  const [first] = errors;
  const end = tree === undefined ? 0 : tree.offset + tree.length;
  const isWhole = first === undefined || (first.offset >= end && parsed(text.slice(0, end)).errors.length === 0);
  if (tree === undefined || !isWhole) {
    // Only the first error: those after it are its consequences.
    const code = first === undefined ? '' : printParseErrorCode(first.error);
    const message = symbolMessage(code, text.slice(first?.offset)) ?? parseMessages.get(code) ?? 'not valid JSON';
    const isEmpty = tree === undefined && code === 'ValueExpected';
    return { root: undefined, issues: [{ ...place(first?.offset ?? 0), message: isEmpty ? 'the file holds no config' : message }], warnings };
  }
  if (first !== undefined) {
    warnings.push({ ...place(first.offset), message: 'what stands after the end of the config is ignored, as in the Java agent' });
  }
  return { root: toLocated(tree, { text, place, warnings }), issues: [], warnings };
}

/** What to write in the place of something that is no JSON, where that is plain. */
function symbolMessage(code: string, rest: string): string | undefined {
  if (code !== 'InvalidSymbol') return undefined;
  if (rest.startsWith('#')) return 'not valid JSON: a comment begins with //, not with #';
  if (/^[\u201c\u201d\u201e\u2018\u2019]/.test(rest)) return `not valid JSON: ${rest[0]} is no quote that JSON knows: write "`;
  const word = /^(?:true|false|null)\b/i.exec(rest)?.[0].toLowerCase();
  return word === undefined ? undefined : `not valid JSON: write ${word}`;
}

function parsed(text: string): { readonly tree: Node | undefined; readonly errors: readonly ParseError[] } {
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { allowTrailingComma: false, disallowComments: false, allowEmptyContent: false });
  return { tree, errors };
}

interface JsonFile {
  readonly text: string;
  readonly place: (offset: number) => Place;
  readonly warnings: ConfigIssue[];
}

function toLocated(node: Node, file: JsonFile): Located {
  const place = file.place(node.offset);
  if (node.type === 'array') {
    return { kind: 'list', items: (node.children ?? []).map((child) => toLocated(child, file)), place };
  }
  if (node.type === 'object') {
    const entries = new Map<string, LocatedEntry>();
    for (const property of node.children ?? []) {
      const [keyNode, valueNode] = property.children ?? [];
      if (keyNode === undefined || valueNode === undefined) continue;
      const key = String(keyNode.value);
      const keyPlace = file.place(keyNode.offset);
      const before = entries.get(key);
      if (before !== undefined) {
        file.warnings.push({
          ...before.keyPlace,
          message: `"${key}" stands again in line ${keyPlace.line}: that one holds`,
        });
      }
      entries.set(key, { key, keyPlace, value: toLocated(valueNode, file) });
    }
    return { kind: 'map', entries: [...entries.values()], place };
  }
  const value: unknown = node.value;
  if (typeof value === 'number') {
    return { kind: 'scalar', value, place, numberText: file.text.slice(node.offset, node.offset + node.length) };
  }
  if (typeof value === 'string' || typeof value === 'boolean') return { kind: 'scalar', value, place };
  return { kind: 'scalar', value: null, place };
}

/** Counts brackets outside of texts and comments, before the recursive parser sees them. */
function nestsTooDeep(text: string): boolean {
  let depth = 0;
  for (const match of text.matchAll(/"(?:[^"\\\n]|\\.)*"|\/\/.*|\/\*[\s\S]*?\*\/|[[{]|[\]}]/g)) {
    if (match[0] === '[' || match[0] === '{') depth += 1;
    else if (match[0] === ']' || match[0] === '}') depth -= 1;
    if (depth > DEPTH_MAX) return true;
  }
  return false;
}
