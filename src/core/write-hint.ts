/**
 * What a person can do where something cannot be written, by the system's error code. Giving rights is advised only where rights
 * are missing. On a read-only file system nobody may write, and ProtectSystem= makes nearly all of them read-only for a service.
 * Source: errno(3), systemd.exec(5).
 */
export function writeHint(systemCode: string, paths: readonly string[]): string {
  const all = paths.join(' and ');
  if (systemCode !== 'EROFS') return `let the user that runs kinship write ${all}`;
  return `nobody can write ${all}: in the service allow it (systemctl edit kinship, or kinship@NAME: [Service] ReadWritePaths=${paths.join(' ')}, and a restart), elsewhere see why it is mounted read-only (findmnt, dmesg)`;
}
