/**
 * One line of CSV by RFC 4180, for what the byte scanner of csv-columns.ts leaves: csv-parse decides whether it is CSV.
 */
import { CsvError } from 'csv-parse';
import { parse } from 'csv-parse/sync';

/** The columns of a line, or why it is not one record of CSV, for messages. */
export type CsvReading =
  | { readonly kind: 'columns'; readonly columns: readonly string[] }
  | { readonly kind: 'failed'; readonly failure: string };

const NO_CSV = 'its quotes are not those of CSV (RFC 4180)';
const failures: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED:
    'a column in quotes does not end on this line: where columns hold line breaks, the flow needs a multiLineStartPattern that matches the first line of each record',
  INVALID_OPENING_QUOTE: `${NO_CSV}, or it is the rest of a record with line breaks within quotes: that needs a multiLineStartPattern`,
};

/** Reads `line`, newline excluded. */
export function csvColumns(line: Buffer, delimiter: string): CsvReading {
  if (line.length === 0) return { kind: 'columns', columns: [''] };
  try {
    const rows: readonly (readonly string[])[] = parse(line, {
      delimiter,
      record_delimiter: '\n',
      relax_column_count: true,
    });
    const [columns = []] = rows;
    if (rows.length === 1) return { kind: 'columns', columns };
    return { kind: 'failed', failure: `it holds ${rows.length} records of CSV: each needs a first line that multiLineStartPattern matches` };
  } catch (error) {
    if (error instanceof CsvError) return { kind: 'failed', failure: failures[error.code] ?? NO_CSV };
    throw error;
  }
}
