/** The files a config is made of, as the loader sees them: a port, so that tests and the simulator bring their own. */
export interface ConfigText {
  readonly text: string;
  /** Whether others than the file's owner can read it. */
  readonly readableByOthers: boolean;
  /** Where in `text` the first bytes stand that are not UTF-8; undefined: all are. */
  readonly notUtf8At?: number | undefined;
}

/** Every method rejects with a `FileFault` and with nothing else. */
export interface ConfigReader {
  read(path: string): Promise<ConfigText>;
  /** Names of the regular files in a directory, in no order. */
  list(directory: string): Promise<readonly string[]>;
}
