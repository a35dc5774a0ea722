import { type NalCodec, nalRole } from './h26x.ts';

/**
 * Every access unit that the simulator sends is numbered, so that what was recorded can be compared with what was sent, frame by
 * frame. The number travels as SEI `user_data_unregistered` (H.264 D.1.7, H.265 D.2.7):
 *
 *     uuid (16) | camera (u32 BE) | frame (u64 BE)
 */
export interface FrameNumber {
  readonly camera: number;
  /** Counted in decoding order since the camera started; goes on over loops of the clip and over reconnects. */
  readonly frame: number;
}

const UUID = Buffer.from('686f6c646661737473696d0000000001', 'hex');
const USER_DATA_UNREGISTERED = 5;
const PAYLOAD_BYTES = UUID.length + 4 + 8;

/** A NAL unit with its header. Its length depends on the numbers: zeroes in them are escaped. */
export function buildFrameNumberSei(codec: NalCodec, number: FrameNumber): Buffer {
  const rbsp = Buffer.alloc(2 + PAYLOAD_BYTES + 1);
  rbsp[0] = USER_DATA_UNREGISTERED;
  rbsp[1] = PAYLOAD_BYTES;
  UUID.copy(rbsp, 2);
  rbsp.writeUInt32BE(number.camera, 18);
  rbsp.writeUInt32BE(Math.floor(number.frame / 2 ** 32), 22);
  rbsp.writeUInt32BE(number.frame % 2 ** 32, 26);
  rbsp[30] = 0x80; // rbsp_trailing_bits
  return escapeRbsp(codec === 'h264' ? [6] : [39 << 1, 1], rbsp);
}

/** The number in a NAL unit, or undefined for any other. */
export function parseFrameNumberSei(nal: Buffer, codec: NalCodec): FrameNumber | undefined {
  if (nal.length === 0 || nalRole(nal, codec) !== 'sei') return undefined;
  const rbsp = unescapeRbsp(nal.subarray(codec === 'h264' ? 1 : 2));
  let offset = 0;
  // Several messages may share a NAL unit; the last byte is the trailing bits.
  while (offset + 2 < rbsp.length) {
    let type = 0;
    while (rbsp[offset] === 0xff) type += rbsp[offset++]!;
    type += rbsp[offset++] ?? 0;
    let size = 0;
    while (rbsp[offset] === 0xff) size += rbsp[offset++]!;
    size += rbsp[offset++] ?? 0;
    const payload = rbsp.subarray(offset, offset + size);
    if (type === USER_DATA_UNREGISTERED && payload.length === PAYLOAD_BYTES && payload.subarray(0, 16).equals(UUID)) {
      return {
        camera: payload.readUInt32BE(16),
        frame: payload.readUInt32BE(20) * 2 ** 32 + payload.readUInt32BE(24),
      };
    }
    offset += size;
  }
  return undefined;
}

/** Emulation prevention (H.264 7.4.1.1, H.265 7.4.2): a 3 goes in after two zeroes that a byte up to 3 would follow. */
function escapeRbsp(header: number[], rbsp: Buffer): Buffer {
  const out = Buffer.alloc(header.length + Math.ceil(rbsp.length * 1.5));
  out.set(header);
  let length = header.length;
  let zeros = 0;
  for (const byte of rbsp) {
    if (zeros === 2 && byte <= 3) {
      out[length++] = 3;
      zeros = 0;
    }
    out[length++] = byte;
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return out.subarray(0, length);
}

function unescapeRbsp(escaped: Buffer): Buffer {
  const out = Buffer.alloc(escaped.length);
  let length = 0;
  let zeros = 0;
  for (const byte of escaped) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    out[length++] = byte;
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return out.subarray(0, length);
}
