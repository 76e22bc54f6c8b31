/**
 * A config file as a tree in which every key and value knows its place, so that whatever is found wrong later can be
 * pointed at. Both file formats become this; nothing else of them is passed on.
 */
export interface Place {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in characters. */
  readonly column: number;
}

export type Scalar = string | number | boolean | null;

export type Located =
  | {
      readonly kind: 'scalar';
      readonly value: Scalar;
      readonly place: Place;
      /** A number as it is written in the file, where that is more than its value (1.0, or 20 digits). */
      readonly numberText?: string;
      /** Whether a part of the value came from the environment and does not stand in the file. */
      readonly expanded?: boolean;
      /** Whether a fault at this place was reported already: nothing more is said about it. */
      readonly faulty?: boolean;
    }
  | { readonly kind: 'list'; readonly items: readonly Located[]; readonly place: Place }
  | { readonly kind: 'map'; readonly entries: readonly LocatedEntry[]; readonly place: Place };

export type LocatedMap = Extract<Located, { kind: 'map' }>;

export interface LocatedEntry {
  readonly key: string;
  readonly keyPlace: Place;
  readonly value: Located;
}

export type Path = readonly (string | number)[];

/** The plain value. Its objects have no prototype, so that a key such as `__proto__` is a key like others. */
export function toPlain(located: Located): unknown {
  switch (located.kind) {
    case 'scalar':
      return located.value;
    case 'list':
      return located.items.map(toPlain);
    case 'map': {
      const plain: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
      for (const entry of located.entries) plain[entry.key] = toPlain(entry.value);
      return plain;
    }
  }
}

export function entryOf(located: Located | undefined, key: string): LocatedEntry | undefined {
  return located?.kind === 'map' ? located.entries.find((entry) => entry.key === key) : undefined;
}

/** The node at `path`, or undefined where the file has none. */
export function nodeAt(root: Located, path: Path): Located | undefined {
  let node: Located | undefined = root;
  for (const part of path) {
    if (node?.kind === 'list' && typeof part === 'number') node = node.items[part];
    else node = entryOf(node, String(part))?.value;
    if (node === undefined) return undefined;
  }
  return node;
}

/** Where the value at `path` stands, or the nearest thing around it. */
export function placeOf(root: Located, path: Path): Place {
  for (let length = path.length; length > 0; length -= 1) {
    const node = nodeAt(root, path.slice(0, length));
    if (node !== undefined) return node.place;
  }
  return root.place;
}

/** Where the key at the end of `path` stands, or the nearest thing around it. */
export function keyPlaceOf(root: Located, path: Path): Place {
  const parent = nodeAt(root, path.slice(0, -1));
  return entryOf(parent, String(path.at(-1)))?.keyPlace ?? placeOf(root, path);
}

/** `flows[0].aggregation.format`, as messages name a path. */
export function pathText(path: Path): string {
  let out = '';
  for (const part of path) {
    if (typeof part === 'number') out += `[${part}]`;
    else out += out === '' ? part : `.${part}`;
  }
  return out;
}

/** Line and column of offsets in one text. */
export class LineIndex {
  readonly #starts: number[] = [0];

  constructor(text: string) {
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#starts.push(at + 1);
  }

  place(file: string, offset: number): Place {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { file, line: low + 1, column: offset - (this.#starts[low] ?? 0) + 1 };
  }
}
