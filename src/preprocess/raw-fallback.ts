/** A step that always fails, for settings with which the Java agent sends every record as it came. */
import type { ByteWriter } from './stage/byte-writer.ts';
import { type RecordBytes, type RecordContext, type Stage, type Verdict, verdict } from './stage/stage.ts';

export class RawFallback implements Stage {
  readonly usesPatterns = false;
  readonly name: string;
  readonly #failure: string;

  constructor(name: string, failure: string) {
    this.name = name;
    this.#failure = failure;
  }

  convert(_record: RecordBytes, context: RecordContext, _out: ByteWriter): Verdict {
    context.failure = this.#failure;
    context.failedAtBytes = -1;
    return verdict.raw;
  }
}
