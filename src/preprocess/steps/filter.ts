/** FILTER and SAMPLE: which records are left out on purpose (counted as `filtered`). Records themselves never change. */
import type { CompiledPattern } from '../../core/pattern/pattern.ts';
import type { ByteWriter } from '../stage/byte-writer.ts';
import { FieldPath } from '../json/json-members.ts';
import { decodeText } from '../json/json-text.ts';
import { lineEnd, type RecordBytes, type RecordContext, type Stage, type Verdict, verdict } from '../stage/stage.ts';

export interface FilterOptions {
  readonly field: string | undefined;
  readonly include: CompiledPattern | undefined;
  readonly exclude: CompiledPattern | undefined;
  /** Values as text: numbers, booleans and null as JSON writes them. */
  readonly in: readonly string[] | undefined;
  readonly notIn: readonly string[] | undefined;
}

export class Filter implements Stage {
  readonly name = 'FILTER';
  readonly usesPatterns: boolean;
  readonly patternText: string | undefined;
  readonly #field: FieldPath | undefined;
  readonly #include: RegExp | undefined;
  readonly #exclude: RegExp | undefined;
  readonly #in: ReadonlySet<string> | undefined;
  readonly #notIn: ReadonlySet<string> | undefined;

  constructor(options: FilterOptions) {
    this.#field = options.field === undefined ? undefined : new FieldPath(options.field);
    this.#include = options.include?.regexp;
    this.#exclude = options.exclude?.regexp;
    this.#in = options.in === undefined ? undefined : new Set(options.in);
    this.#notIn = options.notIn === undefined ? undefined : new Set(options.notIn);
    this.patternText = (options.include ?? options.exclude)?.text;
    this.usesPatterns = options.include !== undefined || options.exclude !== undefined;
  }

  convert(record: RecordBytes, _context: RecordContext, _out: ByteWriter): Verdict {
    const text = this.#text(record);
    if (text === undefined) return this.#include === undefined && this.#in === undefined ? verdict.unchanged : verdict.filtered;
    const kept =
      (this.#include === undefined || isFound(this.#include, text)) &&
      (this.#exclude === undefined || !isFound(this.#exclude, text)) &&
      (this.#in === undefined || this.#in.has(text)) &&
      (this.#notIn === undefined || !this.#notIn.has(text));
    return kept ? verdict.unchanged : verdict.filtered;
  }

  /** The field's value, or the whole record without its newline; `undefined`: there is no such field. */
  #text(record: RecordBytes): string | undefined {
    if (this.#field === undefined) return decodeText(record.buffer, record.start, lineEnd(record));
    return this.#field.find(record) ? this.#field.valueText(record.buffer) : undefined;
  }
}

function isFound(pattern: RegExp, text: string): boolean {
  pattern.lastIndex = 0;
  return pattern.test(text);
}

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
const HASHES = 2 ** 32;

/** SAMPLE: the choice is a function of the field's value, or of the file's path and the record's offset: never chance. */
export class Sample implements Stage {
  readonly name = 'SAMPLE';
  readonly usesPatterns = false;
  readonly #below: number;
  readonly #field: FieldPath | undefined;

  constructor(options: { rate: number; field: string | undefined }) {
    this.#below = options.rate * HASHES;
    this.#field = options.field === undefined ? undefined : new FieldPath(options.field);
  }

  convert(record: RecordBytes, context: RecordContext, _out: ByteWriter): Verdict {
    const text = this.#field?.find(record) === true ? this.#field.valueText(record.buffer) : `${context.path}:${context.offset}`;
    return hashOf(text) < this.#below ? verdict.unchanged : verdict.filtered;
  }
}

/** FNV-1a over UTF-8, its bits mixed as in MurmurHash3's finalizer: 0 … 2³² - 1, the same on every machine. */
function hashOf(text: string): number {
  let hash = FNV_OFFSET;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, FNV_PRIME);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
