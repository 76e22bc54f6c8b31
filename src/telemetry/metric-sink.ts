/** Where stages count things: once a batch or a request, never once a line. Names and units stand in metrics.ts. */
export type MetricLabels = Readonly<Record<string, string>>;

export interface MetricSink {
  /** Adds to a counter. */
  count(name: string, amount: number, labels: MetricLabels): void;
  /** One value of a distribution. */
  observe(name: string, value: number, labels: MetricLabels): void;
}
