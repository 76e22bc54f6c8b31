/**
 * JSON: checks that each record is a JSON object, and may flatten it, pick, drop and rename fields. Values are copied as
 * they stand, so no number loses a digit. Without any of these settings the record passes as it is.
 *
 * Order: pick and drop look at the fields as they came (`user.id`); what stays is flattened, then renamed. What is flattened
 * or renamed has no name twice (json-names.ts).
 */
import { ByteWriter } from '../stage/byte-writer.ts';
import type { ProcessingOptionOf } from '../config.ts';
import { textOf } from '../java/java-text.ts';
import { appendCompact, appendPretty } from '../json/json-layout.ts';
import { JsonMembers } from '../json/json-members.ts';
import { JsonNames } from '../json/json-names.ts';
import { jsonText } from '../json/json-text.ts';
import { type RecordBytes, type RecordContext, type Stage, textEnd, type Verdict, verdict } from '../stage/stage.ts';

const OPEN_BRACE = 0x7b;

export class JsonStep implements Stage {
  readonly name = 'JSON';
  readonly usesPatterns = false;
  readonly #separator: string | undefined;
  readonly #pick: ReadonlySet<string>;
  readonly #pickParents: ReadonlySet<string>;
  readonly #drop: ReadonlySet<string>;
  readonly #rename: ReadonlyMap<string, string>;
  readonly #pretty: boolean;
  /** False: records pass as they are. */
  readonly #writes: boolean;
  /** One for each depth, so that nothing is allocated a record. */
  readonly #levels: JsonMembers[] = [new JsonMembers()];
  readonly #compact = new ByteWriter();
  /** Set where two fields can come to have one name. */
  readonly #names: JsonNames | undefined;

  constructor(option: ProcessingOptionOf<'JSON'>) {
    this.#separator = option.flatten === true ? (option.flattenSeparator ?? '.') : undefined;
    this.#pick = new Set(option.pick);
    this.#pickParents = new Set((option.pick ?? []).flatMap(parentsOf));
    this.#drop = new Set(option.drop);
    this.#rename = new Map(Object.entries(option.rename ?? {}));
    this.#pretty = option.jsonFormat === 'PRETTYPRINT';
    this.#names = this.#rename.size > 0 || this.#separator !== undefined ? new JsonNames() : undefined;
    const changes = this.#pick.size + this.#drop.size + this.#rename.size > 0 || this.#separator !== undefined;
    this.#writes = changes || option.jsonFormat !== undefined;
  }

  convert(record: RecordBytes, context: RecordContext, out: ByteWriter): Verdict {
    if (!this.#level(0).read(record.buffer, record.start, textEnd(record))) {
      context.failure = 'the line is not a JSON object';
      context.failedAtBytes = -1;
      return verdict.unparsable;
    }
    if (!this.#writes) return verdict.unchanged;
    const text = textOf(record);
    const target = this.#pretty ? this.#compact : out;
    const from = this.#pretty ? 0 : out.length;
    if (this.#pretty) this.#compact.length = 0;
    target.appendByte(OPEN_BRACE);
    this.#names?.clear();
    this.#appendMembers(target, text.buffer, text.start, text.end, { depth: 0, path: '', name: '', picked: this.#pick.size === 0 });
    this.#names?.removeLosers(target);
    if (target.length === from + 1) target.appendByte(OPEN_BRACE + 2);
    else target.bytes[target.length - 1] = OPEN_BRACE + 2;
    if (this.#pretty) appendPretty(out, target.bytes, 0, target.length);
    out.appendByte(0x0a);
    return verdict.written;
  }

  #level(depth: number): JsonMembers {
    const known = this.#levels[depth];
    if (known !== undefined) return known;
    const level = new JsonMembers();
    this.#levels[depth] = level;
    return level;
  }

  /** Appends the members that stay, each with a comma after it. */
  #appendMembers(
    out: ByteWriter,
    buffer: Buffer,
    start: number,
    end: number,
    parent: { readonly depth: number; readonly path: string; readonly name: string; readonly picked: boolean },
  ): void {
    const depth = parent.depth + 1;
    const members = this.#level(parent.depth);
    members.read(buffer, start, end);
    for (let index = 0; index < members.count; index += 1) {
      const key = members.key(buffer, index);
      const path = parent.path === '' ? key : `${parent.path}.${key}`;
      const picked = parent.picked || this.#pick.has(path);
      if (this.#drop.has(path) || (!picked && !this.#pickParents.has(path))) continue;
      const valueStart = members.valueStarts[index] as number;
      const valueEnd = members.valueEnds[index] as number;
      const isObject = buffer[valueStart] === OPEN_BRACE;
      if (!picked && !isObject) continue;
      const name = parent.name === '' || this.#separator === undefined ? key : `${parent.name}${this.#separator}${key}`;
      const before = out.length;
      if (isObject && this.#separator !== undefined) {
        this.#appendMembers(out, buffer, valueStart, valueEnd, { depth, path, name, picked });
        // An empty object has no fields to stand for it.
        if (out.length > before || !picked) continue;
      }
      const isTop = parent.depth === 0 || this.#separator !== undefined;
      const newName = isTop ? this.#rename.get(name) : undefined;
      if (isTop) this.#names?.add({ name: newName ?? name, start: before, isRenamed: newName !== undefined });
      out.appendText(`${jsonText(newName ?? name)}:`);
      if (!isObject) appendCompact(out, buffer, valueStart, valueEnd);
      else {
        const opened = out.length;
        out.appendByte(OPEN_BRACE);
        this.#appendMembers(out, buffer, valueStart, valueEnd, { depth, path, name, picked });
        if (out.length === opened + 1) out.appendByte(OPEN_BRACE + 2);
        else out.bytes[out.length - 1] = OPEN_BRACE + 2;
      }
      out.appendByte(0x2c);
    }
  }
}

/** `a.b.c`: `a` and `a.b`. */
function parentsOf(path: string): readonly string[] {
  const parts = path.split('.');
  return parts.slice(1).map((_part, index) => parts.slice(0, index + 1).join('.'));
}
