/** Texts that are written for every record, such as the names of fields with what stands around them. */
import { viewOf } from '../stage/byte-writer.ts';

export class FixedTexts {
  /** Length of all texts together. */
  readonly bytes: number;
  /** All texts, each filled up to whole words of four bytes: a name of twelve bytes takes three stores, not twelve. */
  readonly #words: Int32Array;
  /** Index of the first word of text i. It has one more entry than there are texts. */
  readonly #firsts: Int32Array;
  readonly #lengths: Int32Array;

  constructor(texts: readonly string[]) {
    const encoded = texts.map((text) => Buffer.from(text));
    const wordsOf = (text: Buffer) => Math.ceil(text.length / 4);
    const firsts = [0];
    for (const text of encoded) firsts.push((firsts.at(-1) ?? 0) + wordsOf(text));
    const padded = new Uint8Array((firsts.at(-1) ?? 0) * 4);
    encoded.forEach((text, index) => padded.set(text, (firsts[index] as number) * 4));
    const view = viewOf(padded);
    this.#words = Int32Array.from({ length: padded.length / 4 }, (_, index) => view.getInt32(index * 4, true));
    this.#firsts = Int32Array.from(firsts);
    this.#lengths = Int32Array.from(encoded, (text) => text.length);
    this.bytes = encoded.reduce((sum, text) => sum + text.length, 0);
  }

  /** Writes text `index` at `at`, where there is room; returns the place after it. Up to three bytes from that place on are overwritten. */
  copy(index: number, target: DataView, at: number): number {
    const words = this.#words;
    const last = this.#firsts[index + 1] as number;
    for (let i = this.#firsts[index] as number, to = at; i < last; i += 1, to += 4) target.setInt32(to, words[i] as number, true);
    return at + (this.#lengths[index] as number);
  }
}
