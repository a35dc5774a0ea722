import type { AudioFormat } from '../access-unit.ts';
import type { RtpPacket } from '../rtp/rtp.ts';
import type { Depacketiser } from '../rtp/rtp-receiver.ts';
import { AudioOutlet } from './audio-outlet.ts';
import type { AudioSink } from './audio-sink.ts';
import { isOpusStereo, OPUS_RATE, opusPacketSamples } from './opus-packet.ts';

export function opusFormat(channels: number): AudioFormat {
  return { kind: 'audio', codec: 'opus', codecString: 'opus', clockRate: OPUS_RATE, channels, config: Buffer.alloc(0) };
}

/**
 * RTP payload of Opus (RFC 7587): one packet of Opus in each. While nothing is heard (DTX) packets stay away or hold nothing but their
 * first byte; those are packets like others.
 */
export class OpusDepacketiser implements Depacketiser {
  readonly #outlet: AudioOutlet;

  /** Packets that are none of Opus. */
  framesDropped = 0;

  /** `channels`: what the camera says that it will send. */
  constructor(channels: number, sink: AudioSink) {
    this.#outlet = new AudioOutlet(sink);
    this.#outlet.setFormat(opusFormat(channels));
  }

  push(bytes: Buffer, packet: RtpPacket, rtpTime: number, isAfterGap: boolean, arrivalMonotonicMs: number): void {
    if (isAfterGap) this.#outlet.noteLoss();
    if (packet.payloadStart === packet.payloadEnd) return;
    const { arena, format } = this.#outlet;
    arena.append(bytes, packet.payloadStart, packet.payloadEnd);
    const data = arena.peek(0);
    if (opusPacketSamples(data) === 0) {
      this.framesDropped++;
      this.#outlet.drop();
      return;
    }
    // A camera may send stereo against its own words, and mono in between, which a decoder of stereo takes: so the way is up only.
    if (format?.channels === 1 && isOpusStereo(data)) this.#outlet.setFormat(opusFormat(2));
    this.#outlet.finish(rtpTime, arrivalMonotonicMs);
  }
}
