/** What is wrong with a chain that its schema alone cannot tell. */
export interface PreprocessIssue {
  /** Below the flow: `['dataProcessingOptions', 0, 'matchPattern']`. */
  readonly path: readonly (string | number)[];
  /** What is wrong and what to write instead. */
  readonly message: string;
}

/** Thrown while a chain is built; `path` is below the option. */
export class OptionError extends Error {
  override name = 'OptionError';
  readonly path: readonly (string | number)[];

  constructor(path: readonly (string | number)[], message: string) {
    super(message);
    this.path = path;
  }
}
