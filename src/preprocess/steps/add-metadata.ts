/** ADDMETADATA: `{"ts": now, "metadata": as configured, "data": the record as text}`. */
import { skipSpace, skipValue } from '../../core/json-scan.ts';
import { ByteWriter } from '../stage/byte-writer.ts';
import { isoUtc } from '../time/calendar.ts';
import type { ProcessingOptionOf } from '../config.ts';
import type { JsonFormat } from '../config/shared.ts';
import { parseJavaJson, writeJavaJson } from '../java/java-json.ts';
import { appendCompact, appendPretty } from '../json/json-layout.ts';
import { escapedBytesMax, jsonValue, writeJsonString } from '../json/json-text.ts';
import { OptionError } from '../stage/problem.ts';
import { type RecordBytes, type RecordContext, type Stage, textEnd, type Verdict, verdict } from '../stage/stage.ts';

export class AddMetadata implements Stage {
  readonly name = 'ADDMETADATA';
  readonly usesPatterns = false;
  readonly #head: Buffer;
  readonly #afterTime: Buffer;
  readonly #end: Buffer;
  readonly #timestamp: boolean;

  /** `metadata` is JSON, laid out as `metadataText` does. */
  constructor(options: { metadata: string; timestamp: boolean; jsonFormat: JsonFormat }) {
    const pretty = options.jsonFormat === 'PRETTYPRINT';
    const key = (name: string) => (pretty ? `\n  "${name}" : ` : `"${name}":`);
    const rest = `${key('metadata')}${options.metadata},${key('data')}`;
    this.#timestamp = options.timestamp;
    this.#head = Buffer.from(options.timestamp ? `{${key('ts')}"` : `{${rest}`);
    this.#afterTime = Buffer.from(`",${rest}`);
    this.#end = Buffer.from(pretty ? '\n}\n' : '}\n');
  }

  convert(record: RecordBytes, context: RecordContext, out: ByteWriter): Verdict {
    const end = textEnd(record);
    out.append(this.#head);
    if (this.#timestamp) {
      out.appendText(isoUtc(context.wallMs));
      out.append(this.#afterTime);
    }
    out.reserve((end - record.start) * escapedBytesMax + 2);
    writeJsonString(out, record.buffer, record.start, end);
    out.append(this.#end);
    return verdict.written;
  }
}

/**
 * What `option` says about the metadata, as JSON within an object: with `java` in Java's spelling of numbers, else as it
 * stands. Throws an `OptionError` for what is not JSON.
 */
export function metadataText(option: ProcessingOptionOf<'ADDMETADATA'>, java: boolean): string {
  const pretty = option.jsonFormat === 'PRETTYPRINT';
  const { metadata, metadataJson } = option;
  if (metadataJson === undefined) {
    if (!java) return jsonValue(metadata ?? null, pretty, 1);
    return writeJavaJson(parseJavaJson(JSON.stringify(metadata ?? null)) ?? null, pretty, 1);
  }
  if (metadata !== undefined) throw new OptionError(['metadataJson'], 'metadata is set as well: give one of the two');
  const json = Buffer.from(metadataJson);
  const start = skipSpace(json, 0, json.length);
  const end = skipValue(json, start, json.length);
  if (end < 0 || skipSpace(json, end, json.length) < json.length) throw new OptionError(['metadataJson'], 'this is not JSON (RFC 8259)');
  if (java) return writeJavaJson(parseJavaJson(metadataJson) ?? null, pretty, 1);
  const out = new ByteWriter();
  if (pretty) appendPretty(out, json, start, end, 1);
  else appendCompact(out, json, start, end);
  return out.bytes.toString('utf8', 0, out.length);
}
