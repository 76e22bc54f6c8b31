/** For ENOTCONN. Source: fuse(4). */
export const LOST_FILE_SYSTEM_HINT = 'the program behind this file system (FUSE) is gone: umount -l it and mount it again';

/**
 * What a person can do about a file that cannot be read, by the system's error code. Giving rights is advised only where
 * rights are missing. Source: errno(3), path_resolution(7), fuse(4).
 */
export function readHint(systemCode: string): string {
  if (systemCode.startsWith('compressed with ')) return 'kinship reads plain, gzip and zstd files: have it compressed so (logrotate: compresscmd), or exclude it';
  switch (systemCode) {
    case 'EACCES':
    case 'EPERM':
      return 'let the user that runs kinship read it, or exclude it';
    case 'EMFILE':
    case 'ENFILE':
      return 'raise LimitNOFILE';
    case 'ELOOP':
      return 'its symbolic links form a loop: correct them, or exclude it';
    case 'ENOTCONN':
      return LOST_FILE_SYSTEM_HINT;
    case 'ENAMETOOLONG':
      return 'its path is longer than the 4095 bytes that Linux opens: shorten it, bind-mount a part of it, or exclude it';
    case 'EAGAIN':
      return 'another process locks it, or it is no ordinary file: exclude it if it is none';
    case 'damaged compressed file':
      return 'it is not what its first bytes say, or was cut off (gzip -t, zstd -t): replace it, or exclude it';
    default:
      return 'look at the disk, and at what the kernel says of it (dmesg), or exclude it';
  }
}

/** The hint with examples of how to do it, for places with room for them. */
export function readHintAtLength(systemCode: string): string {
  const hint = readHint(systemCode);
  if (systemCode !== 'EACCES' && systemCode !== 'EPERM') return hint;
  return `${hint} (for example: usermod -aG adm kinship and a restart, or setfacl -m u:kinship:r FILE and x on its directories)`;
}
