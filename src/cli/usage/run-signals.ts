/**
 * Listens to the signals of `kinship run` from its first moment on: by default SIGHUP and SIGUSR2 end a process, and the service
 * manager may reload it as soon as it is ready. What a signal asks for before the agent runs is done once it does.
 */
import type { EventEmitter } from 'node:events';

export interface SignalActions {
  /** SIGHUP. */
  readonly onReload: () => void;
  /** SIGUSR2. */
  readonly onLevel: () => void;
  /** SIGTERM or SIGINT, for the second time. */
  readonly onSecondStop: () => void;
}

export class RunSignals {
  readonly #stop = Promise.withResolvers<string>();
  #stopAsked = false;
  #actions: SignalActions | undefined;
  /** Asked for before `follow` was called. */
  readonly #waiting = new Set<keyof SignalActions>();

  /** Listens to `source`, which is the process. */
  constructor(source: Pick<EventEmitter, 'on'>) {
    // Otherwise Node would open its inspector: whoever may send signals could then run code with the agent's rights.
    source.on('SIGUSR1', () => undefined);
    source.on('SIGHUP', () => this.#raise('onReload'));
    source.on('SIGUSR2', () => this.#raise('onLevel'));
    for (const signal of ['SIGTERM', 'SIGINT']) source.on(signal, () => this.#askStop(signal));
  }

  /** Does what was asked for so far, and whatever is asked for from now on. Resolves with the first signal that asks to stop. */
  follow(actions: SignalActions): Promise<string> {
    this.#actions = actions;
    for (const name of this.#waiting) actions[name]();
    this.#waiting.clear();
    return this.#stop.promise;
  }

  #raise(name: keyof SignalActions): void {
    if (this.#actions === undefined) this.#waiting.add(name);
    else this.#actions[name]();
  }

  #askStop(signal: string): void {
    if (this.#stopAsked) this.#raise('onSecondStop');
    this.#stopAsked = true;
    this.#stop.resolve(signal);
  }
}
