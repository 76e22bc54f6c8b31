/** Where a flow's records go: one destination, or several chosen by content. Made by destinations.ts. */
import type { RecordSink } from '../core/pipeline.ts';
import type { DestinationStatus } from '../core/status.ts';

export interface FlowSink extends RecordSink {
  status(): readonly DestinationStatus[];
  /** The flow ends; what is not settled stays so. Drain before. */
  close(): Promise<void>;
}
