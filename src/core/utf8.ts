/** Cutting bytes without cutting a character. Source: RFC 3629 §3 (a continuation byte is 10xxxxxx). */

/**
 * The largest cut in (start, limit] that does not stand inside a UTF-8 character of buffer[start, …). Where the bytes
 * around the limit are not UTF-8, the limit itself: invalid bytes pass through as they are.
 */
export function cutAtCharacter(buffer: Buffer, start: number, limit: number): number {
  let cut = limit;
  while (cut > start && limit - cut < 4 && ((buffer[cut] ?? 0) & 0xc0) === 0x80) cut -= 1;
  if (cut === start || limit - cut >= 4) return limit;
  return cut;
}
