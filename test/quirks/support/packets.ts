import { encodeInterleaved } from '../../../src/protocols/rtsp/message.ts';
import { h264Payloads, h265Payloads, rtpPacket } from '../../media/rtp/rtp-packets.ts';

export interface SenderOptions {
  readonly channel?: number;
  readonly payloadType?: number;
  readonly ssrc?: number;
  readonly codec?: 'h264' | 'h265';
}

export interface PictureOptions {
  /** Which payload has the marker; the last one by default. */
  readonly marker?: number | 'none' | 'all';
  /** Larger NAL units come in fragments. */
  readonly maxBytes?: number;
  /** Indexes of payloads that never arrive. */
  readonly lost?: readonly number[];
}

/** One RTP sender of a camera: numbers its packets, and puts each into an interleaved frame. */
export class Sender {
  readonly #options: Required<SenderOptions>;
  // Close before the wrap, so that every case passes over it.
  #sequence = 65_533;

  constructor(options: SenderOptions = {}) {
    this.#options = { channel: 0, payloadType: 96, ssrc: 0x1234, codec: 'h264', ...options };
  }

  /** One picture out of NAL units; those of `payload` go as they are, in a packet of their own. */
  picture(time: number, nals: readonly (Buffer | { payload: Buffer })[], options: PictureOptions = {}): Buffer[] {
    const split = this.#options.codec === 'h264' ? h264Payloads : h265Payloads;
    const payloads = nals.flatMap((nal) => (Buffer.isBuffer(nal) ? split(nal, options.maxBytes) : [nal.payload]));
    const { marker = payloads.length - 1, lost = [] } = options;
    return payloads
      .map((payload, i) => this.packet(time, payload, marker === 'all' || marker === i))
      .filter((_, i) => !lost.includes(i));
  }

  /** One packet in its frame. */
  packet(timestamp: number, payload: Buffer, marker = false): Buffer {
    const { channel, payloadType, ssrc } = this.#options;
    const sequence = this.#sequence++;
    return encodeInterleaved(channel, rtpPacket({ payloadType, ssrc, sequence, timestamp, marker, payload }));
  }
}

/** Several NAL units in one packet: STAP-A of RFC 6184, or the aggregation packet of RFC 7798. */
export function aggregate(codec: 'h264' | 'h265', ...nals: readonly Buffer[]): { payload: Buffer } {
  const parts = nals.flatMap((nal) => [Buffer.from([nal.length >> 8, nal.length & 0xff]), nal]);
  return { payload: Buffer.concat([Buffer.from(codec === 'h264' ? [0x78] : [48 << 1, 1]), ...parts]) };
}
