import type { AudioFormat } from '../access-unit.ts';
import type { RtpPacket } from '../rtp/rtp.ts';
import type { Depacketiser } from '../rtp/rtp-receiver.ts';
import { pcmFrameBytes } from './audio-format.ts';
import { AudioOutlet } from './audio-outlet.ts';
import type { AudioSink } from './audio-sink.ts';

/** `source` names what becomes PCM here. */
export function l16Format(clockRate: number, channels: number, source?: string): AudioFormat {
  return {
    kind: 'audio',
    codec: 'l16',
    codecString: 'twos',
    clockRate,
    channels,
    config: Buffer.alloc(0),
    ...(source !== undefined && { source }),
  };
}

/**
 * RTP payload of linear PCM of 16 bits (RFC 3551 §4.5.11): any number of samples, channel after channel, big-endian. Hikvision calls
 * its little-endian samples `PCM`; they are turned round.
 */
export class L16Depacketiser implements Depacketiser {
  readonly #outlet: AudioOutlet;
  readonly #frameBytes: number;
  readonly #isLittleEndian: boolean;

  constructor(format: AudioFormat, isLittleEndian: boolean, sink: AudioSink) {
    this.#outlet = new AudioOutlet(sink);
    this.#outlet.setFormat(format);
    this.#frameBytes = pcmFrameBytes(format);
    this.#isLittleEndian = isLittleEndian;
  }

  push(bytes: Buffer, packet: RtpPacket, rtpTime: number, isAfterGap: boolean, arrivalMonotonicMs: number): void {
    if (isAfterGap) this.#outlet.noteLoss();
    const { payloadStart: start, payloadEnd: end } = packet;
    // Half a sample at the end belongs to nothing.
    const whole = end - start - ((end - start) % this.#frameBytes);
    const { arena } = this.#outlet;
    if (!arena.append(bytes, start, start + whole)) return;
    if (this.#isLittleEndian) arena.peek(0).swap16();
    this.#outlet.finish(rtpTime, arrivalMonotonicMs);
  }
}
