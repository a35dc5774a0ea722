import type { AccessUnit, AudioFormat } from '../../../src/media/access-unit.ts';
import { type Depacketiser, RtpReceiver } from '../../../src/media/rtp/rtp-receiver.ts';
import type { AudioSink } from '../../../src/media/sound/audio-sink.ts';
import { rtpPacket } from '../rtp/rtp-packets.ts';

/** What a depacketiser of sound made of some packets. */
export interface Heard {
  /** Formats and units in the order in which they came. */
  readonly events: readonly (AudioFormat | AccessUnit)[];
  readonly formats: readonly AudioFormat[];
  readonly units: readonly AccessUnit[];
  readonly framesDropped: number;
}

export type MakeDepacketiser = (sink: AudioSink) => Depacketiser & { readonly framesDropped?: number };

/** The memory of each packet is overwritten behind it, as the socket's is. */
export function hear(make: MakeDepacketiser, packets: readonly Buffer[], payloadType = 96): Heard {
  const formats: AudioFormat[] = [];
  const units: AccessUnit[] = [];
  const events: (AudioFormat | AccessUnit)[] = [];
  const depacketiser = make({
    onAudioFormat(format) {
      formats.push(format);
      events.push(format);
    },
    onAudioUnit(unit) {
      units.push(unit);
      events.push(unit);
    },
  });
  const receiver = new RtpReceiver(payloadType, depacketiser);
  for (const packet of packets) {
    const copy = Buffer.from(packet);
    receiver.receive(copy, 0, copy.length, 5);
    copy.fill(0xaa);
  }
  return { events, formats, units, framesDropped: depacketiser.framesDropped ?? 0 };
}

export function timesAndData({ units }: Heard): { time: number; data: string }[] {
  return units.map(({ rtpTime, data }) => ({ time: rtpTime, data: data.toString('hex') }));
}

/** One payload in several packets of the same time, the marker on the last; `sequence` is that of the first. */
export function inParts(parts: readonly Buffer[], fields: { sequence?: number; timestamp?: number } = {}): Buffer[] {
  return parts.map((payload, i) =>
    rtpPacket({ ...fields, sequence: (fields.sequence ?? 0) + i, marker: i === parts.length - 1, payload }),
  );
}

/** A payload cut in two at each of its bytes. */
export function everyCut(payload: Buffer): [Buffer, Buffer][] {
  return Array.from({ length: payload.length - 1 }, (_, i) => [payload.subarray(0, i + 1), payload.subarray(i + 1)]);
}
