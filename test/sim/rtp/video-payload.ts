import type { NalCodec } from '../h26x.ts';
import { joinRuns, MAX_PAYLOAD_BYTES, type PacketRun, packRun } from './packets.ts';

/** H.264 FU-A (RFC 6184, 5.8) and H.265 FU (RFC 7798, 4.4.3). */
const H264_FU_A = 28;
const H265_FU = 49;
const FU_START = 0x80;
const FU_END = 0x40;

/** JPEG has a number of its own (RFC 3551, table 5), all else the one that most cameras give it. */
export function videoPayloadType(codec: NalCodec | 'mjpeg'): number {
  return codec === 'mjpeg' ? 26 : 96;
}

/** Where a camera sets RTP's marker: at the end of a frame as the RFCs want it, nowhere, or at the end of each NAL unit. */
export type MarkerStyle = 'frame' | 'none' | 'every-nal';

/** How one track's packets are made. */
export interface NalPacking {
  readonly codec: NalCodec;
  readonly payloadType: number;
  readonly markers: MarkerStyle;
}

/** NAL units as packets; `endsFrame`: nothing of the same frame follows. */
export function packNals(nals: readonly Buffer[], packing: NalPacking, endsFrame: boolean): PacketRun {
  const { codec, payloadType, markers } = packing;
  const runs = nals.map((nal, i) => {
    const isLast = endsFrame && i === nals.length - 1;
    return packRun(payloadsOfNal(nal, codec), payloadType, markers === 'every-nal' || (markers === 'frame' && isLast));
  });
  return joinRuns(runs);
}

/**
 * A NAL unit as payloads of at most `MAX_PAYLOAD_BYTES`: as it is when it fits, else cut into fragments. Each payload is a list
 * of parts, so that nothing is copied before the packets are laid out.
 */
export function payloadsOfNal(nal: Buffer, codec: NalCodec): Buffer[][] {
  if (nal.length <= MAX_PAYLOAD_BYTES) return [[nal]];
  const headerBytes = codec === 'h264' ? 1 : 2;
  const perFragment = MAX_PAYLOAD_BYTES - headerBytes - 1;
  const payloads: Buffer[][] = [];
  for (let offset = headerBytes; offset < nal.length; offset += perFragment) {
    const isFirst = offset === headerBytes;
    const isLast = offset + perFragment >= nal.length;
    const position = (isFirst ? FU_START : 0) | (isLast ? FU_END : 0);
    payloads.push([fragmentHeader(nal, codec, position), nal.subarray(offset, offset + perFragment)]);
  }
  return payloads;
}

function fragmentHeader(nal: Buffer, codec: NalCodec, position: number): Buffer {
  if (codec === 'h264') return Buffer.from([(nal[0]! & 0xe0) | H264_FU_A, position | (nal[0]! & 31)]);
  return Buffer.from([(nal[0]! & 0x81) | (H265_FU << 1), nal[1]!, position | ((nal[0]! >> 1) & 63)]);
}
