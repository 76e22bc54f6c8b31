/**
 * Every event the agent can log: stable code, level, and the sentence a person reads. The one table.
 *
 * info = expected; warn = recovered by itself; error = a person must act, and `hint` says how. Never one per input line.
 */
export type EventLevel = 'debug' | 'info' | 'warn' | 'error';

interface EventKind<Fields> {
  readonly level: EventLevel;
  readonly message: (fields: Fields) => string;
}

function event<Fields>(level: EventLevel, message: (fields: Fields) => string): EventKind<Fields> {
  return { level, message };
}

export const events = {
  agentStarted: event<{ version: string; flows: number; config: string }>(
    'info',
    (f) => `kinship ${f.version} started: ${f.flows} flow(s) from ${f.config}`,
  ),
  agentStopping: event<{ reason: string; timeoutMs: number }>(
    'info',
    (f) => `stopping (${f.reason}): sending what is read, for at most ${f.timeoutMs} ms`,
  ),
  agentStopped: event<{ pendingBytes: number; uptimeSeconds: number }>('info', (f) =>
    f.pendingBytes === 0
      ? `stopped: everything read was delivered (up ${f.uptimeSeconds} s)`
      : `stopped with ${f.pendingBytes} bytes not yet accepted: they are read again at the next start`,
  ),
} as const satisfies Record<string, EventKind<never>>;

export type EventName = keyof typeof events;
export type EventFields<Name extends EventName> = Parameters<(typeof events)[Name]['message']>[0];

/** Where events go: the logger, or the simulator's trace. Never throws. */
export interface EventSink {
  emit<Name extends EventName>(name: Name, fields: EventFields<Name>): void;
}
