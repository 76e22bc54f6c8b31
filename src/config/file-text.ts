/** The text of one config file, before its format is looked at: no byte order mark, places counted, nothing that was misread. */
import type { ConfigIssue } from './config-issue.ts';
import type { ConfigText } from './config-reader.ts';
import { LineIndex, type Place } from './located.ts';

export interface FileText extends Pick<ConfigText, 'text' | 'notUtf8At'> {
  readonly file: string;
}

export interface BegunFile {
  readonly text: string;
  readonly place: (offset: number) => Place;
  /** The file is no UTF-8: what another encoding makes of a path names other files. */
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
