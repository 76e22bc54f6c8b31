/** What preprocessing may know of the machine, handed in by the composition root. */
import type { InstanceMetadata } from '../../core/instance-metadata.ts';

export interface PreprocessEnvironment {
  readonly hostName: string;
  readonly instanceMetadata: InstanceMetadata;
  /** The machine's offset from UTC at a moment, minutes; east is positive. */
  utcOffsetMinutes(wallMs: number): number;
}
