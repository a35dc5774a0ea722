import type { RtpPacket } from '../rtp/rtp.ts';
import type { Depacketiser } from '../rtp/rtp-receiver.ts';
import { AudioOutlet } from './audio-outlet.ts';
import type { AudioSink } from './audio-sink.ts';
import { type G726CodeBits, G726Decoder } from './g726.ts';
import { l16Format } from './l16.ts';

export interface G726Payload {
  readonly clockRate: number;
  readonly codeBits: G726CodeBits;
  /**
   * How codes are packed into octets: `G726-xx` puts the first code into the least significant bits (RFC 3551 §4.5.4), `AAL2-G726-xx` into
   * the most significant ones (ITU-T I.366.2). Both put eight codes of n bits into n octets.
   */
  readonly isFirstCodeHigh: boolean;
}

/**
 * After losing less than this, the decoder's old state is nearer to the encoder's than a new one (measured over 20 to 200 ms: the noise
 * in the first 100 ms is 3 to 10 dB lower). After more there is no difference, and the camera may have begun anew.
 */
const MAX_KEPT_LOSS_S = 0.5;

/** Codes of up to five bits in octets: what is left over in between. */
const MAX_CODE_BITS = 5;

/** RTP payload of G.726, decoded to 16-bit samples: MP4 has no form for G.726. */
export class G726Depacketiser implements Depacketiser {
  readonly #payload: G726Payload;
  readonly #outlet: AudioOutlet;
  readonly #decoder: G726Decoder;
  /** Where the sound so far ends. */
  #endRtpTime: number | undefined;

  constructor(payload: G726Payload, sink: AudioSink) {
    this.#payload = payload;
    this.#decoder = new G726Decoder(payload.codeBits);
    this.#outlet = new AudioOutlet(sink);
    this.#outlet.setFormat(l16Format(payload.clockRate, 1, g726Name(payload)));
  }

  push(bytes: Buffer, packet: RtpPacket, rtpTime: number, isAfterGap: boolean, arrivalMonotonicMs: number): void {
    if (isAfterGap) this.#noteLoss(rtpTime);
    const samples = this.#decode(bytes, packet.payloadStart, packet.payloadEnd);
    this.#endRtpTime = rtpTime + samples;
    this.#outlet.finish(rtpTime, arrivalMonotonicMs);
  }

  #noteLoss(rtpTime: number): void {
    this.#outlet.noteLoss();
    const lost = this.#endRtpTime === undefined ? 0 : rtpTime - this.#endRtpTime;
    if (lost < 0 || lost > MAX_KEPT_LOSS_S * this.#payload.clockRate) this.#decoder.reset();
  }

  /** Returns how many samples there were. */
  #decode(bytes: Buffer, start: number, end: number): number {
    const { codeBits, isFirstCodeHigh } = this.#payload;
    const { arena } = this.#outlet;
    const mask = (1 << codeBits) - 1;
    let waiting = 0;
    let waitingBits = 0;
    let samples = 0;
    for (let at = start; at < end; at++) {
      const octet = bytes[at]!;
      waiting = isFirstCodeHigh ? ((waiting << 8) | octet) & WAITING_MASK : waiting | (octet << waitingBits);
      waitingBits += 8;
      for (; waitingBits >= codeBits; waitingBits -= codeBits) {
        const code = isFirstCodeHigh ? (waiting >> (waitingBits - codeBits)) & mask : waiting & mask;
        if (!isFirstCodeHigh) waiting >>= codeBits;
        const sample = this.#decoder.decode(code);
        arena.appendByte((sample >> 8) & 0xff);
        arena.appendByte(sample & 0xff);
        samples++;
      }
    }
    return samples;
  }
}

const WAITING_MASK = (1 << (8 + MAX_CODE_BITS)) - 1;

/** As the SDP names it. */
export function g726Name({ codeBits, isFirstCodeHigh }: G726Payload): string {
  return `${isFirstCodeHigh ? 'AAL2-' : ''}G726-${codeBits * 8}`;
}
