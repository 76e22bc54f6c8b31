/** ADDBRACKETS: `{`, the record with its newline, `}`. */
import type { ByteWriter } from '../stage/byte-writer.ts';
import { textOf } from '../java/java-text.ts';
import { type RecordBytes, type RecordContext, type Stage, type Verdict, verdict } from '../stage/stage.ts';

export class AddBrackets implements Stage {
  readonly name = 'ADDBRACKETS';
  readonly usesPatterns = false;
  readonly #decodes: boolean;

  /** `decodes`: what is not UTF-8 becomes U+FFFD, as in the Java agent. */
  constructor(decodes: boolean) {
    this.#decodes = decodes;
  }

  convert(record: RecordBytes, _context: RecordContext, out: ByteWriter): Verdict {
    const { buffer, start, end } = this.#decodes ? textOf(record) : record;
    out.appendByte(0x7b);
    out.append(buffer, start, end);
    out.appendByte(0x7d);
    return verdict.written;
  }
}
