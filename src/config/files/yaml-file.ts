/**
 * Reads YAML 1.2 (core schema, anchors, aliases, merge keys) into a located tree. Variables of the environment are expanded to
 * texts; variable-scalars.ts gives these their types. Never throws: every fault is an issue with a place.
 */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  parseDocument,
  type Scalar,
  visit,
  type YAMLMap,
  type YAMLParseError,
  type YAMLWarning,
} from 'yaml';
import type { ConfigIssue } from '../issues/config-issue.ts';
import { expand } from './expand.ts';
import { beginFile, type FileText } from './file-text.ts';
import type { Located, LocatedEntry, Place } from '../issues/located.ts';

/** Nodes of one file, aliases followed: bounds what a few nested anchors can grow to. */
const NODES_MAX = 100_000;
const DEPTH_MAX = 64;

export interface ParsedFile {
  /** Undefined where the text could not be read as a whole. */
  readonly root: Located | undefined;
  readonly issues: readonly ConfigIssue[];
  readonly warnings: readonly ConfigIssue[];
}

interface YamlText extends FileText {
  readonly env: Readonly<Record<string, string | undefined>>;
}

export function parseYaml(source: YamlText): ParsedFile {
  const { text, place, unreadable } = beginFile(source);
  if (unreadable !== undefined) return { root: undefined, issues: [unreadable], warnings: [] };
  const document = parseDocument(text, { prettyErrors: false, merge: true, logLevel: 'error' });
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) return { root: undefined, issues: syntaxIssues(faults, { document, text, place }), warnings: [] };
  const reader = new YamlReader(document, place, source.env);
  const empty: Located = { kind: 'map', entries: [], place: place(0) };
  const root = document.contents === null ? empty : reader.read(document.contents, 0);
  return { root, issues: reader.issues, warnings: [] };
}

class YamlReader {
  readonly issues: ConfigIssue[] = [];
  readonly #document: Document;
  readonly #place: (offset: number) => Place;
  readonly #env: Readonly<Record<string, string | undefined>>;
  #nodes = 0;

  constructor(document: Document, place: (offset: number) => Place, env: Readonly<Record<string, string | undefined>>) {
    this.#document = document;
    this.#place = place;
    this.#env = env;
  }

  read(node: Node, depth: number): Located {
    const place = this.#place(node.range?.[0] ?? 0);
    this.#nodes += 1;
    if (this.#nodes > NODES_MAX || depth > DEPTH_MAX) {
      const limit = depth > DEPTH_MAX ? `${DEPTH_MAX} levels deep` : `${NODES_MAX} values`;
      if (this.#nodes <= NODES_MAX + 1)
        this.issues.push({ ...place, message: `the config is too large: at most ${limit}` });
      this.#nodes = Math.max(this.#nodes, NODES_MAX + 1);
      return { kind: 'scalar', value: null, place, faulty: true };
    }
    if (isAlias(node)) {
      const target = node.resolve(this.#document);
      if (target === undefined)
        return this.#fail(place, `there is no anchor &${node.source}: quote text that begins with *`);
      return this.read(target, depth + 1);
    }
    if (isScalar(node)) return this.#scalar(node, place);
    if (isSeq(node)) {
      return { kind: 'list', items: node.items.filter(isNode).map((item) => this.read(item, depth + 1)), place };
    }
    return { kind: 'map', entries: this.#entries(node, depth), place };
  }

  #entries(map: YAMLMap, depth: number): LocatedEntry[] {
    const own: LocatedEntry[] = [];
    const merged: LocatedEntry[] = [];
    for (const pair of map.items) {
      const keyNode = pair.key;
      if (!isScalar(keyNode) || keyNode.value === null) {
        this.#fail(
          this.#place(isNode(keyNode) ? (keyNode.range?.[0] ?? 0) : (map.range?.[0] ?? 0)),
          'a key must be text',
        );
        continue;
      }
      const keyPlace = this.#place(keyNode.range?.[0] ?? 0);
      const value = isNode(pair.value)
        ? this.read(pair.value, depth + 1)
        : { kind: 'scalar' as const, value: null, place: keyPlace };
      if (keyNode.value === '<<' || typeof keyNode.value === 'symbol') {
        for (const source of value.kind === 'list' ? value.items : [value]) {
          if (source.kind === 'map') merged.push(...source.entries);
          else this.#fail(keyPlace, '<< takes a section, or a list of sections');
        }
      } else {
        own.push({ key: String(keyNode.value), keyPlace, value });
      }
    }
    const keys = new Set(own.map((entry) => entry.key));
    for (const entry of merged) {
      if (keys.has(entry.key)) continue;
      keys.add(entry.key);
      own.push(entry);
    }
    return own;
  }

  #scalar(node: Scalar, place: Place): Located {
    const { value } = node;
    if (typeof value === 'number' || typeof value === 'boolean' || value === null)
      return { kind: 'scalar', value, place };
    if (typeof value !== 'string') return { kind: 'scalar', value: String(value), place };
    const expansion = expand(value, this.#env);
    if (expansion.kind === 'failed') return this.#fail(place, expansion.message);
    return { kind: 'scalar', value: expansion.text, place, expanded: expansion.text !== value };
  }

  /** The place keeps a value, so that its key is not called missing beside the real fault. */
  #fail(place: Place, message: string): Located {
    this.issues.push({ ...place, message });
    return { kind: 'scalar', value: null, place, faulty: true };
  }
}

function isNode(value: unknown): value is Node {
  return isScalar(value) || isMap(value) || isSeq(value) || isAlias(value);
}

/** Faults that leave the rest of the text readable. All others cause further faults, which are not shown. */
const harmless = new Set(['DUPLICATE_KEY', 'TAG_RESOLVE_FAILED', 'BAD_DQ_ESCAPE']);

function syntaxIssues(
  faults: readonly (YAMLParseError | YAMLWarning)[],
  { document, text, place }: { document: Document; text: string; place: (offset: number) => Place },
): ConfigIssue[] {
  const first = faults.find((fault) => !harmless.has(fault.code));
  const shown = faults.filter(
    (fault) => fault === first || (harmless.has(fault.code) && (first === undefined || fault.pos[0] < first.pos[0])),
  );
  return shown.map((fault) => {
    const [end] = fault.pos;
    const start = (fault.code === 'MISSING_CHAR' ? openedAt(document, end) : undefined) ?? end;
    const message =
      text.slice(start - 1, start + 1) === '${'
        ? '${…} must stand in quotes within { } and [ ]'
        : yamlMessage(fault.code, fault.message);
    return { ...place(Math.min(start, text.length)), message };
  });
}

/** Where the quoted text begins that is not closed and so goes on to `end`. */
function openedAt(document: Document, end: number): number | undefined {
  let start: number | undefined;
  visit(document, {
    Scalar: (_key, { type, range }) => {
      if ((type === 'QUOTE_DOUBLE' || type === 'QUOTE_SINGLE') && range?.[1] === end) [start] = range;
    },
  });
  return start;
}

function yamlMessage(code: string, message: string): string {
  switch (code) {
    case 'DUPLICATE_KEY':
      return 'this key stands twice in the same section';
    case 'MULTIPLE_DOCS':
      return 'a config is one YAML document: remove everything from this --- on';
    case 'TAB_AS_INDENT':
      return 'YAML is indented with spaces, not with tabs';
    case 'TAG_RESOLVE_FAILED':
      return 'tags (!name) mean nothing here: quote the text, or remove the tag';
    case 'BAD_SCALAR_START':
      return `${message.at(-1) === '`' ? 'text that begins with `' : 'text that begins with this character'} must stand in quotes`;
    case 'BAD_DQ_ESCAPE':
      return `${message}: write patterns in single quotes, where a backslash is itself`;
    case 'MULTILINE_IMPLICIT_KEY':
      return 'not valid YAML: a key and its value are written "key: value", on one line';
    case 'MISSING_CHAR':
      return message.includes('quote')
        ? 'not valid YAML: the quote that is opened here is not closed'
        : `not valid YAML: ${message}`;
    default:
      // The parser's own words for text that nests too deep for it.
      return message.includes('call stack') ? `more than ${DEPTH_MAX} levels deep` : `not valid YAML: ${message}`;
  }
}
