/** A range of bytes that a request asks for, `end` exclusive; `unsatisfiable` when it lies beyond what there is. */
export type ByteRange = { readonly start: number; readonly end: number } | 'unsatisfiable';

/**
 * The `Range` header (RFC 9110 §14.2) for something of `sizeBytes`. Undefined when the whole is to be sent: without a header, and for
 * what is not a single range of bytes, as the standard allows.
 */
export function parseByteRange(header: string | undefined, sizeBytes: number): ByteRange | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.replaceAll(' ', '') ?? '');
  if (match === null) return undefined;
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return undefined;
  if (first === '') {
    const count = Math.min(Number(last), sizeBytes);
    return count === 0 ? 'unsatisfiable' : { start: sizeBytes - count, end: sizeBytes };
  }
  const start = Number(first);
  const end = last === '' ? sizeBytes : Math.min(Number(last) + 1, sizeBytes);
  if (last !== '' && Number(last) < start) return undefined;
  return start >= sizeBytes ? 'unsatisfiable' : { start, end };
}
