import type { AudioFormat } from '../access-unit.ts';
import type { RtpPacket } from '../rtp/rtp.ts';
import type { Depacketiser } from '../rtp/rtp-receiver.ts';
import { AudioOutlet } from './audio-outlet.ts';
import type { AudioSink } from './audio-sink.ts';

export type G711Law = 'pcmu' | 'pcma';

export function g711Format(law: G711Law, clockRate: number, channels: number): AudioFormat {
  const codecString = law === 'pcmu' ? 'ulaw' : 'alaw';
  return { kind: 'audio', codec: law, codecString, clockRate, channels, config: Buffer.alloc(0) };
}

/** RTP payload of G.711 (RFC 3551 §4.5.14): one octet a sample, any number of them. */
export class G711Depacketiser implements Depacketiser {
  readonly #outlet: AudioOutlet;

  constructor(format: AudioFormat, sink: AudioSink) {
    this.#outlet = new AudioOutlet(sink);
    this.#outlet.setFormat(format);
  }

  push(bytes: Buffer, packet: RtpPacket, rtpTime: number, isAfterGap: boolean, arrivalMonotonicMs: number): void {
    if (isAfterGap) this.#outlet.noteLoss();
    this.#outlet.arena.append(bytes, packet.payloadStart, packet.payloadEnd);
    this.#outlet.finish(rtpTime, arrivalMonotonicMs);
  }
}

/** 16-bit samples of the 256 codes, ITU-T G.711 tables 1 and 2 with the usual scaling. */
export const ULAW_TO_PCM: Int16Array = Int16Array.from({ length: 256 }, (_, code) => {
  const inverted = ~code & 0xff;
  const magnitude = ((((inverted & 0x0f) << 3) + 0x84) << ((inverted & 0x70) >> 4)) - 0x84;
  return (inverted & 0x80) !== 0 ? -magnitude : magnitude;
});

export const ALAW_TO_PCM: Int16Array = Int16Array.from({ length: 256 }, (_, code) => {
  const toggled = code ^ 0x55;
  const exponent = (toggled & 0x70) >> 4;
  const mantissa = ((toggled & 0x0f) << 4) + 8;
  const magnitude = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1);
  return (toggled & 0x80) !== 0 ? magnitude : -magnitude;
});
