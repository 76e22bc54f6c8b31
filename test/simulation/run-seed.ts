/** Runs one seed from beginning to end and says what came of it. */
import { World, type WorldOptions } from './world.ts';

export interface SeedReport {
  readonly seed: number;
  /** What was wrong; undefined when nothing was. */
  readonly failure: string | undefined;
  /** Equal for equal runs. */
  readonly digest: string;
  readonly faults: readonly string[];
  readonly scenario: string;
  /** The last events, oldest first. */
  readonly lastEvents: readonly string[];
  readonly counts: {
    readonly events: number;
    readonly lines: number;
    readonly puts: number;
    readonly rotations: number;
    readonly lives: number;
  };
}

/**
 * Never rejects: a bug that throws is a failure like any other. Only one run at a time in a process, because process-wide
 * handlers catch the rejections that nobody awaits.
 */
export async function runSeed(options: WorldOptions): Promise<SeedReport> {
  let thrown: unknown;
  const onThrown = (failure: unknown) => {
    thrown ??= failure;
  };
  process.on('unhandledRejection', onThrown);
  process.on('uncaughtException', onThrown);
  const world = new World(options);
  try {
    await world.run();
  } catch (failure) {
    onThrown(failure);
  } finally {
    process.off('unhandledRejection', onThrown);
    process.off('uncaughtException', onThrown);
  }
  const { oracle, trace, clock, kinesis, rotators, supervisor, scenario, faults } = world;
  return {
    seed: options.seed,
    failure: thrown === undefined ? oracle.violation : textOf(thrown),
    digest: trace.digest,
    faults: faults.enabled,
    scenario: JSON.stringify(scenario, undefined, 1),
    lastEvents: trace.lines(),
    counts: {
      events: clock.eventCount,
      lines: oracle.acceptedLines,
      puts: kinesis.putCount,
      rotations: rotators.reduce((sum, rotator) => sum + rotator.rotations, 0),
      lives: supervisor.lives.length,
    },
  };
}

function textOf(failure: unknown): string {
  return failure instanceof Error ? (failure.stack ?? failure.message) : String(failure);
}
