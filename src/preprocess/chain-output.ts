/**
 * The batch that a chain gives. Only this class knows in which buffer its records stand: in the input's as long as each of them is
 * one of the input's own, which costs no copy; in the writer's from the first record on that was written anew.
 *
 * Invariants: the batch holds what `add` was given, whatever buffer that stood in; a batch never mixes places of two buffers.
 * Work under a time limit may be ended within `add`, and then begins the record again. So `add` changes its state at its end, after
 * its last call.
 */
import { assert } from '../core/assert.ts';
import { RecordBatch } from '../core/record-batch.ts';
import { ByteWriter } from './stage/byte-writer.ts';
import { lineEnd, type RecordBytes } from './stage/stage.ts';

export class ChainOutput {
  /** The last step, or whoever wraps a line, writes the record in hand here, behind the records before it. */
  readonly writer = new ByteWriter();
  readonly #batch = new RecordBatch();
  readonly #trims: boolean;
  #input = this.#batch;
  /** How many records, counted from the first, stand in the input's buffer. */
  #passed = 0;
  /** Where the record in hand begins in the writer. The records that passed have room there, which `end` fills. */
  #length = 0;

  /** `trims`: the newline at the end of each record is left out. */
  constructor(trims: boolean) {
    this.#trims = trims;
  }

  /** Empties the batch for the records of `input`, with room for all of them: `add` may be ended while it makes room. */
  begin(input: RecordBatch): void {
    this.#input = input;
    this.#batch.reset(input.buffer);
    this.#batch.reserve(input.count);
    this.#passed = 0;
    this.#length = 0;
  }

  /** Takes back what was written of the record in hand; returns where it begins in the writer. */
  restart(): number {
    this.writer.length = this.#length;
    return this.#length;
  }

  /** Adds `record`, which was made of record `index` of the input: bytes of the input, of the writer or of any other buffer. */
  add(record: RecordBytes, index: number): void {
    const { writer } = this;
    const batch = this.#batch;
    const input = this.#input;
    const isInput = record.buffer === input.buffer;
    const passes = isInput && this.#passed === batch.count;
    let end = this.#trims ? lineEnd(record) : record.end;
    let start = record.start;
    if (!isInput && record.buffer === writer.bytes) assert(start === this.#length, 'the record in hand stands behind those before it');
    else if (!passes) {
      writer.length = this.#length;
      writer.append(record.buffer, start, end);
      start = this.#length;
      end = writer.length;
    }
    const length = passes ? this.#length + end - start : writer.length;
    batch.push(start, end, input.sourceStarts[index] as number, input.sourceBytes[index] as number);
    if (passes) this.#passed = batch.count;
    this.#length = length;
  }

  /** The batch, valid until the next one begins. */
  end(): RecordBatch {
    const batch = this.#batch;
    const passed = this.#passed;
    if (passed === batch.count) return batch;
    const { writer } = this;
    writer.length = this.#length;
    // All room at once: a buffer that grew during the copying would keep only the bytes before `length`.
    writer.reserve(0);
    writer.length = 0;
    for (let index = 0; index < passed; index += 1) {
      const start = writer.length;
      writer.append(batch.buffer, batch.starts[index], batch.ends[index]);
      batch.starts[index] = start;
      batch.ends[index] = writer.length;
    }
    batch.buffer = writer.bytes;
    return batch;
  }
}
