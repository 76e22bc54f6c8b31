/**
 * Reads `dataProcessingOptions` of an agent.json as loosely as the Java agent does, so that the schema can be strict:
 * scalars where text is expected, lists that are not lists, unknown parse options.
 */
const parseOptions = new Set<unknown>(['NO_TRIM', 'ESCAPE_NEW_LINE']);

/**
 * What the schema takes for the value of `key` within one option; the value itself where it needs no change, `undefined`
 * where the Java agent would act as if the key were not there.
 */
export function looseOptionValue(key: string, value: unknown): unknown {
  switch (key) {
    case 'parseOptions':
      // Read with a fallback: what is no list counts as left out, what is no option as not there.
      if (!Array.isArray(value)) return undefined;
      return value.every((item) => parseOptions.has(item)) ? value : value.filter((item) => parseOptions.has(item));
    case 'delimiter':
    case 'matchPattern':
      // Java compiles the empty pattern, which matches between all characters.
      return value === null ? undefined : value === '' ? '(?:)' : text(value);
    case 'timestamp':
      return typeof value === 'string' && /^(?:true|false)$/i.test(value) ? value.toLowerCase() : value;
    case 'metadataTTL': {
      const seconds = Number(text(value));
      return Number.isInteger(seconds) && seconds > 0 ? seconds : undefined;
    }
    default:
      return value;
  }
}

function text(value: unknown): unknown {
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
}
