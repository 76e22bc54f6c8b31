/**
 * What a person can do where something cannot be written, by what the system says. Rights help only where they are what is
 * missing: on a read-only file system, which ProtectSystem= makes of nearly all of them for a service, nobody may write.
 * Source: errno(3), systemd.exec(5).
 */
export function writeHint(systemCode: string, paths: readonly string[]): string {
  const all = paths.join(' and ');
  if (systemCode !== 'EROFS') return `let the user that runs kinship write ${all}`;
  return `nobody can write ${all}: in the service allow it (systemctl edit kinship, or kinship@NAME: [Service] ReadWritePaths=${paths.join(' ')}, and a restart), elsewhere see why it is mounted read-only (findmnt, dmesg)`;
}
