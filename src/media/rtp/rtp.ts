/** Fields of an RTP packet (RFC 3550 §5.1). One object per stream is filled again and again: 12,000 packets a second make no garbage. */
export class RtpPacket {
  payloadType = 0;
  hasMarker = false;
  sequence = 0;
  timestamp = 0;
  ssrc = 0;
  /** Where the payload lies in the bytes that were parsed. */
  payloadStart = 0;
  payloadEnd = 0;
  /** Where the extension's four bytes of type and length lie, and where it ends; both 0 without one. */
  extensionStart = 0;
  extensionEnd = 0;
}

const FIXED_HEADER_BYTES = 12;

/** Reads the packet in `bytes[start, end)`. False when it is not a whole RTP packet of version 2. */
export function readRtpPacket(bytes: Buffer, start: number, end: number, into: RtpPacket): boolean {
  if (end - start < FIXED_HEADER_BYTES) return false;
  const first = bytes[start]!;
  if (first >> 6 !== 2) return false;
  const second = bytes[start + 1]!;
  let payloadStart = start + FIXED_HEADER_BYTES + 4 * (first & 0x0f);
  let payloadEnd = end;
  let extensionStart = 0;
  if ((first & 0x10) !== 0) {
    if (payloadStart + 4 > end) return false;
    extensionStart = payloadStart;
    payloadStart += 4 + 4 * ((bytes[payloadStart + 2]! << 8) | bytes[payloadStart + 3]!);
  }
  if ((first & 0x20) !== 0) payloadEnd -= bytes[end - 1]!;
  if (payloadStart > payloadEnd) return false;
  into.payloadType = second & 0x7f;
  into.hasMarker = (second & 0x80) !== 0;
  into.sequence = (bytes[start + 2]! << 8) | bytes[start + 3]!;
  into.timestamp = readU32(bytes, start + 4);
  into.ssrc = readU32(bytes, start + 8);
  into.payloadStart = payloadStart;
  into.payloadEnd = payloadEnd;
  into.extensionStart = extensionStart;
  into.extensionEnd = extensionStart === 0 ? 0 : payloadStart;
  return true;
}

function readU32(bytes: Buffer, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

/** Turns 32-bit timestamps into numbers that do not wrap. Steps of up to 2^31 ticks in both directions are taken as they are. */
export class TimestampUnwrapper {
  #last: number | undefined;

  push(timestamp: number): number {
    if (this.#last === undefined) {
      this.#last = timestamp;
      return timestamp;
    }
    // `| 0` makes the difference signed: B-frames go back, a wrap goes on.
    this.#last += (timestamp - (this.#last % 2 ** 32)) | 0;
    return this.#last;
  }

  /** The same number without following it: what others say about this clock must not move it. Undefined before the first packet. */
  peek(timestamp: number): number | undefined {
    return this.#last === undefined ? undefined : this.#last + ((timestamp - (this.#last % 2 ** 32)) | 0);
  }
}
