/**
 * One line of CSV by RFC 4180, for what the byte scanner of csv-columns.ts leaves: csv-parse decides whether it is CSV.
 */
import { CsvError } from 'csv-parse';
import { parse } from 'csv-parse/sync';

/** The columns of `line`, newline excluded; `undefined` where it is not CSV, or not one record. */
export function csvColumns(line: Buffer, delimiter: string): readonly string[] | undefined {
  if (line.length === 0) return [''];
  try {
    const rows: readonly (readonly string[])[] = parse(line, {
      delimiter,
      record_delimiter: '\n',
      relax_column_count: true,
    });
    return rows.length === 1 ? rows[0] : undefined;
  } catch (error) {
    if (error instanceof CsvError) return undefined;
    throw error;
  }
}
