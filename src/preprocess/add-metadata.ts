/** ADDMETADATA: `{"ts": now, "metadata": as configured, "data": the record as text}`. */
import type { ByteWriter } from './byte-writer.ts';
import { isoUtc } from './calendar.ts';
import type { JsonFormat } from './config-shared.ts';
import { escapedBytesMax, jsonValue, writeJsonString } from './json-text.ts';
import { type RecordBytes, type RecordContext, type Stage, textEnd, type Verdict, verdict } from './stage.ts';

export class AddMetadata implements Stage {
  readonly name = 'ADDMETADATA';
  readonly writes = true;
  readonly usesPatterns = false;
  readonly #head: Buffer;
  readonly #afterTime: Buffer;
  readonly #end: Buffer;
  readonly #timestamp: boolean;

  constructor(options: { metadata: unknown; timestamp: boolean; jsonFormat: JsonFormat }) {
    const pretty = options.jsonFormat === 'PRETTYPRINT';
    const key = (name: string) => (pretty ? `\n  "${name}" : ` : `"${name}":`);
    const rest = `${key('metadata')}${jsonValue(options.metadata ?? null, pretty, 1)},${key('data')}`;
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
