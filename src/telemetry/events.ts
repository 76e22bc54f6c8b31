/**
 * Every event the agent can log: stable code, level, and the sentence a person reads. The one table.
 *
 * info = expected; warn = recovered by itself; error = a person must act, and `hint` says how. Never one per input line.
 */
import { limits } from '../core/limits.ts';
import { readHintAtLength } from '../core/read-hint.ts';

export type EventLevel = 'debug' | 'info' | 'warn' | 'error';

interface EventKind<Fields> {
  readonly level: EventLevel;
  readonly message: (fields: Fields) => string;
  /**
   * Whether the event is written whenever it occurs: it has a pace of its own, or answers what a person did. All others are
   * limited (repeat-limiter.ts).
   */
  readonly unlimited: boolean;
  /** The state that the event reports. Events of one state take each other back: only the last of them is true. */
  readonly stateOf: StateName | undefined;
}

export type StateName = 'file' | 'positions' | 'destination' | 'metrics';

function event<Fields>(
  level: EventLevel,
  message: (fields: Fields) => string,
  options: { unlimited?: boolean; stateOf?: StateName } = {},
): EventKind<Fields> {
  return { level, message, unlimited: options.unlimited ?? level === 'debug', stateOf: options.stateOf };
}

/** A sentence within another. */
function clause(sentence: string): string {
  return sentence.replace(/\.$/, '');
}

/** No stream has a limit as low as that of delivery streams (limits.ts), whatever is taken off for a key and a newline. */
function oversizeAdvice({ limitBytes, policy, isAssumed }: { limitBytes: number; policy: string; isAssumed: boolean }): string {
  if (isAssumed) return `the limit is assumed, since the stream cannot be described: allow kinesis:DescribeStreamSummary, the agent asks again by itself`;
  if (limitBytes > limits.firehoseRecordBytesMax) return `raise the stream's MaxRecordSizeInKiB (up to 10240) if it should go whole: the agent notices within minutes`;
  return `a delivery stream never takes more (1000 KiB)${policy === 'split' ? '' : '; oversizeRecords: split sends all of it, in pieces'}`;
}

export const events = {
  agentStarted: event<{ version: string; flows: number; config: string }>(
    'info',
    (f) => `kinship ${f.version} started: ${f.flows} flow(s) from ${f.config}`,
    { unlimited: true },
  ),
  agentStopping: event<{ reason: string; timeoutMs: number }>(
    'info',
    (f) => `stopping (${f.reason}): sending what is read, for at most ${f.timeoutMs} ms`,
    { unlimited: true },
  ),
  agentStopped: event<{ pendingBytes: number; uptimeSeconds: number }>('info', (f) =>
    f.pendingBytes === 0
      ? `stopped: everything that was read has been sent (up ${f.uptimeSeconds} s)`
      : `stopped with ${f.pendingBytes} bytes not yet accepted: they are read again at the next start`,
    { unlimited: true },
  ),
  deletedFilesUnsent: event<{ flow: string; files: number; bytes: number }>(
    'warn',
    (f) =>
      `${f.bytes} bytes of ${f.files} deleted file(s) were not accepted before the stop. The files have no name any more: the next start looks for the bytes in rotated or compressed copies, and counts what it does not find as lost. Before the next stop let the agent catch up (kinship status)`,
  ),
  positionsUnstored: event<{ seconds: number; reason: string; hint: string }>(
    'error',
    (f) =>
      `the positions of the last ${f.seconds} s could not be stored (${f.reason}): ${clause(f.hint)}; the next start sends again what was sent since`,
  ),
  fileFound: event<{ flow: string; path: string; position: number; sizeBytes: number }>(
    'debug',
    (f) => `${f.path}: reading from byte ${f.position} of ${f.sizeBytes}`,
  ),
  fileRotated: event<{ flow: string; path: string; to: string }>('debug', (f) => `${f.path} is now ${f.to}`),
  fileTruncated: event<{ flow: string; path: string; position: number; sizeBytes: number }>(
    'info',
    (f) =>
      `${f.path} was truncated or replaced (it has ${f.sizeBytes} bytes, ${f.position} were read): looking for a copy with the rest, reading the new content from its start`,
  ),
  fileContinued: event<{ flow: string; path: string; from: string; position: number }>(
    'info',
    (f) => `the rest of ${f.from} was found in ${f.path}: going on at byte ${f.position}`,
  ),
  fileFinished: event<{
    flow: string;
    path: string;
    lastPath: string;
    generation: number;
    /** Where the file's account begins. What stands before was another process's, or the flow's before a reload. */
    startBytes: number;
    /** Start + read + lost. */
    endBytes: number;
    readBytes: number;
    deliveredBytes: number;
    deliveredRecords: number;
    droppedBytes: number;
    dropped: string;
    lostBytes: number;
  }>(
    'info',
    (f) =>
      `${f.path} is finished${f.lastPath === f.path ? '' : ` (last seen as ${f.lastPath})`}: of ${f.readBytes} bytes read${f.startBytes === 0 ? '' : ` (from byte ${f.startBytes} on)`} ${f.deliveredBytes} were delivered in ${f.deliveredRecords} records` +
      `${f.dropped === '' ? '' : `; not sent: ${f.dropped}`}${f.lostBytes === 0 ? '' : `; ${f.lostBytes} bytes were gone before they could be read`}`,
    // The account of a generation: there is one for each, and none stands for another.
    { unlimited: true },
  ),
  deletedFileReleased: event<{ flow: string; path: string; seconds: number; bytes: number; unreadBytes: number; unsentBytes: number }>(
    'warn',
    (f) =>
      `${f.path} was deleted ${f.seconds} s ago and still took ${f.bytes} bytes of disk: the agent closed it, as deletedFiles says. ${f.unreadBytes} bytes were not read${f.unsentBytes > f.unreadBytes ? `, and ${f.unsentBytes - f.unreadBytes} are read but not accepted yet (a restart would lose those)` : ''}; raise keepSecondsMax or keepBytesMax, or find out why the agent is behind (kinship status)`,
  ),
  deliveredFileDeleted: event<{ flow: string; path: string; bytes: number }>(
    'info',
    (f) => `${f.path} (${f.bytes} bytes) is delivered to its last byte and was deleted, as afterDelivery says`,
  ),
  deliveredFileMoved: event<{ flow: string; path: string; to: string }>(
    'info',
    (f) => `${f.path} is delivered to its last byte and is now ${f.to}, as afterDelivery says`,
  ),
  afterDeliveryFailed: event<{ flow: string; path: string; reason: string; hint: string }>(
    'error',
    (f) =>
      `${f.path} is delivered but cannot be deleted or moved as afterDelivery says (${f.reason}): ${f.hint}; shipping goes on, the agent tries again by itself`,
  ),
  bytesLost: event<{ flow: string; path: string; bytes: number }>(
    'error',
    (f) =>
      `${f.bytes} bytes of ${f.path} were gone before they were accepted: keep rotated files for longer, rotate with "create" instead of "copytruncate", or find out why the agent was behind or stopped meanwhile (kinship status)`,
  ),
  fileUnreadable: event<{ flow: string; path: string; reason: string }>(
    'error',
    (f) =>
      `cannot read ${f.path} (${f.reason}): ${readHintAtLength(f.reason)}; the agent tries again by itself`,
    { stateOf: 'file' },
  ),
  fileReadableAgain: event<{ flow: string; path: string }>('info', (f) => `${f.path} can be read again`, { stateOf: 'file' }),
  openFilesBounded: event<{ configured: number; limit: number; openFilesMax: number }>(
    'warn',
    (f) =>
      `the process may open ${f.limit} files: at most ${f.openFilesMax} log files are held open, not ${f.configured} (openFilesMax); raise LimitNOFILE of the service (ulimit -n) or lower openFilesMax`,
  ),
  openFilesExhausted: event<{ flow: string; path: string }>(
    'error',
    (f) =>
      `too many open files: ${f.path} waits; raise LimitNOFILE of the service or lower openFilesMax; the agent tries again by itself`,
    { stateOf: 'file' },
  ),
  logLinesDropped: event<{ count: number; reason?: string | undefined }>(
    'warn',
    (f) =>
      `${f.count} log line(s) were dropped because ${f.reason === undefined ? 'nobody read the log fast enough' : `standard output could not be written (${f.reason})`}; shipping was not held up`,
  ),
  logLevelSwitched: event<{ to: string }>('warn', (f) => `log level is now ${f.to} (SIGUSR2 moves on to the next)`, { unlimited: true }),
  progress: event<{
    flows: number;
    filesTracked: number;
    readRecords: number;
    readBytes: number;
    deliveredRecords: number;
    deliveredBytes: number;
    droppedRecords: number;
    lostBytes: number;
    pendingBytes: number;
    lagBytes: number;
    lagSeconds: number;
    filesUnreadable: number;
    /** Destinations to which nothing goes until a person acts. */
    blocked: readonly string[];
    seconds: number;
  }>(
    'info',
    (f) =>
      `in ${f.seconds} s: read ${f.readRecords} records (${f.readBytes} bytes), delivered ${f.deliveredRecords} records (${f.deliveredBytes} bytes), ` +
      `dropped ${f.droppedRecords} records, lost ${f.lostBytes} bytes; now: ${f.flows} flow(s), ${f.filesTracked} file(s), ` +
      `${f.pendingBytes} bytes on their way, ${f.lagBytes} bytes (${f.lagSeconds} s) behind` +
      `${f.filesUnreadable === 0 ? '' : `; ${f.filesUnreadable} file(s) cannot be read`}` +
      `${f.blocked.length === 0 ? '' : `; nothing goes to ${f.blocked.join(', ')}`}`,
    { unlimited: true },
  ),
  metricsUploadFailed: event<{ errorCode: string; reason: string; hint: string; waitingCount: number }>(
    'warn',
    (f) =>
      `metrics do not reach CloudWatch (${f.errorCode}: ${f.reason}); ${f.waitingCount} are kept and tried again every interval, shipping goes on. ${f.hint} (or set cloudwatch.emitMetrics: false)`,
    { stateOf: 'metrics' },
  ),
  metricsUploadRecovered: event<{ waitingCount: number }>(
    'info',
    (f) => `metrics reach CloudWatch again; ${f.waitingCount} kept ones follow`,
    { stateOf: 'metrics' },
  ),
  metricsDropped: event<{ count: number; reason: string }>(
    'warn',
    (f) => `${f.count} metric(s) were given up: ${f.reason}`,
  ),
  metricsListening: event<{ address: string }>('info', (f) => `metrics and health are served at http://${f.address}`),
  serviceManagerUnreachable: event<{ reason: string }>(
    'warn',
    (f) => `cannot report the agent's state to systemd: ${f.reason}`,
  ),
  hintsOverflowed: event<{ flow: string }>(
    'warn',
    () =>
      'more files changed at once than the kernel can report: the agent looks at every file instead; if this repeats, raise the limit (sysctl -w fs.inotify.max_queued_events=65536)',
  ),
  hintsUnavailable: event<{ flow: string; reason: string }>('warn', (f) => `the kernel does not report changes, so the agent finds them by listing directories, a little later: ${f.reason}`),
  checkpointFailed: event<{ reason: string; hint: string }>(
    'error',
    (f) => `positions cannot be stored (${f.reason}): ${clause(f.hint)}; the agent tries again by itself and shipping goes on, but a crash now would repeat what was sent since`,
    { stateOf: 'positions' },
  ),
  checkpointRecovered: event<{ seconds: number }>('info', (f) => `positions are stored again, after ${f.seconds} s`, { stateOf: 'positions' }),
  checkpointRestored: event<{ path: string; setAside: string | undefined }>(
    'warn',
    (f) =>
      `the checkpoint file ${f.path} was deleted or replaced while it is in use: the agent wrote all positions there again, nothing is lost${f.setAside === undefined ? '' : `; what stood there is ${f.setAside} now`}; to move positions, stop kinship first`,
  ),
  checkpointEmpty: event<{ path: string }>(
    'error',
    (f) =>
      `the checkpoint file ${f.path} was there with nothing in it, as a power cut or a full disk leaves it: the agent begins anew in all files, where initialPosition says, so lines may be sent twice or, with END_OF_FILE, be missed; to keep positions, stop kinship and restore a backup of the file`,
    { unlimited: true },
  ),
  checkpointSetAside: event<{ path: string; reason: string }>(
    'error',
    (f) =>
      `the checkpoint file could not be used (${f.reason}) and was moved to ${f.path}: the agent begins anew in all files, where initialPosition says, so lines may be sent twice or, with END_OF_FILE, be missed; to keep positions, stop kinship and restore a backup of the file`,
    { unlimited: true },
  ),
  destinationBlocked: event<{ destination: string; code: string; reason: string; hint: string }>(
    'error',
    (f) =>
      `nothing goes to ${f.destination} (${f.code}: ${clause(f.reason)}): ${clause(f.hint)}; nothing is lost meanwhile, the agent tries again by itself`,
    { stateOf: 'destination' },
  ),
  destinationFailing: event<{ destination: string; code: string; reason: string; hint: string; failures: number }>(
    'warn',
    (f) => `${f.failures} requests to ${f.destination} in a row failed (${f.code}: ${clause(f.reason)}): ${clause(f.hint)}; nothing is lost meanwhile, the agent tries again by itself`,
    { stateOf: 'destination' },
  ),
  destinationRecovered: event<{ destination: string; code: string }>(
    'info',
    (f) => `${f.destination} takes records again (after ${f.code})`,
    { stateOf: 'destination' },
  ),
  recordsThrottled: event<{
    destination: string;
    refusedCount: number;
    acceptedCount: number;
    seconds: number;
    refusingShards: number;
    /** Shards that refused or took something meanwhile. */
    answeringShards: number;
    /** Open shards. Undefined: they are not listed, or the list is older than the shards that refuse. */
    shards: number | undefined;
    worst: string | undefined;
    worstCount: number;
  }>(
    'warn',
    (f) =>
      `${f.destination} refuses records, it is at its limit: ${f.refusedCount} refused and ${f.acceptedCount} accepted in ${f.seconds} s${f.worst === undefined ? '' : `, refused by ${f.refusingShards} of ${f.shards === undefined ? `the ${f.answeringShards} shard(s) that answered` : `its ${f.shards} shard(s)`}, most (${f.worstCount}) by ${f.worst}`}; they wait and are sent again, nothing is lost. ${f.destination.startsWith('DeliveryStream:') ? 'Ask for a higher quota of it (Service Quotas, Amazon Data Firehose), or send fewer records, of several lines each (aggregation: { format: newline })' : 'Raise its limit (more shards), or spread the partition key if one shard stands out (kinship status)'}`,
    // It has a pace of its own.
    { unlimited: true },
  ),
  recordsFlowAgain: event<{ destination: string }>('info', (f) => `${f.destination} no longer refuses records`, { unlimited: true }),
  recordRejected: event<{ destination: string; flow: string; code: string; reason: string; bytes: number; firstBytes: string }>(
    'error',
    (f) =>
      `${f.destination} will never take one record of ${f.bytes} bytes of flow ${f.flow} (${f.code}: ${f.reason}); it is left out and counted as rejected. It begins with: ${f.firstBytes}`,
  ),
  recordsDoubtful: event<{ destination: string; code: string; reason: string }>(
    'error',
    (f) =>
      `${f.destination} refuses every record as invalid (${f.code}: ${f.reason}), so the records are probably not to blame: none is dropped; check the stream's name or ARN, the endpoint and its record size limit; the agent tries again by itself`,
    { stateOf: 'destination' },
  ),
  requestTooLarge: event<{ destination: string; flow: string; code: string; reason: string; bytes: number; hint: string }>(
    'error',
    (f) => `one record of ${f.bytes} bytes of flow ${f.flow} cannot be delivered to ${f.destination} (${f.code}: ${f.reason}): it waits and is tried again. ${f.hint}`,
  ),
  linesUnparsable: event<{ flow: string; path: string; records: number; offset: number; line: string; why: string }>(
    'warn',
    (f) =>
      `${f.flow}: ${f.records} line(s) of ${f.path} could not be parsed, for example at byte ${f.offset}: ${f.why}: ${f.line}`,
  ),
  protocolFellBack: event<{ endpoint: string; reason: string }>(
    'info',
    (f) => `${f.endpoint} does not speak CBOR (${f.reason}): records are sent as JSON, which costs more CPU and a third more bytes`,
  ),
  /** `isAssumed`: nothing is known of the stream's limit. */
  recordOversize: event<{ flow: string; bytes: number; limitBytes: number; policy: string; isAssumed: boolean }>(
    'warn',
    (f) =>
      `a record of ${f.bytes} bytes is larger than its destination takes (${f.limitBytes}), so oversizeRecords: ${f.policy} was applied; ${oversizeAdvice(f)}`,
  ),
  linesOversize: event<{ flow: string; path: string; lines: number; bytes: number; lineBytesMax: number; policy: string }>(
    'warn',
    (f) =>
      `${f.lines} line(s) of ${f.path} are longer than lineBytesMax (${f.lineBytesMax}), so oversizeRecords: ${f.policy} was applied: ${f.bytes} bytes so far are not sent; oversizeRecords: split sends all of it in pieces, a higher lineBytesMax sends it whole (over 1MiB with a MaxRecordSizeInKiB of the stream to match)`,
  ),
  shardsUnknown: event<{ destination: string; code: string; reason: string; hint: string }>(
    'warn',
    (f) =>
      `the shards of ${f.destination} cannot be listed (${f.code}: ${clause(f.reason)}): until they can, records go one by one, which costs more requests. ${f.hint}`,
  ),
  shardsChanged: event<{ destination: string; shards: number }>('info', (f) => `${f.destination} has ${f.shards} open shard(s)`),
  streamFactsUnknown: event<{ destination: string; code: string; reason: string; hint: string }>(
    'warn',
    (f) =>
      `${f.destination} cannot be described (${f.code}: ${clause(f.reason)}): until it can, the agent assumes records of at most 1 MiB and RecordDistributionStrategy USER_PARTITION_KEY (set aggregation: { format: none } if it is AUTO). ${f.hint}`,
  ),
  aggregationOff: event<{ destination: string }>(
    'info',
    (f) =>
      `${f.destination} has RecordDistributionStrategy AUTO: its consumers cannot take KPL records, so records go one by one and partition keys are ignored; aggregation: { format: newline } packs lines`,
  ),
  routedStreamsExhausted: event<{ flow: string; stream: string; streamsMax: number }>(
    'error',
    (f) =>
      `records of flow ${f.flow} name more than ${f.streamsMax} streams; those for ${f.stream} go to streamFallback: choose a template with fewer values, or narrow streamsAllowed`,
  ),
  routesTooSlow: event<{ flow: string; path: string; records: number; offset: number }>(
    'warn',
    (f) =>
      `${f.records} record(s) of ${f.path}, the first at byte ${f.offset}, took no route, because a pattern in routes (matches) ran too long on them: make it simpler (kinship check names slow patterns); flow ${f.flow}`,
  ),
  multiLineTooSlow: event<{ flow: string; lines: number }>(
    'warn',
    (f) =>
      `${f.lines} line(s) of flow ${f.flow} were joined to the record before them, because a multi-line pattern ran too long on them: make it simpler (kinship check names slow patterns)`,
  ),
  footerTooSlow: event<{ flow: string; records: number }>(
    'warn',
    (f) =>
      `${f.records} record(s) of flow ${f.flow} were sent without the test whether they are footers, because fileFooterPattern ran too long on them: make it simpler (kinship check names slow patterns)`,
  ),
  partitionKeyMissing: event<{ flow: string; path: string; records: number }>(
    'warn',
    (f) =>
      `${f.records} record(s) of ${f.path} gave no partition key (missing, empty or over 256 characters): they got random ones, so their order is not kept; see partitionKey of flow ${f.flow}`,
  ),
  controlSocketRestored: event<{ path: string }>('warn', (f) => `the control socket ${f.path} was deleted; the agent made it again, and kinship status and reload work`),
  controlSocketUnavailable: event<{ path: string; reason: string }>(
    'warn',
    (f) => `no control socket at ${f.path} (${f.reason}): kinship status reads the checkpoint file instead; set controlSocket to a path this user may write`,
  ),
  reloaded: event<{ added: number; changed: number; removed: number; kept: number }>(
    'info',
    (f) => `config read again: flows ${f.added} added, ${f.changed} changed, ${f.removed} removed, ${f.kept} untouched`,
    { unlimited: true },
  ),
  restartNeeded: event<{ settings: string; service: string }>(
    'warn',
    (f) => `these settings were changed and take effect at the next start only: ${f.settings}; systemctl restart ${f.service}, nothing is lost by it`,
    { unlimited: true },
  ),
  configWarning: event<{ warning: string }>('warn', (f) => `the new config: ${f.warning}`, { unlimited: true }),
  reloadRefused: event<{ reasons: string }>('error', (f) => `the new config is not used, the old one goes on: ${f.reasons}`, { unlimited: true }),
  metricsPagesUnavailable: event<{ listen: string; reason: string }>(
    'error',
    (f) => `cannot listen at ${f.listen} (${f.reason}): /metrics and /health are not there; choose another prometheus.listen`,
  ),
} as const satisfies Record<string, EventKind<never>>;

export type EventName = keyof typeof events;
export type EventFields<Name extends EventName> = Parameters<(typeof events)[Name]['message']>[0];

/** Where events go: the logger, or the simulator's trace. Never throws. */
export interface EventSink {
  emit<Name extends EventName>(name: Name, fields: EventFields<Name>): void;
}
