/** Builds the steps of a chain, in order. */
import type { Compatibility, ProcessingOption } from './config.ts';
import type { PreprocessEnvironment } from './stage/environment.ts';
import { createJavaStage } from './java-stages.ts';
import { createNativeStage } from './native-stages.ts';
import type { Stage } from './stage/stage.ts';

export interface ChainSettings {
  readonly processing: readonly ProcessingOption[];
  readonly compatibility: Compatibility;
  readonly environment: PreprocessEnvironment;
}

/** The steps of `settings.processing`. Throws an `OptionError` for an option that cannot be used. */
export function createStages(settings: ChainSettings): readonly Stage[] {
  return settings.processing.map((option) => createStage(option, settings));
}

/** One step; the Java agent's way of it, where asked for and where it has one. */
export function createStage(option: ProcessingOption, settings: Omit<ChainSettings, 'processing'>): Stage {
  const java = settings.compatibility === 'amazon-kinesis-agent';
  return (java ? createJavaStage(option, settings.environment) : undefined) ?? createNativeStage(option, settings.environment);
}
