/**
 * A stream's name with fields of the record in it: `tenant-{tenant.id}`. The result must be a valid stream name and must be
 * allowed by the list, since whoever writes the log decides what its fields hold.
 */
import { type FieldPath, fieldPath, scalarText } from './json-field.ts';

/** Characters of a stream's name. Source: CreateStream, Kinesis API reference. */
const streamNamePattern = /^[a-zA-Z0-9_.-]{1,128}$/;
const placeholderPattern = /\{([^{}]+)\}/;

export function isTemplate(stream: string): boolean {
  return placeholderPattern.test(stream);
}

export class StreamTemplate {
  /** Text, path, text, path, … text. */
  readonly #texts: readonly string[];
  readonly #paths: readonly FieldPath[];
  readonly #allowed: readonly RegExp[];

  /** `allowed`: names; `*` stands for any characters. */
  constructor(template: string, allowed: readonly string[]) {
    const parts = template.split(placeholderPattern);
    this.#texts = parts.filter((_, index) => index % 2 === 0);
    this.#paths = parts.filter((_, index) => index % 2 === 1).map(fieldPath);
    this.#allowed = allowed.map(globPattern);
  }

  /** The stream for a parsed record, `undefined` when a field is missing or the name is not allowed. */
  streamFor(record: unknown): string | undefined {
    let name = this.#texts[0] ?? '';
    for (const [index, path] of this.#paths.entries()) {
      const value = scalarText(record, path);
      if (value === undefined) return undefined;
      name += value + (this.#texts[index + 1] ?? '');
    }
    return streamNamePattern.test(name) && this.#allowed.some((pattern) => pattern.test(name)) ? name : undefined;
  }
}

function globPattern(glob: string): RegExp {
  return new RegExp(`^${glob.split('*').map(RegExp.escape).join('[^]*')}$`, 'u');
}
