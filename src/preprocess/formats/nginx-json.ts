/**
 * JSON access logs of nginx. With `escape=json` they are JSON already; with the default escaping, values hold `\xXX`,
 * and a number without a value is `-` or nothing: these are put right, the rest stays as it is.
 *
 * Source: nginx, ngx_http_log_module, `log_format`.
 */
import { isUtf8 } from 'node:buffer';
import { skipSpace } from '../../core/json-scan.ts';
import { ByteWriter } from '../stage/byte-writer.ts';
import { JsonMembers } from '../json/json-members.ts';
import { escapedBytesMax, writeJsonString } from '../json/json-text.ts';
import { hexValue } from '../fields/server-escapes.ts';
import { lineEnd, type RecordBytes, type RecordContext, type Stage, type Verdict, verdict } from '../stage/stage.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const nullText = Buffer.from('null');

export class NginxJson implements Stage {
  readonly name = 'LOGTOJSON';
  readonly usesPatterns = false;
  readonly #members = new JsonMembers();
  readonly #decoded = new ByteWriter();

  convert(record: RecordBytes, context: RecordContext, out: ByteWriter): Verdict {
    const end = lineEnd(record);
    if (this.#members.read(record.buffer, record.start, end)) return verdict.unchanged;
    const from = out.length;
    this.#repair(out, record.buffer, record.start, end);
    if (this.#members.read(out.bytes, from, out.length)) {
      out.appendByte(0x0a);
      return verdict.written;
    }
    context.failure = 'the line is not a JSON object, nor one but for the escapes of nginx';
    context.failedAtBytes = -1;
    return verdict.unparsable;
  }

  #repair(out: ByteWriter, input: Buffer, start: number, end: number): void {
    let at = start;
    while (at < end) {
      const byte = input[at] as number;
      if (byte === QUOTE) {
        at = this.#repairString(out, input, at, end);
        continue;
      }
      out.appendByte(byte);
      at += 1;
      if (byte !== 0x3a) continue;
      const value = skipSpace(input, at, end);
      const dash = value < end && input[value] === 0x2d ? 1 : 0;
      const next = value + dash < end ? input[value + dash] : 0x7d;
      if (next === 0x2c || next === 0x7d) {
        out.append(nullText);
        at = value + dash;
      }
    }
  }

  /** Copies the string at `start`, its `\xXX` decoded; returns the place after it. */
  #repairString(out: ByteWriter, input: Buffer, start: number, end: number): number {
    const decoded = this.#decoded;
    let close = start + 1;
    let foreign = false;
    while (close < end && input[close] !== QUOTE) {
      if (input[close] === BACKSLASH) {
        if (input[close + 1] === 0x78) foreign = true;
        close += 1;
      }
      close += 1;
    }
    const after = Math.min(close + 1, end);
    if (!foreign) {
      out.append(input, start, after);
      return after;
    }
    decoded.length = 0;
    for (let at = start + 1; at < close; at += 1) {
      const high = input[at] === BACKSLASH && input[at + 1] === 0x78 && at + 3 < close ? hexValue(input[at + 2]) : -1;
      const low = high < 0 ? -1 : hexValue(input[at + 3]);
      decoded.appendByte(low < 0 ? (input[at] as number) : high * 16 + low);
      if (low >= 0) at += 3;
    }
    out.reserve((close - start) * escapedBytesMax + 2);
    // Escapes of bytes that are no text stay as the server wrote them.
    if (isUtf8(decoded.bytes.subarray(0, decoded.length))) writeJsonString(out, decoded.bytes, 0, decoded.length);
    else writeJsonString(out, input, start + 1, close);
    return after;
  }
}
