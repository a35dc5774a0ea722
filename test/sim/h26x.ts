/** Codecs whose frames are NAL units. */
export type NalCodec = 'h264' | 'h265';

/** What the simulator must know of NAL units (H.264 table 7-1, H.265 table 7-1). */
export type NalRole = 'slice' | 'parameter-set' | 'delimiter' | 'sei' | 'other';

export function nalType(nal: Buffer, codec: NalCodec): number {
  return codec === 'h264' ? nal[0]! & 31 : (nal[0]! >> 1) & 63;
}

export function nalRole(nal: Buffer, codec: NalCodec): NalRole {
  const type = nalType(nal, codec);
  if (codec === 'h264') {
    if (type >= 1 && type <= 5) return 'slice';
    if (type === 7 || type === 8) return 'parameter-set';
    if (type === 9) return 'delimiter';
    return type === 6 ? 'sei' : 'other';
  }
  if (type < 32) return 'slice';
  if (type <= 34) return 'parameter-set';
  if (type === 35) return 'delimiter';
  return type === 39 ? 'sei' : 'other';
}

/** NAL units behind lengths of `lengthBytes`; stops at the first that does not fit, as in a sample of which only the start is at hand. */
export function splitNals(sample: Buffer, lengthBytes = 4): Buffer[] {
  const nals: Buffer[] = [];
  let offset = 0;
  while (offset + lengthBytes < sample.length) {
    const length = sample.readUIntBE(offset, lengthBytes);
    offset += lengthBytes;
    if (length === 0 || offset + length > sample.length) break;
    nals.push(sample.subarray(offset, offset + length));
    offset += length;
  }
  return nals;
}

/**
 * Filler data that a decoder skips (H.264 NAL type 12, H.265 type 38). It may stand only behind the first slice of its picture
 * (H.264 7.4.1.2.3, H.265 7.4.2.4.4).
 */
export function fillerNal(codec: NalCodec, sizeBytes: number): Buffer {
  const header = codec === 'h264' ? [12] : [38 << 1, 1];
  const nal = Buffer.alloc(Math.max(sizeBytes, header.length + 1), 0xff);
  nal.set(header);
  nal[nal.length - 1] = 0x80; // rbsp_trailing_bits
  return nal;
}
