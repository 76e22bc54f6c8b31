/**
 * What a person can do about a file that cannot be read, by what the system says. Rights help only where they are what is
 * missing. Source: errno(3), path_resolution(7).
 */
export function readHint(systemCode: string): string {
  switch (systemCode) {
    case 'EACCES':
    case 'EPERM':
      return 'let the user that runs kinship read it, or exclude it';
    case 'EMFILE':
    case 'ENFILE':
      return 'raise LimitNOFILE';
    case 'ELOOP':
      return 'its symbolic links lead in a circle: correct them, or exclude it';
    case 'EAGAIN':
      return 'another process locks it, or it is no ordinary file: exclude it if it is none';
    case 'damaged compressed file':
      return 'it is not what its first bytes say, or was cut off (gzip -t, zstd -t): replace it, or exclude it';
    default:
      return 'look at the disk, and at what the kernel says of it (dmesg), or exclude it';
  }
}

/** With how it is done, where there is room for that. */
export function readHintAtLength(systemCode: string): string {
  const hint = readHint(systemCode);
  if (systemCode !== 'EACCES' && systemCode !== 'EPERM') return hint;
  return `${hint} (for example: usermod -aG adm kinship and a restart, or setfacl -m u:kinship:r FILE and x on its directories)`;
}
