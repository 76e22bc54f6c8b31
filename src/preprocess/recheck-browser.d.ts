/** The pure JavaScript build of recheck, which the package ships without types of its own. */
declare module 'recheck/lib/browser.js' {
  import type { Diagnostics } from 'recheck';
  interface Analyser {
    checkSync(source: string, flags: string, parameters: { timeout: number }): Diagnostics;
  }
  const analyser: Analyser;
  export default analyser;
}
