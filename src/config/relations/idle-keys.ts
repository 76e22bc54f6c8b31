/**
 * Finds keys of a flow that were written but have no effect beside the others. Only the file's tree shows them: in the checked
 * config a default looks the same as a written value.
 */
import { nodeAt, type Located } from '../issues/located.ts';
import { type Problem, warning } from '../issues/problem.ts';
import type { CheckedFlow } from './relations.ts';

export function idleKeyProblems(root: Located, flows: readonly CheckedFlow[]): readonly Problem[] {
  return flows.flatMap(({ index, flow, complete }) => {
    if (!complete) return [];
    const idle = (path: readonly string[], needs: string): readonly Problem[] => {
      const whole = ['flows', index, ...path];
      return nodeAt(root, whole) === undefined ? [] : [warning(whole, `${path.join('.')} has no effect ${needs}`)];
    };
    const joins =
      flow.multiLineStartPattern ?? flow.multiLineContinuationPattern ?? flow.multiLineEndPattern ??
      flow.dataProcessingOptions?.find((option) => option.optionName === 'CONTAINER');
    const format = flow.aggregation?.format ?? (flow.deliveryStream === undefined ? 'kpl' : 'none');
    return [
      ...(joins === undefined ? ['multiLineTimeoutMillis', 'multiLineLinesMax'] : []).flatMap((key) =>
        idle([key], 'where lines are not joined: set multiLineStartPattern, or remove it'),
      ),
      ...(flow.afterDelivery === 'keep' ? idle(['afterDeliverySeconds'], 'without afterDelivery: delete or move') : []),
      ...(format === 'none' ? idle(['aggregation', 'recordBytesMax'], 'where records are not packed: set aggregation.format, or remove it') : []),
    ];
  });
}
