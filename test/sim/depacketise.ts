import type { NalCodec } from './h26x.ts';

/** What a client makes of RTP, for the simulator's own tests. */
export interface RtpHeader {
  readonly hasMarker: boolean;
  readonly payloadType: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
}

export function parseRtp(packet: Buffer): RtpHeader & { readonly payload: Buffer } {
  return {
    hasMarker: (packet[1]! & 0x80) !== 0,
    payloadType: packet[1]! & 0x7f,
    sequence: packet.readUInt16BE(2),
    timestamp: packet.readUInt32BE(4),
    ssrc: packet.readUInt32BE(8),
    payload: packet.subarray(12),
  };
}

export interface ReceivedFrame {
  readonly timestamp: number;
  readonly nals: Buffer[];
}

/** Puts whole packets in order together again; frames end with the marker. */
export function reassemble(packets: readonly Buffer[], codec: NalCodec): ReceivedFrame[] {
  const frames: ReceivedFrame[] = [];
  let nals: Buffer[] = [];
  let fragments: Buffer[] = [];
  for (const packet of packets) {
    const { payload, hasMarker, timestamp } = parseRtp(packet);
    const fragment = readFragment(payload, codec);
    if (!fragment) nals.push(payload);
    else {
      if (fragment.isFirst) fragments = [fragment.nalHeader];
      fragments.push(fragment.data);
      if (fragment.isLast) nals.push(Buffer.concat(fragments));
    }
    if (hasMarker) {
      frames.push({ timestamp, nals });
      nals = [];
    }
  }
  return frames;
}

function readFragment(payload: Buffer, codec: NalCodec) {
  if (codec === 'h264') {
    if ((payload[0]! & 31) !== 28) return undefined;
    const nalHeader = Buffer.from([(payload[0]! & 0xe0) | (payload[1]! & 31)]);
    return {
      nalHeader,
      isFirst: (payload[1]! & 0x80) !== 0,
      isLast: (payload[1]! & 0x40) !== 0,
      data: payload.subarray(2),
    };
  }
  if (((payload[0]! >> 1) & 63) !== 49) return undefined;
  const nalHeader = Buffer.from([(payload[0]! & 0x81) | ((payload[2]! & 63) << 1), payload[1]!]);
  return {
    nalHeader,
    isFirst: (payload[2]! & 0x80) !== 0,
    isLast: (payload[2]! & 0x40) !== 0,
    data: payload.subarray(3),
  };
}
