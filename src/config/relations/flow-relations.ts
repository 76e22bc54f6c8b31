/** The relations within one flow, and between it and the top of the config. Paths are relative to the flow. */
import { limits } from '../../core/limits.ts';
import { credentialsProblems, endpointProblems, endpointVariantProblems, misroutedProblems, regionProblems } from './aws-relations.ts';
import type { Path } from '../issues/located.ts';
import { pathProblems } from './path-relations.ts';
import { patternProblems } from './pattern-relations.ts';
import { error, type Problem, warning } from '../issues/problem.ts';
import type { RawConfig, RawFlow } from '../schema/schema.ts';
import { parseStreamName } from './stream-name.ts';
import { sizeText } from '../schema/value-text.ts';

type Root = Omit<RawConfig, 'flows'>;

export function flowProblems(flow: RawFlow, root: Root): readonly Problem[] {
  return [
    ...pathProblems(flow, root),
    ...destinationProblems(flow),
    ...routeProblems(flow),
    ...framingProblems(flow),
    ...packingProblems(flow, root),
    ...timeProblems(flow),
    ...patternProblems(flow),
    ...regionProblems(['region'], flow.region),
    ...endpointProblems(['endpoint'], flow.endpoint),
    ...endpointVariantProblems(['endpoint'], flow.endpoint, flow.deliveryStream === undefined ? root.kinesis : root.firehose),
    ...flowMisroutedProblems(flow, root),
    ...(flow.credentials === undefined ? [] : credentialsProblems(flow.credentials)),
  ];
}

/** Of what the flow itself sets; the rest is the config's. */
function flowMisroutedProblems(flow: RawFlow, root: Root): readonly Problem[] {
  if (flow.endpoint === undefined && flow.region === undefined) return [];
  const service = flow.deliveryStream === undefined ? 'kinesis' : 'firehose';
  const endpoint = flow.endpoint ?? root[service].endpoint;
  const region = flow.region ?? root[service].region ?? root.region;
  return misroutedProblems([flow.endpoint === undefined ? 'region' : 'endpoint'], { service, endpoint, region });
}

function destinationProblems(flow: RawFlow): readonly Problem[] {
  const { kinesisStream, deliveryStream } = flow;
  if (kinesisStream !== undefined && deliveryStream !== undefined) {
    return [
      error(
        ['deliveryStream'],
        'a flow has one destination: keep kinesisStream or deliveryStream, and make a second flow for the other',
      ),
    ];
  }
  if (kinesisStream === undefined && deliveryStream === undefined) {
    return [error([], 'the flow has no destination: set kinesisStream, or deliveryStream for Firehose')];
  }
  const problems: Problem[] = [];
  if (kinesisStream !== undefined) problems.push(...streamProblems(['kinesisStream'], kinesisStream, flow));
  if (deliveryStream !== undefined) {
    problems.push(...streamProblems(['deliveryStream'], deliveryStream, flow));
    if (flow.partitionKey !== undefined)
      problems.push(warning(['partitionKey'], 'partitionKey has no effect: delivery streams have no partition keys'));
    if (flow.partitionKeyOption !== undefined) {
      problems.push(
        warning(['partitionKeyOption'], 'partitionKeyOption has no effect: delivery streams have no partition keys'),
      );
    }
  }
  if (flow.partitionKey !== undefined && flow.partitionKeyOption !== undefined) {
    problems.push(
      error(['partitionKeyOption'], 'partitionKey and partitionKeyOption say the same thing: keep partitionKey'),
    );
  }
  return problems;
}

function streamProblems(path: Path, written: string, flow: RawFlow): readonly Problem[] {
  const key = path.at(-1) === 'deliveryStream' ? 'deliveryStream' : 'kinesisStream';
  const name = parseStreamName(written, key === 'kinesisStream' ? 'kinesis' : 'firehose');
  if (name.kind === 'wrong') return [error(path, `${key} "${written}": ${name.why}`)];
  if (name.kind === 'arn' && flow.region !== undefined && flow.region !== name.region) {
    return [error(['region'], `region is ${flow.region}, but the stream’s ARN is in ${name.region}: leave region out`)];
  }
  if (name.kind !== 'template') return [];
  const problems: Problem[] = [];
  if (flow.streamsAllowed.length === 0) {
    problems.push(
      error(
        path,
        `${key} has a {field}: set streamsAllowed to the names it may become, such as ["${written.replaceAll(/\{[^{}]+\}/g, '*')}"]`,
      ),
    );
  }
  if (flow.streamFallback === undefined) {
    problems.push(
      error(path, `${key} has a {field}: set streamFallback to the stream for records without an allowed name`),
    );
  }
  return problems;
}

function routeProblems(flow: RawFlow): readonly Problem[] {
  const problems: Problem[] = [];
  for (const [index, route] of flow.routes.entries()) {
    const path: Path = ['routes', index];
    const conditions = [route.when.equals, route.when.in, route.when.matches].filter(
      (condition) => condition !== undefined,
    );
    if (conditions.length !== 1)
      problems.push(error([...path, 'when'], 'when takes exactly one of equals, in and matches'));
    if ((route.kinesisStream === undefined) === (route.deliveryStream === undefined)) {
      problems.push(error(path, 'a route has one destination: kinesisStream or deliveryStream'));
    }
    if (route.kinesisStream !== undefined)
      problems.push(...streamProblems([...path, 'kinesisStream'], route.kinesisStream, flow));
    if (route.deliveryStream !== undefined)
      problems.push(...streamProblems([...path, 'deliveryStream'], route.deliveryStream, flow));
  }
  if (flow.streamFallback !== undefined) {
    const name = parseStreamName(flow.streamFallback, 'kinesis');
    if (name.kind === 'wrong')
      problems.push(error(['streamFallback'], `streamFallback "${flow.streamFallback}": ${name.why}`));
    if (name.kind === 'template')
      problems.push(error(['streamFallback'], 'streamFallback is the name of one stream, without a {field}'));
  }
  return problems;
}

function framingProblems(flow: RawFlow): readonly Problem[] {
  const problems: Problem[] = [];
  if (flow.multiLineStartPattern !== undefined && flow.multiLineContinuationPattern !== undefined) {
    problems.push(
      error(
        ['multiLineContinuationPattern'],
        'multiLineStartPattern and multiLineContinuationPattern exclude each other: keep one',
      ),
    );
  }
  const joins = flow.dataProcessingOptions?.some((option) => option.optionName === 'CONTAINER');
  for (const key of ['multiLineStartPattern', 'multiLineContinuationPattern', 'multiLineEndPattern'] as const) {
    if (joins !== true || flow[key] === undefined) continue;
    const why = `${key} and CONTAINER exclude each other: CONTAINER joins the parts of a line, and a pattern would see the line as the container wrote it, time and all`;
    problems.push(error([key], why));
  }
  const terminatorBytes = Buffer.byteLength(flow.truncatedRecordTerminator);
  if (flow.oversizeRecords === 'truncate' && terminatorBytes + limits.utf8CharacterBytesMax > flow.lineBytesMax) {
    problems.push(
      error(
        ['truncatedRecordTerminator'],
        `truncatedRecordTerminator has ${terminatorBytes} bytes: in a line that is cut at lineBytesMax (${sizeText(flow.lineBytesMax)}) it leaves no room for a character (${limits.utf8CharacterBytesMax} bytes); shorten it, or raise lineBytesMax`,
      ),
    );
  }
  if (flow.kinesisStream !== undefined && flow.lineBytesMax > limits.kinesisRecordBytesDefault) {
    problems.push(
      warning(
        ['lineBytesMax'],
        `lineBytesMax is more than ${sizeText(limits.kinesisRecordBytesDefault)}: the stream must be set to take it (MaxRecordSizeInKiB)`,
      ),
    );
  }
  return problems;
}

function packingProblems(flow: RawFlow, root: Root): readonly Problem[] {
  const problems: Problem[] = [];
  const { aggregation, aggregatedRecordSizeBytes } = flow;
  const firehose = flow.deliveryStream !== undefined;
  if (aggregation !== undefined && aggregatedRecordSizeBytes !== undefined) {
    problems.push(
      error(
        ['aggregatedRecordSizeBytes'],
        'aggregation and aggregatedRecordSizeBytes say the same thing: keep aggregation',
      ),
    );
  }
  if (!firehose && aggregatedRecordSizeBytes !== undefined) {
    problems.push(
      warning(
        ['aggregatedRecordSizeBytes'],
        'aggregatedRecordSizeBytes is for delivery streams: use aggregation: { format: newline }',
      ),
    );
  }
  if (firehose && aggregation?.format === 'kpl') {
    problems.push(
      error(
        ['aggregation', 'format'],
        'aggregation.format kpl cannot go to a delivery stream, which does not take it apart: use newline or none',
      ),
    );
  }
  if (aggregation?.format === 'newline' && flow.trimNewline === true) {
    problems.push(
      error(['trimNewline'], 'trimNewline would glue records together under aggregation.format newline: choose one'),
    );
  }
  const recordBytesMax = aggregation?.recordBytesMax;
  if (recordBytesMax === undefined) return problems;
  const path = ['aggregation', 'recordBytesMax'];
  const requestBytesMax = firehose ? root.firehose.requestBytesMax : root.kinesis.requestBytesMax;
  if (firehose && recordBytesMax > limits.firehoseRecordBytesMax) {
    problems.push(
      error(
        path,
        `aggregation.recordBytesMax is ${sizeText(recordBytesMax)}, but a delivery stream takes records of up to ${sizeText(limits.firehoseRecordBytesMax)}`,
      ),
    );
  } else if (recordBytesMax > requestBytesMax) {
    problems.push(
      error(
        path,
        `aggregation.recordBytesMax is ${sizeText(recordBytesMax)}, but a request holds at most ${sizeText(requestBytesMax)} (${firehose ? 'firehose' : 'kinesis'}.requestBytesMax)`,
      ),
    );
  } else if (!firehose && recordBytesMax > limits.kinesisRecordBytesDefault) {
    problems.push(
      warning(
        path,
        `aggregation.recordBytesMax is more than ${sizeText(limits.kinesisRecordBytesDefault)}: the stream must be set to take it (MaxRecordSizeInKiB)`,
      ),
    );
  }
  return problems;
}

function timeProblems(flow: RawFlow): readonly Problem[] {
  const problems: Problem[] = [];
  const { recordMaxBufferedTimeMillis: own, maxBufferAgeMillis: alias } = flow;
  if (own !== undefined && alias !== undefined && own !== alias) {
    problems.push(
      error(
        ['maxBufferAgeMillis'],
        `maxBufferAgeMillis (${alias}) is another name for recordMaxBufferedTimeMillis (${own}): keep one`,
      ),
    );
  }
  if (flow.retryInitialBackoffMillis > flow.retryMaxBackoffMillis) {
    problems.push(
      error(
        ['retryInitialBackoffMillis'],
        `retryInitialBackoffMillis (${flow.retryInitialBackoffMillis}) must not be more than retryMaxBackoffMillis (${flow.retryMaxBackoffMillis})`,
      ),
    );
  }
  return problems;
}
