/**
 * Value of the dimension `Instance`, as the Java agent's: the EC2 instance id, else the host name.
 *
 * Off EC2 nobody ever answers, and right after boot the metadata service may not answer yet. So the start does not wait for the
 * service: the host name stands in, and the service is asked again. Invariant: the value changes at most once, to the id, and never
 * back. Dashboards and alarms rely on that: the machine is still the same instance where the service cannot be reached later.
 */
import { hostname } from 'node:os';
import type { Clock } from '../../core/ports.ts';
import type { InstanceNames } from '../../telemetry/cloudwatch.ts';
import type { Environment } from '../network/connection.ts';
import { instanceMetadata } from './instance-metadata.ts';

/** Off EC2 each question costs a connection that fails. With uploads every minute, the service is asked again before the first upload. */
const ASKED_AGAIN_MS = 30_000;

export class InstanceName implements InstanceNames {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #environment: Environment;
  #id: string | undefined;
  #askedMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Pick<Clock, 'monotonicMs'>, environment: Environment) {
    this.#clock = clock;
    this.#environment = environment;
  }

  get name(): string {
    return this.#id ?? hostname();
  }

  async look(): Promise<void> {
    const nowMs = this.#clock.monotonicMs();
    if (this.#id !== undefined || nowMs - this.#askedMs < ASKED_AGAIN_MS) return;
    this.#askedMs = nowMs;
    this.#id = (await instanceMetadata('/latest/meta-data/instance-id', this.#environment)) || undefined;
  }
}
