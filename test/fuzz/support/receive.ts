import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { AccessUnit, AudioFormat, VideoFormat } from '../../../src/media/access-unit.ts';
import { audioSampleEntry } from '../../../src/media/fmp4/audio-sample-entry.ts';
import { readBoxes } from '../../../src/media/fmp4/box.ts';
import { videoSampleEntry } from '../../../src/media/fmp4/video-sample-entry.ts';
import { RtpReceiver } from '../../../src/media/rtp/rtp-receiver.ts';
import { parseSdp } from '../../../src/protocols/rtsp/sdp.ts';
import { depacketiserOf } from '../../../src/protocols/rtsp/track-depacketiser.ts';
import { chooseTracks, type Track } from '../../../src/protocols/rtsp/tracks.ts';
import { rtpPacket, splitLengthPrefixed } from '../../media/rtp/rtp-packets.ts';
import { anyBytes, damaged } from './mutations.ts';

/** The one track of a description, which is known to have one. */
export function trackOf(...lines: readonly string[]): Track {
  const track = anyTrackOf(...lines);
  assert.ok(track, 'the description has no track');
  return track;
}

export function anyTrackOf(...lines: readonly string[]): Track | undefined {
  const { video, audio } = chooseTracks(parseSdp(lines.join('\n')));
  return video ?? audio;
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
    assert.ok(format, 'a format comes before the first unit');
    checkUnit(unit, format);
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
  assert.ok(
    receivedBytes <= 8 * sentBytes + units.length * MAX_ADDED_BYTES,
    `${receivedBytes} bytes out of ${sentBytes}`,
  );
  assert.ok(units.length <= sentBytes, `${units.length} units out of ${sentBytes} bytes`);
  return units;
}

// Thousands of times a second: vitest's own assertions would take most of the time.
function checkUnit(unit: AccessUnit, format: VideoFormat | AudioFormat): void {
  assert.equal(unit.kind, format.kind);
  assert.ok(unit.data.length > 0, 'an empty unit');
  assert.ok(Number.isSafeInteger(unit.rtpTime), `a unit at ${unit.rtpTime}`);
  if (format.kind !== 'video') return;
  if (format.codec === 'mjpeg') {
    assert.equal(unit.data.toString('hex', 0, 2), 'ffd8');
    assert.equal(unit.data.subarray(-2).toString('hex'), 'ffd9');
    return;
  }
  const nals = splitLengthPrefixed(unit.data);
  const bytes = nals.reduce((sum, nal) => sum + 4 + nal.length, 0);
  assert.equal(bytes, unit.data.length);
  assert.ok(
    nals.every((nal) => nal.length > 0),
    'an empty NAL unit',
  );
}

/** What a segment's header is made of must be possible to write, and to read. */
export function checkFormat(format: VideoFormat | AudioFormat): void {
  assert.ok(format.clockRate > 0, `a clock of ${format.clockRate} Hz`);
  const entry = format.kind === 'video' ? videoSampleEntry(format) : audioSampleEntry(format);
  assert.equal(readBoxes(entry).length, 1);
  // 0 for both where the SPS cannot be read.
  if (format.kind === 'video') assert.equal(format.width > 0, format.height > 0);
  else assert.ok(format.channels > 0, `${format.channels} channels`);
}
