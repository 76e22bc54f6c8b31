/** Where stages count things: once a batch or a request, never once a line. Names and units stand in metrics.ts. */
import type { MetricLabel, StageMetric } from './metrics.ts';

/** A metric takes those of its own dimensions and leaves the others: one object may serve a whole destination. */
export type MetricLabels = Readonly<Partial<Record<MetricLabel, string>>>;

export interface MetricSink {
  /** Adds to a counter. */
  count(name: StageMetric, amount: number, labels: MetricLabels): void;
  /** One value of a distribution. */
  observe(name: StageMetric, value: number, labels: MetricLabels): void;
}

/** Hands everything on to each of `sinks`. */
export function fanOut(sinks: readonly MetricSink[]): MetricSink {
  return {
    count: (name, amount, labels) => {
      for (const sink of sinks) sink.count(name, amount, labels);
    },
    observe: (name, value, labels) => {
      for (const sink of sinks) sink.observe(name, value, labels);
    },
  };
}
