/** POSIX path arithmetic on the strings of `FileSystem` (node:path's `posix` never looks at the world). */
import { posix } from 'node:path';

export const { basename, dirname, join } = posix;
