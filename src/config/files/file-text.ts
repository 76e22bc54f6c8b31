/** Prepares the text of a config file before its format is parsed: no byte order mark, places counted, nothing that is not UTF-8. */
import type { ConfigIssue } from '../issues/config-issue.ts';
import type { ConfigText } from './config-reader.ts';
import { LineIndex, type Place } from '../issues/located.ts';

export interface FileText extends Pick<ConfigText, 'text' | 'notUtf8At'> {
  readonly file: string;
}

export interface BegunFile {
  readonly text: string;
  readonly place: (offset: number) => Place;
  /** Set where the file is not UTF-8: read in the wrong encoding, a path would name other files. */
  readonly unreadable: ConfigIssue | undefined;
}

export function beginFile({ file, text: whole, notUtf8At }: FileText): BegunFile {
  const text = whole.replace(/^\uFEFF/, '');
  const lines = new LineIndex(text);
  const place = (offset: number): Place => lines.place(file, offset);
  if (notUtf8At === undefined) return { text, place, unreadable: undefined };
  const at = place(Math.max(0, notUtf8At - (whole.length - text.length)));
  return { text, place, unreadable: { ...at, message: 'what stands here is not UTF-8: save the file as UTF-8' } };
}
