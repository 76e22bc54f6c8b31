/** How a command ends. Values above 63 are those of sysexits.h (BSD). */
export const exitCodes = {
  done: 0,
  failed: 1,
  wrongUsage: 64,
  serviceUnavailable: 69,
  cannotWrite: 73,
  noPermission: 77,
  configError: 78,
} as const;
