/**
 * Lists of bytea as parameters: the driver takes a list of buffers for one bytea.
 */

/** For `${byteaTexts(values)}::text[]::bytea[]`: bytes, or what stands for them in hex; null stays NULL. */
export function byteaTexts(values: readonly (Uint8Array | string | null)[]): string[] {
  // The driver's types know no NULL in a list; it sends them all the same.
  return values.map((value) => value && `\\x${hexOf(value)}`) as string[];
}

function hexOf(value: Uint8Array | string): string {
  if (typeof value === 'string') return value;
  const bytes = Buffer.isBuffer(value)
    ? value
    : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return bytes.toString('hex');
}
