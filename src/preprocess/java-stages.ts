/**
 * The steps of a chain under `compatibility: amazon-kinesis-agent`: the Java agent's own seven, in its ways. Steps that
 * it does not have are the native ones.
 */
import { compilePattern, type CompiledPattern, PatternError } from '../core/pattern/pattern.ts';
import { AddBrackets } from './steps/add-brackets.ts';
import { AddEc2Metadata } from './steps/add-ec2-metadata.ts';
import { AddMetadata, metadataText } from './steps/add-metadata.ts';
import { type LogFormat, javaLogFormats, type ProcessingOption, type ProcessingOptionOf } from './config.ts';
import type { PreprocessEnvironment } from './stage/environment.ts';
import { csvLineWriter } from './csv/csv-line-writer.ts';
import type { LineParser, TextParser } from './fields/field-positions.ts';
import { JavaApacheAccess, JavaApacheError } from './java/java-apache.ts';
import { JavaCsv } from './java/java-csv.ts';
import { JavaByteSplit, JavaPatternSplit } from './java/java-split.ts';
import { JavaSyslog } from './java/java-syslog.ts';
import { LogToJson } from './formats/log-to-json.ts';
import { PatternFields } from './fields/pattern-fields.ts';
import { OptionError } from './stage/problem.ts';
import { RawFallback } from './raw-fallback.ts';
import { groupsMismatch } from './settings-warnings.ts';
import { SingleLine } from './formats/single-line.ts';
import type { Stage } from './stage/stage.ts';

/** The step for `option` as the Java agent does it; `undefined` for a step it does not have. Throws `OptionError`. */
export function createJavaStage(option: ProcessingOption, environment: PreprocessEnvironment): Stage | undefined {
  switch (option.optionName) {
    case 'SINGLELINE': {
      const parseOptions = option.parseOptions ?? [];
      const escapes = parseOptions.includes('ESCAPE_NEW_LINE');
      return new SingleLine({ trims: !parseOptions.includes('NO_TRIM'), escapes, decodes: true });
    }
    case 'CSVTOJSON':
      return csvStage(option);
    case 'LOGTOJSON':
      return logStage(option);
    case 'ADDMETADATA':
      if (typeof option.timestamp === 'boolean') {
        throw new OptionError(['timestamp'], `the Java agent stops at a JSON boolean here: write "${option.timestamp}", in quotes`);
      }
      return new AddMetadata({
        metadata: metadataText(option, true),
        timestamp: option.timestamp === 'true',
        jsonFormat: option.jsonFormat ?? 'COMPACT',
      });
    case 'ADDEC2METADATA':
      layoutParser(requiredFormat(option.logFormat));
      return new AddEc2Metadata({
        environment,
        ttlSeconds: option.metadataTTL ?? 3600,
        jsonFormat: option.jsonFormat ?? 'COMPACT',
        java: true,
      });
    case 'ADDBRACKETS':
      return new AddBrackets(true);
    default:
      return undefined;
  }
}

function csvStage(option: ProcessingOptionOf<'CSVTOJSON'>): Stage {
  const fieldNames = option.customFieldNames;
  if (fieldNames === undefined) throw new OptionError([], 'customFieldNames is missing: CSVTOJSON needs the names of the columns');
  if (option.header !== undefined || option.types !== undefined) {
    throw new OptionError([], 'header and types are for compatibility: native; the Java agent does not have them');
  }
  const delimiter = option.delimiter ?? ',';
  const literal = literalByte(delimiter);
  let parser: LineParser | TextParser;
  if (literal === undefined) {
    const pattern = delimiterPattern(delimiter);
    if (pattern === undefined) return new RawFallback('CSVTOJSON', `the delimiter ${delimiter} is not a regular expression`);
    parser = new JavaPatternSplit(fieldNames, pattern);
  } else {
    const jsonFormat = option.jsonFormat ?? 'COMPACT';
    const writer = csvLineWriter({ fieldNames, delimiter: String.fromCharCode(literal), quotes: false, jsonFormat });
    if (writer !== undefined) return new JavaCsv(literal, writer);
    parser = new JavaByteSplit(fieldNames, literal);
  }
  return new LogToJson({
    name: 'CSVTOJSON',
    parser,
    fieldNames,
    jsonFormat: option.jsonFormat ?? 'COMPACT',
    types: 'string',
    patternText: literal === undefined ? delimiter : undefined,
    keepsCarriageReturn: true,
  });
}

/** The byte that the pattern `delimiter` stands for, where it stands for one ASCII character. */
function literalByte(delimiter: string): number | undefined {
  const escaped = /^\\([^A-Za-z0-9])$/.exec(delimiter)?.[1];
  if (escaped !== undefined && escaped < '\u0080') return escaped.charCodeAt(0);
  if (delimiter === '\\t') return 0x09;
  return /^[^\u0080-\uffff\\^$.|?*+()[{]$/.test(delimiter) ? delimiter.charCodeAt(0) : undefined;
}

/** `undefined`: Java cannot compile it either, and sends every record as it is. */
function delimiterPattern(delimiter: string): CompiledPattern | undefined {
  try {
    return compilePattern(delimiter, { whole: false, captures: false, looseNames: false });
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    if (error.kind === 'syntax') return undefined;
    throw new OptionError(['delimiter'], `this regular expression cannot be used: ${error.message}`);
  }
}

function logStage(option: ProcessingOptionOf<'LOGTOJSON'>): Stage {
  const format = requiredFormat(option.logFormat);
  const layout = layoutParser(format);
  if (option.types !== undefined) throw new OptionError(['types'], 'types is for compatibility: native');
  const { parser, failure } = option.matchPattern === undefined ? { parser: layout } : patternParser(option, layout.dashIsAbsent);
  const fieldNames = option.customFieldNames;
  if (fieldNames !== undefined && fieldNames.length !== parser.fieldNames.length) {
    throw new OptionError(
      ['customFieldNames'],
      `${format} has ${parser.fieldNames.length} fields, customFieldNames ${fieldNames.length}: name each of ${parser.fieldNames.join(', ')}`,
    );
  }
  return new LogToJson({
    failure,
    parser,
    fieldNames,
    jsonFormat: option.jsonFormat ?? 'COMPACT',
    types: 'string',
    patternText: option.matchPattern,
    keepsCarriageReturn: true,
  });
}

function requiredFormat(format: LogFormat | undefined): LogFormat {
  if (format === undefined) throw new OptionError([], 'logFormat is missing: the Java agent needs it even with a matchPattern');
  return format;
}

function layoutParser(format: LogFormat): LineParser {
  switch (format) {
    case 'COMMONAPACHELOG':
    case 'COMBINEDAPACHELOG':
      return new JavaApacheAccess(format === 'COMBINEDAPACHELOG');
    case 'APACHEERRORLOG':
      return new JavaApacheError();
    case 'SYSLOG':
      return new JavaSyslog('bsd');
    case 'RFC3339SYSLOG':
      return new JavaSyslog('rfc3339');
    default:
      throw new OptionError(['logFormat'], `the Java agent knows ${javaLogFormats.join(', ')}; ${format} is for compatibility: native`);
  }
}

interface PatternParser {
  readonly parser: LineParser | TextParser;
  /** Why no line can be parsed; undefined: lines can be. */
  readonly failure?: string;
}

function patternParser(option: ProcessingOptionOf<'LOGTOJSON'>, dashIsAbsent: boolean): PatternParser {
  const fieldNames = option.customFieldNames;
  if (fieldNames === undefined) throw new OptionError([], 'customFieldNames is missing: it is needed with matchPattern');
  const pattern = compileOption('matchPattern', option.matchPattern ?? '');
  // The Java agent finds out at the first line that the numbers differ, and drops it like every other.
  if (pattern.groupCount !== fieldNames.length) {
    return { parser: neverParses(fieldNames), failure: groupsMismatch(pattern.groupCount, fieldNames.length) };
  }
  const groups = fieldNames.map((_name, index) => index + 1);
  return { parser: new PatternFields({ pattern, fieldNames, groups, dashIsAbsent }) };
}

function neverParses(fieldNames: readonly string[]): LineParser {
  return { fieldNames, optionalFieldNames: [], dashIsAbsent: false, parse: (_input, start) => start, stoppedAt: () => -1 };
}

function compileOption(field: string, text: string): CompiledPattern {
  try {
    return compilePattern(text, { whole: true, captures: true, looseNames: false });
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    throw new OptionError([field], `this regular expression cannot be used: ${error.message}`);
  }
}
