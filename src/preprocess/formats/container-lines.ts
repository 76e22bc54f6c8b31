/**
 * Log files of containers. CRI (containerd, CRI-O): `time stream P|F text`; docker's json-file driver:
 * `{"log":"text\n","stream":"stdout","time":"…"}`. Long lines come in parts, which the framing joins to one record
 * (`containerLineJoiner`) and this step to one line.
 *
 * Where a part of the other stream stands between the parts of a line, each part stays a line of its own: nothing is lost.
 * Sources: Kubernetes, design proposal "CRI: Log management"; Docker docs, "JSON File logging driver".
 */
import type { LineJoiner } from '../../core/pipeline.ts';
import { ByteWriter } from '../stage/byte-writer.ts';
import { FieldPath } from '../json/json-members.ts';
import { decodeText, escapedBytesMax, jsonText, writeJsonString } from '../json/json-text.ts';
import { find, literal } from '../fields/scan.ts';
import { type RecordBytes, type RecordContext, type Stage, textEnd, type Verdict, verdict } from '../stage/stage.ts';

export type ContainerFormat = 'auto' | 'cri' | 'docker';

const LINE_FEED = 0x0a;
const SPACE = 0x20;
const OPEN_BRACE = 0x7b;
const BACKSLASH = 0x5c;
const LETTER_N = 0x6e;

interface CriLine {
  readonly timeEnd: number;
  readonly streamEnd: number;
  readonly isPartial: boolean;
  readonly textStart: number;
}

function criLine(buffer: Buffer, start: number, end: number): CriLine | undefined {
  const timeEnd = find(buffer, start, end, SPACE);
  const stream = timeEnd + 1;
  const streamEnd = Math.max(literal(buffer, stream, end, 'stdout'), literal(buffer, stream, end, 'stderr'));
  if (timeEnd <= start || streamEnd < 0) return undefined;
  const full = literal(buffer, streamEnd, end, ' F');
  const partial = literal(buffer, streamEnd, end, ' P');
  // Tags may follow the first, with colons between them.
  let tagEnd = Math.max(full, partial);
  if (tagEnd < 0) return undefined;
  while (tagEnd < end && buffer[tagEnd] !== SPACE && buffer[tagEnd] !== LINE_FEED) tagEnd += 1;
  return { timeEnd, streamEnd, isPartial: partial >= 0, textStart: Math.min(tagEnd + 1, end) };
}

function isDocker(buffer: Buffer, start: number, format: ContainerFormat): boolean {
  return format === 'docker' || (format === 'auto' && buffer[start] === OPEN_BRACE);
}

/** Joins the parts of a line: a record ends with its first line that is not a part. */
export function containerLineJoiner(format: ContainerFormat): LineJoiner {
  const logField = new FieldPath('log');
  return {
    startsRecord: () => false,
    endsRecord: (buffer, start, end) => {
      if (!isDocker(buffer, start, format)) return criLine(buffer, start, end)?.isPartial !== true;
      if (!logField.find({ buffer, start, end })) return true;
      return endsInNewline(buffer, logField.start, logField.end);
    },
  };
}

/** Whether the JSON string buffer[start, end) ends in an escaped newline: an odd number of backslashes before its `n`. */
function endsInNewline(buffer: Buffer, start: number, end: number): boolean {
  if (end - start < 4 || buffer[end - 2] !== LETTER_N) return false;
  let from = end - 2;
  while (buffer[from - 1] === BACKSLASH) from -= 1;
  return (end - 2 - from) % 2 === 1;
}

export class ContainerLines implements Stage {
  readonly name = 'CONTAINER';
  readonly usesPatterns = false;
  readonly #format: ContainerFormat;
  readonly #asJson: boolean;
  readonly #line = new ByteWriter();
  readonly #fields = { log: new FieldPath('log'), stream: new FieldPath('stream'), time: new FieldPath('time') };

  constructor(options: { format: ContainerFormat; output: 'message' | 'json' }) {
    this.#format = options.format;
    this.#asJson = options.output === 'json';
  }

  convert(record: RecordBytes, context: RecordContext, out: ByteWriter): Verdict {
    const { buffer } = record;
    const recordEnd = textEnd(record);
    const line = this.#asJson ? this.#line : out;
    if (this.#asJson) line.length = 0;
    const from = line.length;
    let stream = '';
    for (let start = record.start; start <= recordEnd; ) {
      const newline = buffer.indexOf(LINE_FEED, start);
      const end = newline < 0 || newline > recordEnd ? recordEnd : newline;
      const before = line.length;
      const partStream = this.#appendPart(line, buffer, start, end);
      if (partStream === undefined) {
        context.failure = 'the line is not one of a container log';
        context.failedAtBytes = start - record.start;
        return verdict.unparsable;
      }
      if (stream !== '' && partStream !== stream) insertNewline(line, before);
      stream = partStream;
      start = end + 1;
    }
    if (line.length > from && line.bytes[line.length - 1] === LINE_FEED) line.length -= 1;
    if (this.#asJson) this.#appendJson(out, record);
    else out.appendByte(LINE_FEED);
    return verdict.written;
  }

  /** Appends what the program wrote, byte for byte where the format allows; returns the stream's name. */
  #appendPart(line: ByteWriter, buffer: Buffer, start: number, end: number): string | undefined {
    if (!isDocker(buffer, start, this.#format)) {
      const cri = criLine(buffer, start, end);
      if (cri === undefined) return undefined;
      line.append(buffer, cri.textStart, end);
      return buffer.toString('latin1', cri.timeEnd + 1, cri.streamEnd);
    }
    const { log, stream } = this.#fields;
    const record = { buffer, start, end };
    if (!log.find(record)) return undefined;
    line.appendText(log.valueText(buffer));
    return stream.find(record) ? stream.valueText(buffer) : 'stdout';
  }

  /** Time and stream are those of the first part. */
  #appendJson(out: ByteWriter, record: RecordBytes): void {
    const { buffer, start } = record;
    const end = textEnd(record);
    let time = '';
    let stream = '';
    if (isDocker(buffer, start, this.#format)) {
      const newline = buffer.indexOf(LINE_FEED, start);
      const first = { buffer, start, end: newline < 0 || newline > end ? end : newline };
      if (this.#fields.time.find(first)) time = this.#fields.time.valueText(buffer);
      if (this.#fields.stream.find(first)) stream = this.#fields.stream.valueText(buffer);
    } else {
      const cri = criLine(buffer, start, end);
      time = decodeText(buffer, start, cri?.timeEnd ?? start);
      stream = cri === undefined ? '' : decodeText(buffer, cri.timeEnd + 1, cri.streamEnd);
    }
    out.appendText(`{"time":${jsonText(time)},"stream":${jsonText(stream)},"log":`);
    out.reserve(this.#line.length * escapedBytesMax + 2);
    writeJsonString(out, this.#line.bytes, 0, this.#line.length);
    out.appendText('}\n');
  }
}

function insertNewline(line: ByteWriter, at: number): void {
  line.appendByte(LINE_FEED);
  line.bytes.copyWithin(at + 1, at, line.length - 1);
  line.bytes[at] = LINE_FEED;
}
