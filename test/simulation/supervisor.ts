/**
 * The service manager and its enemies: starts the agent, kills it between any two events, asks it to stop with little
 * time, starts it again, and lets the wall clock jump.
 *
 * Invariant: a dead agent's ports never call back; the next agent knows only the disk and the store.
 */
import { StoreFault } from '../../src/core/errors.ts';
import type { FaultPlan } from './fault-plan.ts';
import type { LifeSpan } from './excuses.ts';
import { Life, type SimClock } from './sim-clock.ts';
import type { SimRandom } from './sim-random.ts';
import type { Trace } from './trace.ts';

/** One agent process as the supervisor sees it. */
export interface AgentProcess {
  start(): Promise<void>;
  stop(timeoutMs: number): Promise<void>;
  /** Bytes read and not resolved. */
  pendingBytes(): number;
}

interface SupervisorParts {
  readonly clock: SimClock;
  readonly random: SimRandom;
  readonly faults: FaultPlan;
  readonly trace: Trace;
  readonly spawn: (life: Life) => AgentProcess;
  /** The process ended without having stopped cleanly. */
  readonly onCrash: () => void;
  readonly violated: (what: string) => void;
}

/** An agent that is asked to stop may take this much longer than its deadline; more if calls to the disk are slow. */
const STOP_GRACE_MS = 3000;
const STOP_GRACE_SLOW_MS = 60_000;

export class Supervisor {
  readonly #parts: SupervisorParts;
  readonly lives: LifeSpan[] = [];
  /** Times at which a life ended before everything that it had read was sent and stored. */
  readonly crashes: number[] = [];
  #life: Life | undefined;
  #agent: AgentProcess | undefined;
  #stopping = false;

  constructor(parts: SupervisorParts) {
    this.#parts = parts;
  }

  get #graceMs(): number {
    return this.#parts.faults.has('slow-disk') ? STOP_GRACE_SLOW_MS : STOP_GRACE_MS;
  }

  get agent(): AgentProcess | undefined {
    return this.#agent;
  }

  /** Starts the agent and plans its deaths. */
  begin(): void {
    const { clock, random, faults } = this.#parts;
    clock.schedule(faults.has('late-start') ? random.between(0, 10_000) : random.between(0, 50), () => this.#start());
    for (const window of faults.windows('crash')) clock.schedule(window.fromMs, () => this.#crash());
    for (const window of faults.windows('terminate')) clock.schedule(window.fromMs, () => this.#terminate());
    for (const window of faults.windows('clock-jump')) {
      clock.schedule(window.fromMs, () => {
        clock.wallOffsetMs += random.pick([-1, 1]) * random.between(0, 4_000_000);
      });
    }
    // Once the world is well, the agent runs.
    clock.schedule(faults.healMs, () => {
      if (this.#life === undefined) this.#start();
    });
  }

  /** Asks the agent to stop and waits until it has. An agent that takes too long is a violation. */
  async stop(timeoutMs: number): Promise<void> {
    const { clock, violated } = this.#parts;
    let stopped = false;
    this.#stop(timeoutMs, () => {
      stopped = true;
    });
    await clock.runUntil(clock.nowMs + timeoutMs + this.#graceMs, () => stopped);
    if (!stopped) violated(`the agent did not stop within ${timeoutMs + this.#graceMs} ms`);
  }

  #start(): void {
    const { clock, trace, spawn, violated } = this.#parts;
    if (this.#life !== undefined) return;
    trace.note('process', 'start');
    const life = new Life();
    this.#life = life;
    this.lives.push({ fromMs: clock.nowMs, toMs: Infinity });
    this.#agent = spawn(life);
    clock.wake();
    this.#agent.start().catch((failure: unknown) => {
      // The service manager starts the agent again. An agent that could not read its store cannot have changed anything.
      if (!(failure instanceof StoreFault)) violated(`the agent did not start: ${String(failure)}`);
      this.#end({ clean: true });
      clock.schedule(1000, () => this.#start());
    });
  }

  #crash(): void {
    const { clock, trace, random } = this.#parts;
    if (this.#life === undefined) return;
    trace.note('process', 'crash');
    this.#end({ clean: false });
    clock.schedule(random.pick([10, 1000, 9000]) * random.between(0.2, 1), () => this.#start());
  }

  #terminate(): void {
    const { clock, random, trace } = this.#parts;
    if (this.#life === undefined || this.#stopping) return;
    const timeoutMs = random.pick([0, 50, 2000]);
    trace.note('process', 'terminate', '', timeoutMs);
    const life = this.#life;
    const restart = () => clock.schedule(random.pick([10, 1000, 5000]), () => this.#start());
    clock.schedule(timeoutMs + this.#graceMs, () => {
      if (this.#life === life) this.#parts.violated(`the agent did not stop within ${timeoutMs + this.#graceMs} ms`);
    });
    this.#stop(timeoutMs, restart);
  }

  #stop(timeoutMs: number, then: () => void): void {
    const { clock } = this.#parts;
    const life = this.#life;
    const agent = this.#agent;
    if (life === undefined || agent === undefined) return then();
    this.#stopping = true;
    // From now on the agent reads nothing new, so it owes no new lines.
    this.#closeSpan();
    clock.wake();
    agent.stop(timeoutMs).then(
      () => {
        if (!life.alive) return;
        this.#end({ clean: agent.pendingBytes() === 0 });
        then();
      },
      (failure: unknown) => this.#parts.violated(`stopping failed: ${String(failure)}`),
    );
  }

  #end({ clean }: { clean: boolean }): void {
    const { clock, trace, faults, onCrash } = this.#parts;
    this.#closeSpan();
    this.#life?.end();
    this.#life = undefined;
    this.#agent = undefined;
    this.#stopping = false;
    trace.note('process', clean ? 'ended' : 'ended early');
    const stored = faults.rate('store-busy', clock.nowMs) === 0 && faults.rate('store-full', clock.nowMs) === 0;
    if (!clean || !stored) this.crashes.push(clock.nowMs);
    if (!clean) onCrash();
  }

  #closeSpan(): void {
    const span = this.lives.at(-1);
    if (span !== undefined && span.toMs === Infinity) span.toMs = this.#parts.clock.nowMs;
  }
}
