/**
 * What systemd hears of the agent: READY, RELOADING, STOPPING, STATUS and the watchdog's ping. Source: sd_notify(3),
 * sd_watchdog_enabled(3).
 *
 * Invariant: telling never throws, never blocks and never fails the agent. A state change that did not get through is
 * sent again with the next message; a status line or ping that did not is simply followed by the next one.
 */
import { type NotifySocket, openNotifySocket } from './notify-socket.ts';

/** State messages that wait for a service manager that does not read: more than an agent sends in its life. */
const waitingCountMax = 8;

export interface ServiceManager {
  /** Ping at least this often, while work moves; `undefined`: nobody waits for pings. */
  readonly watchdogIntervalMs: number | undefined;
  /** The checkpoint is open, the flows are set. */
  ready(status: string): void;
  /** A new configuration is being taken over; `ready` ends it. */
  reloading(): void;
  stopping(status: string): void;
  /** One line for `systemctl status`. */
  status(line: string): void;
  watchdog(): void;
}

/** The service manager named in `env`, or a silent one. `onFault` hears once why nothing can be told. */
export async function openServiceManager(
  env: Readonly<Record<string, string | undefined>>,
  onFault: (fault: Error) => void,
): Promise<ServiceManager> {
  const address = env.NOTIFY_SOCKET;
  if (address === undefined || address === '') return silent;
  try {
    return new SystemdManager(await openNotifySocket(address), { watchdogIntervalMs: watchdogIntervalMs(env), onFault });
  } catch (error) {
    onFault(error instanceof Error ? error : new Error(String(error)));
    return silent;
  }
}

/** Half of WatchdogSec, as sd_watchdog_enabled(3) recommends; `undefined` where no watchdog waits for this process. */
export function watchdogIntervalMs(env: Readonly<Record<string, string | undefined>>): number | undefined {
  const periodUs = Number(env.WATCHDOG_USEC);
  const forUs = env.WATCHDOG_PID === undefined || Number(env.WATCHDOG_PID) === process.pid;
  return forUs && Number.isFinite(periodUs) && periodUs > 0 ? periodUs / 2000 : undefined;
}

const silent: ServiceManager = {
  watchdogIntervalMs: undefined,
  ready: () => undefined,
  reloading: () => undefined,
  stopping: () => undefined,
  status: () => undefined,
  watchdog: () => undefined,
};

class SystemdManager implements ServiceManager {
  readonly watchdogIntervalMs: number | undefined;
  readonly #socket: NotifySocket;
  readonly #onFault: (fault: Error) => void;
  #waiting: string[] = [];
  #told = false;

  constructor(
    socket: NotifySocket,
    options: { watchdogIntervalMs: number | undefined; onFault: (fault: Error) => void },
  ) {
    this.#socket = socket;
    this.watchdogIntervalMs = options.watchdogIntervalMs;
    this.#onFault = options.onFault;
  }

  ready(status: string): void {
    this.#sendState(`READY=1\nSTATUS=${oneLine(status)}`);
  }

  reloading(): void {
    const monotonicUs = process.hrtime.bigint() / 1000n;
    this.#sendState(`RELOADING=1\nMONOTONIC_USEC=${monotonicUs}\nSTATUS=reloading the configuration`);
  }

  stopping(status: string): void {
    this.#sendState(`STOPPING=1\nSTATUS=${oneLine(status)}`);
  }

  status(line: string): void {
    this.#send(`STATUS=${oneLine(line)}`);
  }

  watchdog(): void {
    this.#send('WATCHDOG=1');
  }

  #sendState(message: string): void {
    if (!this.#send(message)) this.#waiting = [...this.#waiting, message].slice(-waitingCountMax);
  }

  /** Waiting messages go first: states keep their order. */
  #send(message: string): boolean {
    try {
      while (this.#waiting[0] !== undefined) {
        if (!this.#socket.send(this.#waiting[0])) return false;
        this.#waiting.shift();
      }
      return this.#socket.send(message);
    } catch (error) {
      if (!this.#told) this.#onFault(error instanceof Error ? error : new Error(String(error)));
      this.#told = true;
      return false;
    }
  }
}

/** A newline would begin another assignment. */
function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
