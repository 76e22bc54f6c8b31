/**
 * The bytes of one file between two truncations, kept for ever: the oracle compares deliveries with them.
 *
 * A content only grows. When the file is cut, it gets a new `Content`, and the old one keeps the time of the cut. Lines are
 * found as the bytes arrive, each with the time of its first and of its last byte.
 */
export class ContentLine {
  readonly content: Content;
  /** Number of the line in its content, from 0. */
  readonly index: number;
  readonly start: number;
  /** After the newline. */
  readonly end: number;
  readonly firstByteMs: number;
  readonly completedMs: number;
  #text: string | undefined;

  constructor(content: Content, index: number, found: { start: number; end: number; firstByteMs: number; completedMs: number }) {
    this.content = content;
    this.index = index;
    this.start = found.start;
    this.end = found.end;
    this.firstByteMs = found.firstByteMs;
    this.completedMs = found.completedMs;
  }

  /** The line as records carry it. */
  get text(): string {
    this.#text ??= this.content.recordText(this.start, this.end);
    return this.#text;
  }
}

const decoders = { little: new TextDecoder('utf-16le', { ignoreBOM: true }), big: new TextDecoder('utf-16be', { ignoreBOM: true }) };
const MARK = '\xef\xbb\xbf';

export class Content {
  readonly bornMs: number;
  firstByteMs: number | undefined;
  bytes: Buffer = Buffer.alloc(512);
  lengthBytes = 0;
  /** Complete lines. A sparse head's NULs belong to no line. */
  readonly lines: ContentLine[] = [];
  #lineStart = 0;
  #lineFirstByteMs = 0;
  #wholeText = '';
  /** How many bytes of the content `#wholeText` stands for. */
  #wholeTextBytes = 0;
  /** Whether all of the content can be read: false while its compressed file is being written. */
  whole = true;
  /** When the bytes were cut off in place. */
  truncatedMs: number | undefined;
  /** The content that this one repeats from its beginning: a copy, or the decompressed form of a `.gz`. */
  readonly copyOf: Content | undefined;
  /** The byte order of UTF-16; undefined: another encoding, whose newline is one byte. */
  readonly order: 'little' | 'big' | undefined;

  constructor(bornMs: number, copyOf?: Content, order?: 'little' | 'big') {
    this.bornMs = bornMs;
    this.copyOf = copyOf;
    this.order = copyOf?.order ?? order;
  }

  /** End of the last complete line. */
  get lineStart(): number {
    return this.#lineStart;
  }

  /** Adds `bytes` at the end. */
  append(bytes: Buffer, nowMs: number): void {
    const start = this.lengthBytes;
    this.firstByteMs ??= nowMs;
    this.#reserve(start + bytes.length);
    bytes.copy(this.bytes, start);
    this.lengthBytes = start + bytes.length;
    this.#findLines(start, nowMs);
  }

  /** Grows to `lengthBytes` with NULs, as a write beyond the end of a file does. */
  padWithNul(lengthBytes: number): void {
    this.#reserve(lengthBytes);
    this.bytes.fill(0, this.lengthBytes, lengthBytes);
    this.lengthBytes = lengthBytes;
  }

  text(start: number, end: number): string {
    return this.bytes.toString('latin1', start, end);
  }

  /** Bytes [start, end) as records carry them: UTF-8 written as latin1, without a mark at the head of the file. */
  recordText(start: number, end: number): string {
    if (this.order === undefined) return this.text(start, end);
    const text = Buffer.from(decoders[this.order].decode(this.bytes.subarray(start, end))).toString('latin1');
    return start === 0 && text.startsWith(MARK) ? text.slice(MARK.length) : text;
  }

  /** All of it as records carry it. */
  get wholeText(): string {
    if (this.#wholeTextBytes !== this.lengthBytes) {
      this.#wholeText = this.recordText(0, this.lengthBytes);
      this.#wholeTextBytes = this.lengthBytes;
    }
    return this.#wholeText;
  }

  #findLines(from: number, nowMs: number): void {
    const { bytes, lengthBytes } = this;
    if (this.#lineStart >= from) this.#lineFirstByteMs = nowMs;
    // NULs at the head are a hole: they belong to no line.
    if (this.lines.length === 0 && this.order === undefined) while (this.#lineStart < lengthBytes && bytes[this.#lineStart] === 0) this.#lineStart += 1;
    for (let end = this.#lineEnd(from); end !== -1; end = this.#lineEnd(end)) {
      const found = { start: this.#lineStart, end, firstByteMs: this.#lineFirstByteMs, completedMs: nowMs };
      this.lines.push(new ContentLine(this, this.lines.length, found));
      this.#lineStart = end;
      this.#lineFirstByteMs = nowMs;
    }
  }

  /** The position behind the first newline at or after `from`; -1: there is none. */
  #lineEnd(from: number): number {
    const { bytes, lengthBytes, order } = this;
    if (order === undefined) {
      const newline = bytes.indexOf(10, from);
      return newline === -1 || newline >= lengthBytes ? -1 : newline + 1;
    }
    for (let at = from - (from % 2); at + 2 <= lengthBytes; at += 2) {
      if ((order === 'little' ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at)) === 10) return at + 2;
    }
    return -1;
  }

  #reserve(lengthBytes: number): void {
    if (lengthBytes <= this.bytes.length) return;
    const larger = Buffer.alloc(Math.max(lengthBytes, this.bytes.length * 2));
    this.bytes.copy(larger, 0, 0, this.lengthBytes);
    this.bytes = larger;
  }
}
