import type { ProcessingOption } from './config.ts';
import type { Stage } from './stage.ts';
import type { PreprocessEnvironment } from './environment.ts';
import { OptionError } from './problem.ts';
import type { Compatibility } from './config.ts';
export function createNativeStage(option: ProcessingOption, _settings: { compatibility: Compatibility; environment: PreprocessEnvironment }): Stage {
  throw new OptionError(['optionName'], option.optionName);
}
