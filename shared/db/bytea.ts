/**
 * Lists of bytea as parameters: the driver takes a list of buffers for one bytea.
 */

/** For `${byteaList(values)}::bytea[]`: bytes, or what stands for them in hex; null stays NULL. */
export function byteaList(values: readonly (Uint8Array | string | null)[]): string {
  return `{${values.map((value) => (value === null ? 'NULL' : `"\\\\x${hexOf(value)}"`)).join()}}`;
}

function hexOf(value: Uint8Array | string): string {
  if (typeof value === 'string') return value;
  const bytes = Buffer.isBuffer(value)
    ? value
    : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return bytes.toString('hex');
}
