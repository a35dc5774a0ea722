import { h264Payloads, lengthPrefixed, rtpPacket } from '../rtp/rtp-packets.ts';

// A camera's baseline 640x480 sets, and slices whose content no parser looks at.
export const SPS = Buffer.from('6742c01ed900a03db016e1000003000100000300328f162e48', 'hex');
export const SPS_SMALL = Buffer.from('6742c00ad90411a10000030001000003003c8f122664', 'hex');
export const PPS = Buffer.from('68cb83cb20', 'hex');
export const SEI = Buffer.from('0605ffeeddcc80', 'hex');
export const AUD = Buffer.from('09f0', 'hex');
export const IDR = Buffer.from('658884aabbccddeeff1122', 'hex');
export const DELTA = Buffer.from('419a1122334455', 'hex');
export const SECOND_SLICE = Buffer.from('4140112233', 'hex');
export const FILLER = Buffer.from('0cffffff80', 'hex');

export interface Sent {
  nals: (Buffer | { payload: Buffer })[];
  time: number;
  /** Index of the payload with the marker; the last by default, -1: none. */
  marker?: number | 'all';
  lostPayloads?: number[];
  maxBytes?: number;
}

export function packetsOf(frames: Sent[], firstSequence = 65_530): Buffer[] {
  let sequence = firstSequence;
  return frames.flatMap(({ nals, time, marker, lostPayloads = [], maxBytes }) => {
    const payloads = nals.flatMap((nal) => (Buffer.isBuffer(nal) ? h264Payloads(nal, maxBytes) : [nal.payload]));
    const marked = marker ?? payloads.length - 1;
    const packets = payloads.map((payload, i) =>
      rtpPacket({ sequence: sequence++, timestamp: time, marker: marked === 'all' || i === marked, payload }),
    );
    return packets.filter((_, i) => !lostPayloads.includes(i));
  });
}

export const keyFrame = (time: number): Sent => ({ nals: [SPS, PPS, IDR], time });
export const delta = (time: number): Sent => ({ nals: [DELTA], time });
export const KEY = lengthPrefixed(SPS, PPS, IDR);
export const DELTA_UNIT = lengthPrefixed(DELTA);

export function stapA(...nals: Buffer[]): { payload: Buffer } {
  const parts = nals.flatMap((nal) => [Buffer.from([nal.length >> 8, nal.length & 0xff]), nal]);
  return { payload: Buffer.concat([Buffer.from([0x78]), ...parts]) };
}

export function startCode(length: number): Buffer {
  return Buffer.from([0, 0, 0, 1].slice(4 - length));
}
