/** The steps of a chain in native mode. */
import { compilePattern, type CompiledPattern, PatternError } from '../core/pattern/pattern.ts';
import { AccessLog, ApacheErrorLog, combinedLayout, commonLayout, nginxLayout } from './formats/access-log.ts';
import { AddBrackets } from './steps/add-brackets.ts';
import { AddEc2Metadata } from './steps/add-ec2-metadata.ts';
import { AddFields } from './steps/add-fields.ts';
import { AddMetadata, metadataText } from './steps/add-metadata.ts';
import type { LogFormat, ProcessingOption, ProcessingOptionOf } from './config.ts';
import { ContainerLines } from './formats/container-lines.ts';
import { CsvToJson } from './csv/csv-to-json.ts';
import { dateFormat } from './time/date-format.ts';
import type { PreprocessEnvironment } from './stage/environment.ts';
import type { LineParser, TextParser } from './fields/field-positions.ts';
import { Filter, Sample } from './steps/filter.ts';
import { JsonStep } from './steps/json-step.ts';
import { LogToJson } from './formats/log-to-json.ts';
import { NginxJson } from './formats/nginx-json.ts';
import { Pairs } from './formats/pairs.ts';
import { PatternFields } from './fields/pattern-fields.ts';
import { OptionError } from './stage/problem.ts';
import { Redact } from './steps/redact.ts';
import { SingleLine } from './formats/single-line.ts';
import type { Stage } from './stage/stage.ts';
import { Rfc5424, Syslog } from './formats/syslog.ts';
import { timeZone } from './time/time-zone.ts';
import { Timestamp } from './steps/timestamp.ts';
import { assertNever } from '../core/assert.ts';

/** The step for `option`. Throws an `OptionError` for settings that cannot be used. */
export function createNativeStage(option: ProcessingOption, environment: PreprocessEnvironment): Stage {
  const jsonFormat = ('jsonFormat' in option ? option.jsonFormat : undefined) ?? 'COMPACT';
  switch (option.optionName) {
    case 'SINGLELINE': {
      const parseOptions = option.parseOptions ?? [];
      const escapes = parseOptions.includes('ESCAPE_NEW_LINE');
      return new SingleLine({ trims: !parseOptions.includes('NO_TRIM'), escapes, decodes: false });
    }
    case 'CSVTOJSON':
      return csvStage(option);
    case 'LOGTOJSON':
      return logStage(option);
    case 'ADDMETADATA':
      return new AddMetadata({ metadata: metadataText(option, false), timestamp: String(option.timestamp) === 'true', jsonFormat });
    case 'ADDEC2METADATA':
      return new AddEc2Metadata({ environment, ttlSeconds: option.metadataTTL ?? 3600, jsonFormat, java: false });
    case 'ADDBRACKETS':
      return new AddBrackets(false);
    case 'JSON':
      return new JsonStep(option);
    case 'LOGFMT':
      return new Pairs({ name: 'LOGFMT', pairDelimiter: ' ', keyValueDelimiter: '=', types: option.types ?? 'string', jsonFormat });
    case 'KEYVALUE':
      return new Pairs({
        name: 'KEYVALUE',
        pairDelimiter: option.pairDelimiter ?? ' ',
        keyValueDelimiter: option.keyValueDelimiter ?? '=',
        types: option.types ?? 'string',
        jsonFormat,
      });
    case 'CONTAINER':
      return new ContainerLines({ format: option.format ?? 'auto', output: option.output ?? 'message' });
    case 'ADDFIELDS':
      return new AddFields(option, environment);
    case 'TIMESTAMP':
      return timestampStage(option);
    case 'FILTER':
      return filterStage(option);
    case 'SAMPLE':
      return new Sample({ rate: option.rate, field: option.field });
    case 'REDACT':
      return redactStage(option);
    default:
      return assertNever(option);
  }
}

function csvStage(option: ProcessingOptionOf<'CSVTOJSON'>): Stage {
  const delimiter = option.delimiter ?? ',';
  if (option.customFieldNames === undefined && option.header !== true) {
    throw new OptionError([], 'name the columns with customFieldNames, or say header: true where the files name them');
  }
  if (/["\r\n]/.test(delimiter)) throw new OptionError(['delimiter'], 'a quote or a line end cannot separate columns');
  return new CsvToJson({
    fieldNames: option.customFieldNames,
    delimiter,
    header: option.header ?? false,
    types: option.types ?? 'string',
    jsonFormat: option.jsonFormat ?? 'COMPACT',
  });
}

function logStage(option: ProcessingOptionOf<'LOGTOJSON'>): Stage {
  const { logFormat, matchPattern, customFieldNames } = option;
  if (logFormat === undefined && matchPattern === undefined) {
    throw new OptionError([], 'logFormat or matchPattern is missing: one of them says what the lines look like');
  }
  if (logFormat === 'NGINXJSONACCESSLOG' && matchPattern === undefined) return new NginxJson();
  const parser = matchPattern === undefined ? layoutParser(logFormat ?? 'SYSLOG') : patternParser(option, matchPattern);
  if (customFieldNames !== undefined && customFieldNames.length !== parser.fieldNames.length) {
    throw new OptionError(
      ['customFieldNames'],
      `${customFieldNames.length} names for ${parser.fieldNames.length} fields: name each of ${parser.fieldNames.join(', ')}`,
    );
  }
  return new LogToJson({
    failure: `the line is not of the format ${matchPattern ?? logFormat}`,
    parser,
    fieldNames: customFieldNames,
    jsonFormat: option.jsonFormat ?? 'COMPACT',
    types: option.types ?? 'string',
    patternText: matchPattern,
    keepsCarriageReturn: false,
  });
}

function layoutParser(format: LogFormat): LineParser {
  switch (format) {
    case 'COMMONAPACHELOG':
      return new AccessLog(commonLayout);
    case 'COMBINEDAPACHELOG':
      return new AccessLog(combinedLayout);
    case 'NGINXACCESSLOG':
      return new AccessLog(nginxLayout);
    case 'APACHEERRORLOG':
      return new ApacheErrorLog();
    case 'SYSLOG':
    case 'RFC3339SYSLOG':
      return new Syslog();
    case 'RFC5424SYSLOG':
      return new Rfc5424();
    case 'NGINXJSONACCESSLOG':
      throw new OptionError(['logFormat'], 'NGINXJSONACCESSLOG has no fields of its own');
    default:
      return assertNever(format);
  }
}

/** Named groups are the fields; without any, all groups, with `customFieldNames` for their names. */
function patternParser(option: ProcessingOptionOf<'LOGTOJSON'>, text: string): TextParser {
  const pattern = usable(['matchPattern'], text, { whole: true, captures: true });
  const dashIsAbsent = option.logFormat?.includes('APACHE') === true || option.logFormat === 'NGINXACCESSLOG';
  if (option.customFieldNames === undefined) {
    if (pattern.groupNames.size === 0) {
      throw new OptionError(['matchPattern'], 'the groups have no names: write (?<name>…), or name them with customFieldNames');
    }
    const named = [...pattern.groupNames];
    return new PatternFields({
      pattern,
      fieldNames: named.map(([name]) => name),
      groups: named.map(([, group]) => group),
      dashIsAbsent,
    });
  }
  if (pattern.groupCount !== option.customFieldNames.length) {
    throw new OptionError(['customFieldNames'], `${option.customFieldNames.length} names for ${pattern.groupCount} groups of matchPattern`);
  }
  const groups = Array.from({ length: pattern.groupCount }, (_, index) => index + 1);
  return new PatternFields({ pattern, fieldNames: option.customFieldNames, groups, dashIsAbsent });
}

function timestampStage(option: ProcessingOptionOf<'TIMESTAMP'>): Stage {
  const zone = timeZone(option.timezone ?? 'UTC');
  if (zone === undefined) throw new OptionError(['timezone'], `no time zone is called ${option.timezone}: write UTC, +02:00 or Europe/Berlin`);
  const formats = [option.format ?? 'iso8601'].flat().map((format) => {
    try {
      return dateFormat(format);
    } catch (error) {
      if (error instanceof RangeError) throw new OptionError(['format'], `${format}: ${error.message}`);
      throw error;
    }
  });
  return new Timestamp({ field: option.field, formats, zone, target: option.target });
}

function filterStage(option: ProcessingOptionOf<'FILTER'>): Stage {
  const { include, exclude, field } = option;
  if (include === undefined && exclude === undefined && option.in === undefined && option.notIn === undefined) {
    throw new OptionError([], 'say what to keep or to leave out: include, exclude, in or notIn');
  }
  if (field === undefined && (option.in !== undefined || option.notIn !== undefined)) {
    throw new OptionError([], 'in and notIn look at a field: name it with field');
  }
  const find = { whole: false, captures: false };
  return new Filter({
    field,
    include: include === undefined ? undefined : usable(['include'], include, find),
    exclude: exclude === undefined ? undefined : usable(['exclude'], exclude, find),
    in: option.in?.map(String),
    notIn: option.notIn?.map(String),
  });
}

function redactStage(option: ProcessingOptionOf<'REDACT'>): Stage {
  if (option.kinds === undefined && option.pattern === undefined) throw new OptionError([], 'say what to hide: kinds or pattern');
  return new Redact({
    kinds: option.kinds ?? [],
    pattern: option.pattern === undefined ? undefined : usable(['pattern'], option.pattern, { whole: false, captures: true }),
    replacement: option.replacement,
    fields: option.fields,
  });
}

function usable(path: readonly string[], text: string, options: { whole: boolean; captures: boolean }): CompiledPattern {
  try {
    return compilePattern(text, { ...options, looseNames: true });
  } catch (error) {
    if (error instanceof PatternError) throw new OptionError(path, `this regular expression cannot be used: ${error.message}`);
    throw error;
  }
}
