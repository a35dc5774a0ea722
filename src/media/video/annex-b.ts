/** Separates NAL units in a byte stream (H.264 and H.265 annex B). In RTP it should never occur; V380, Amatek and others send it. */
export const START_CODE = Buffer.from([0, 0, 1]);

/** The NAL units of a byte stream, without start codes and the zeros around them. Views, not copies. */
export function splitAtStartCodes(bytes: Buffer): Buffer[] {
  const pieces: Buffer[] = [];
  let from = 0;
  while (from <= bytes.length) {
    const next = bytes.indexOf(START_CODE, from);
    const piece = withoutTrailingZeros(bytes.subarray(from, next === -1 ? bytes.length : next));
    if (piece.length > 0) pieces.push(piece);
    if (next === -1) break;
    from = next + START_CODE.length;
  }
  return pieces;
}

/** A NAL unit ends with a stop bit, so zeros behind it are padding (or the first byte of a 4-byte start code). */
export function withoutTrailingZeros(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return bytes.subarray(0, end);
}
