import fc from 'fast-check';
import { expect } from 'vitest';
import type { AccessUnit, AudioFormat, VideoFormat } from '../../../src/media/access-unit.ts';
import { audioSampleEntry } from '../../../src/media/fmp4/audio-sample-entry.ts';
import { readBoxes } from '../../../src/media/fmp4/box.ts';
import { videoSampleEntry } from '../../../src/media/fmp4/video-sample-entry.ts';
import { RtpReceiver } from '../../../src/media/rtp-receiver.ts';
import { parseSdp } from '../../../src/protocols/rtsp/sdp.ts';
import { depacketiserOf } from '../../../src/protocols/rtsp/track-depacketiser.ts';
import { chooseTracks, type Track } from '../../../src/protocols/rtsp/tracks.ts';
import { rtpPacket, splitLengthPrefixed } from '../../media/rtp-packets.ts';
import { anyBytes, damaged } from './mutations.ts';

/** The one track of a description. */
export function trackOf(...lines: readonly string[]): Track {
  const { video, audio, skipped } = chooseTracks(parseSdp(lines.join('\n')));
  const track = video ?? audio;
  if (track === undefined) throw new Error(`the description has no track: ${skipped.join('; ')}`);
  return track;
}

/** Packets with these payloads: most of them in order, some missing, repeated or late, some of them damaged throughout. */
export function packetsWith(payloads: fc.Arbitrary<readonly Buffer[]>, payloadType: number): fc.Arbitrary<Buffer[]> {
  const header = fc.record({
    step: fc.oneof(
      { weight: 12, arbitrary: fc.constant(1) },
      { weight: 1, arbitrary: fc.constantFrom(0, 2, 5, -1, 4000) },
    ),
    timeStep: fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(0, 0, 3600) },
      { weight: 1, arbitrary: fc.constantFrom(1, -3600, 2 ** 31, -(2 ** 30)) },
    ),
    marker: fc.boolean(),
    extension: fc.option(
      fc.record({
        type: fc.constantFrom(0xffd8, 0xffff, 0xabac),
        data: fc.oneof(anyBytes(60), fc.constant(Buffer.from('ffc0001108001000100301220002110103110100', 'hex'))),
      }),
      { freq: 6, nil: undefined },
    ),
    ssrc: fc.oneof({ weight: 20, arbitrary: fc.constant(7) }, { weight: 1, arbitrary: fc.constant(8) }),
  });
  const whole = fc.tuple(payloads, fc.array(header, { minLength: 1, maxLength: 20 })).map(([list, headers]) => {
    let [sequence, timestamp] = [65_530, 2 ** 32 - 7200];
    return list.map((payload, i) => {
      const { step, timeStep, marker, ssrc, extension } = headers[i % headers.length]!;
      sequence += step;
      timestamp += timeStep;
      return rtpPacket({ payloadType, sequence, timestamp, marker, ssrc, payload, ...(extension && { extension }) });
    });
  });
  const hurt = fc
    .tuple(whole, fc.nat(30), damaged(fc.constant(Buffer.alloc(40, 0x80))))
    .map(([packets, index, bytes]) => packets.map((packet, i) => (i === index ? bytes : packet)));
  return fc.oneof({ weight: 5, arbitrary: whole }, { weight: 1, arbitrary: hurt });
}

/** A unit may get parameter sets of the description in front, or the header of a JPEG file: no more than this is added to what was sent. */
const MAX_ADDED_BYTES = 20_000;

/** Sends packets through the track's depacketiser, and looks at all that comes out as the recorder would use it. */
export function receive(track: Track, packets: readonly Buffer[]): AccessUnit[] {
  const units: AccessUnit[] = [];
  let format: VideoFormat | AudioFormat | undefined;
  const takeUnit = (unit: AccessUnit) => {
    expect(format, 'a format comes before the first unit').toBeDefined();
    checkUnit(unit, format!);
    units.push(unit);
  };
  const takeFormat = (next: VideoFormat | AudioFormat) => {
    checkFormat(next);
    format = next;
  };
  const sink = { onVideoFormat: takeFormat, onAudioFormat: takeFormat, onVideoUnit: takeUnit, onAudioUnit: takeUnit };
  const receiver = new RtpReceiver(track.payloadType, depacketiserOf(track, sink));
  let sentBytes = 0;
  for (const [i, packet] of packets.entries()) {
    const copy = Buffer.from(packet);
    receiver.receive(copy, 0, copy.length, i);
    copy.fill(0xaa); // as the socket's buffer is used again
    sentBytes += packet.length;
  }
  const receivedBytes = units.reduce((sum, unit) => sum + unit.data.length, 0);
  expect(receivedBytes).toBeLessThanOrEqual(8 * sentBytes + units.length * MAX_ADDED_BYTES);
  expect(units.length).toBeLessThanOrEqual(sentBytes);
  return units;
}

function checkUnit(unit: AccessUnit, format: VideoFormat | AudioFormat): void {
  expect(unit.kind).toBe(format.kind);
  expect(unit.data.length).toBeGreaterThan(0);
  expect(Number.isSafeInteger(unit.rtpTime)).toBe(true);
  if (format.kind !== 'video') return;
  if (format.codec === 'mjpeg') {
    expect([unit.data.toString('hex', 0, 2), unit.data.subarray(-2).toString('hex')]).toEqual(['ffd8', 'ffd9']);
    return;
  }
  const nals = splitLengthPrefixed(unit.data);
  expect(nals.reduce((sum, nal) => sum + 4 + nal.length, 0)).toBe(unit.data.length);
  expect(nals.every((nal) => nal.length > 0)).toBe(true);
}

/** What a segment's header is made of must be possible to write, and to read. */
export function checkFormat(format: VideoFormat | AudioFormat): void {
  expect(format.clockRate).toBeGreaterThan(0);
  const entry = format.kind === 'video' ? videoSampleEntry(format) : audioSampleEntry(format);
  expect(readBoxes(entry)).toHaveLength(1);
  // 0 for both where the SPS cannot be read.
  if (format.kind === 'video') expect(format.width > 0).toBe(format.height > 0);
  else expect(format.channels).toBeGreaterThan(0);
}
