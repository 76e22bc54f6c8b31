/**
 * ADDFIELDS: adds constants, and what is known of the line and the machine, at the end of a JSON object. A record that is no
 * JSON object becomes one, with its text in `messageField`. The record's own text is copied as it stands.
 */
import { ByteWriter } from '../stage/byte-writer.ts';
import { isoUtc } from '../time/calendar.ts';
import type { ProcessingOptionOf } from '../config.ts';
import type { PreprocessEnvironment } from '../stage/environment.ts';
import { JsonMembers } from '../json/json-members.ts';
import { escapedBytesMax, jsonText, jsonValue, writeJsonString } from '../json/json-text.ts';
import { lineEnd, type RecordBytes, type RecordContext, type Stage, type Verdict, verdict } from '../stage/stage.ts';

const METADATA_TTL_SECONDS = 3600;

interface Addition {
  readonly key: Buffer;
  /** `"key":` */
  readonly prefix: string;
  /** The value in JSON; `undefined`: not known, the field is left out. */
  readonly value: (context: RecordContext) => string | undefined;
}

export class AddFields implements Stage {
  readonly name = 'ADDFIELDS';
  readonly usesPatterns = false;
  readonly #additions: readonly Addition[];
  readonly #overwrites: boolean;
  readonly #messagePrefix: Buffer;
  readonly #members = new JsonMembers();
  /** The record as an object, where it was none. */
  readonly #wrapped = new ByteWriter();

  constructor(option: ProcessingOptionOf<'ADDFIELDS'>, environment: PreprocessEnvironment) {
    this.#additions = additionsOf(option, environment);
    this.#overwrites = option.overwrite ?? true;
    this.#messagePrefix = Buffer.from(`{${jsonText(option.messageField ?? 'message')}:`);
  }

  convert(record: RecordBytes, context: RecordContext, out: ByteWriter): Verdict {
    let { buffer, start, end } = record;
    if (!this.#members.read(buffer, start, end)) {
      this.#wrap(record);
      buffer = this.#wrapped.bytes;
      start = 0;
      end = this.#wrapped.length;
      this.#members.read(buffer, start, end);
    }
    const members = this.#members;
    const added = this.#additions.map((addition) => this.#added(addition, buffer, context));
    const replaced = this.#overwrites && added.some((text, i) => text !== undefined && this.#has(buffer, i));
    const from = out.length;
    if (replaced) this.#appendOthers(out, buffer, added);
    else out.append(buffer, start, members.end);
    let first = replaced ? out.length === from + 1 : members.count === 0;
    for (const text of added) {
      if (text === undefined) continue;
      out.appendText(first ? text : `,${text}`);
      first = false;
    }
    out.appendText('}\n');
    return verdict.written;
  }

  #has(buffer: Buffer, index: number): boolean {
    return this.#members.find(buffer, (this.#additions[index] as Addition).key) >= 0;
  }

  #added(addition: Addition, buffer: Buffer, context: RecordContext): string | undefined {
    if (!this.#overwrites && this.#members.find(buffer, addition.key) >= 0) return undefined;
    const value = addition.value(context);
    return value === undefined ? undefined : addition.prefix + value;
  }

  /** Appends the object without the members that are replaced, and without its closing brace. */
  #appendOthers(out: ByteWriter, buffer: Buffer, added: readonly (string | undefined)[]): void {
    const members = this.#members;
    out.appendByte(0x7b);
    let first = true;
    for (let index = 0; index < members.count; index += 1) {
      if (this.#additions.some((addition, i) => added[i] !== undefined && members.keyIs(buffer, index, addition.key))) continue;
      if (!first) out.appendByte(0x2c);
      first = false;
      out.append(buffer, (members.keyStarts[index] as number) - 1, members.valueEnds[index]);
    }
  }

  #wrap(record: RecordBytes): void {
    const wrapped = this.#wrapped;
    const end = lineEnd(record);
    wrapped.length = 0;
    wrapped.append(this.#messagePrefix);
    wrapped.reserve((end - record.start) * escapedBytesMax + 3);
    writeJsonString(wrapped, record.buffer, record.start, end);
    wrapped.appendByte(0x7d);
  }
}

function additionsOf(option: ProcessingOptionOf<'ADDFIELDS'>, environment: PreprocessEnvironment): readonly Addition[] {
  const { instanceMetadata } = environment;
  const additions = new Map<string, Addition['value']>();
  for (const [name, value] of Object.entries(option.fields ?? {})) {
    const json = jsonValue(value, false);
    additions.set(name, () => json);
  }
  const host = jsonText(environment.hostName);
  const known: readonly (readonly [string | undefined, Addition['value']])[] = [
    [option.host, () => host],
    [option.file, remembered((context) => context.path, jsonText)],
    [option.offset, (context) => String(context.offset)],
    [option.time, remembered((context) => context.wallMs, (wallMs) => `"${isoUtc(wallMs)}"`)],
    [option.ec2, () => factsJson(instanceMetadata.ec2(METADATA_TTL_SECONDS))],
    [option.ecs, () => factsJson(instanceMetadata.ecs(METADATA_TTL_SECONDS))],
  ];
  for (const [name, value] of known) if (name !== undefined) additions.set(name, value);
  return Array.from(additions, ([name, value]) => ({ key: Buffer.from(name), prefix: `${jsonText(name)}:`, value }));
}

/** Writes what `read` finds. `write` is called only when that has changed: it is the same for all records of a batch. */
function remembered<Value>(read: (context: RecordContext) => Value, write: (value: Value) => string): Addition['value'] {
  let last: { readonly value: Value; readonly text: string } | undefined;
  return (context) => {
    const value = read(context);
    if (last === undefined || last.value !== value) last = { value, text: write(value) };
    return last.text;
  };
}

/** Facts of the machine in JSON, without the time of asking. */
function factsJson(facts: object | undefined): string | undefined {
  if (facts === undefined) return undefined;
  return jsonValue(Object.fromEntries(Object.entries(facts).filter(([key]) => key !== 'wallMs')), false);
}
