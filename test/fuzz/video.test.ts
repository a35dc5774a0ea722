import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { MAX_ACCESS_UNIT_BYTES } from '../../src/media/arena.ts';
import { H264_RULES, parseH264Sps } from '../../src/media/video/h264-parameters.ts';
import { H265_RULES, parseH265Sps } from '../../src/media/video/h265-parameters.ts';
import { readJpegSize } from '../../src/media/video/mjpeg-header.ts';
import { ParameterSets } from '../../src/media/video/parameter-sets.ts';
import type { VideoCodecRules } from '../../src/media/video/video-codec.ts';
import { h264Payloads, h265Payloads, rtpPacket } from '../media/rtp/rtp-packets.ts';
import { fuA, fuB, mtap, paci, stapB } from '../media/video/rare-payloads.ts';
import {
  DELIMITER,
  DELTA,
  H265_DELTA,
  H265_IDR,
  H265_PPS,
  H265_SPS,
  H265_TRAIL_N,
  H265_VPS,
  HIGH_SPS,
  IDR,
  PPS,
  SECOND_SLICE,
  SEI,
  SPS,
  SPS_SMALL,
} from '../quirks/support/nals.ts';
import { aggregate } from '../quirks/support/packets.ts';
import { fuzz } from './support/fuzz.ts';
import { largestBuffer, readOrRefuse } from './support/limits.ts';
import { anyBytes, damaged } from './support/mutations.ts';
import { checkFormat, packetsWith, receive, trackOf } from './support/receive.ts';

const H264 = trackOf('m=video 0 RTP/AVP 96', 'a=rtpmap:96 H264/90000');
const H265 = trackOf('m=video 0 RTP/AVP 96', 'a=rtpmap:96 H265/90000');
const MJPEG = trackOf('m=video 0 RTP/AVP 26');

const H264_FRAMES = [
  [SPS, PPS, IDR],
  [DELTA],
  [SEI, DELTA, SECOND_SLICE],
  [DELIMITER, IDR],
  [SPS_SMALL, PPS, IDR],
  [HIGH_SPS, PPS, SEI, IDR],
];
const H265_SETS = [H265_VPS, H265_SPS, H265_PPS];
const H265_FRAMES = [[...H265_SETS, H265_IDR], [H265_DELTA], [H265_TRAIL_N], [H265_IDR], [H265_DELTA, H265_DELTA]];

const WHOLE_FILE = Buffer.from('ffd8ffc0001108001000100301220002110103110100ffda', 'hex');
const START = Buffer.from([0, 0, 0, 1]);

/** Frames of pictures in each form that a payload may have; a key frame first, so that what follows is not only waited through. */
function payloadsOf(codec: 'h264' | 'h265', frames: readonly (readonly Buffer[])[]): fc.Arbitrary<readonly Buffer[]> {
  const split = codec === 'h264' ? h264Payloads : h265Payloads;
  const nals = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...frames) },
    { weight: 1, arbitrary: fc.array(damaged(fc.constantFrom(...frames.flat())), { minLength: 1, maxLength: 3 }) },
  );
  const form = fc.tuple(nals, fc.integer({ min: 4, max: 30 }), fc.nat(4)).map(([frame, maxBytes, kind]) => {
    if (kind === 4) return rareForms(codec, frame, maxBytes);
    if (kind === 0) return [aggregate(codec, ...frame).payload];
    if (kind === 1) return [Buffer.concat(frame.flatMap((one) => [START, one]))];
    return frame.flatMap((one) => (one.length > 2 ? split(one, kind === 2 ? maxBytes : undefined) : [one]));
  });
  const hurt = fc
    .tuple(form, fc.nat(5), damaged(fc.constant(Buffer.alloc(12, 0x7c))))
    .map(([payloads, at, bytes]) =>
      payloads.map((one, i) => (i === at ? Buffer.concat([one.subarray(0, 2), bytes]) : one)),
    );
  const several = fc.array(
    fc.oneof(
      { weight: 4, arbitrary: form },
      { weight: 1, arbitrary: hurt },
      { weight: 1, arbitrary: fc.array(anyBytes(30), { maxLength: 3 }) },
    ),
    { maxLength: 8 },
  );
  return several.map((list) => [...frames[0]!, ...list.flat()]);
}

/** Those of interleaved mode, mostly in order, and those with extra information. */
function rareForms(codec: 'h264' | 'h265', frame: readonly Buffer[], seed: number): Buffer[] {
  if (codec === 'h265') return frame.map((nal, i) => (nal.length > 2 ? paci(nal, (seed * i) % 32) : nal));
  const don = seed * 7;
  if (seed % 3 === 0) return [stapB(don, ...frame)];
  if (seed % 3 === 1) return [mtap(seed % 2 === 0, don, ...frame.map((nal, i) => [i, i * seed, nal] as const))];
  return frame.flatMap((nal, i) => [
    fuB(don + i, 0x80 | (nal[0]! & 0x1f), nal.subarray(1)),
    fuA(0x40, Buffer.alloc(0)),
  ]);
}

describe('pictures', () => {
  fuzz(
    'H.264 depacketiser',
    packetsWith(payloadsOf('h264', H264_FRAMES), 96),
    (packets) => receive(H264, packets).length > 1,
  );
  fuzz(
    'H.265 depacketiser',
    packetsWith(payloadsOf('h265', H265_FRAMES), 96),
    (packets) => receive(H265, packets).length > 1,
  );

  const jpegHeader = fc
    .record({
      offset: fc.oneof(fc.constant(0), fc.nat(80)),
      type: fc.constantFrom(0, 1, 64, 65, 2, 128),
      q: fc.constantFrom(1, 50, 99, 127, 128, 255, 0),
      width: fc.nat(255),
      height: fc.nat(255),
    })
    .map(({ offset, type, q, width, height }) =>
      Buffer.from([0, offset >> 16, offset >> 8, offset, type, q, width, height]),
    );
  const tables = fc.constantFrom(
    Buffer.from([0, 0, 0, 128]),
    Buffer.from([0, 0, 0, 64]),
    Buffer.from([0, 3, 1, 0]),
    Buffer.from([0, 0, 0, 0]),
    Buffer.alloc(0),
  );
  const restart = fc.constantFrom(Buffer.from([0, 4, 0xff, 0xff]), Buffer.alloc(0));
  const jpegData = fc.oneof(
    anyBytes(60),
    anyBytes(10).map((rest) => Buffer.concat([WHOLE_FILE, rest])),
  );
  const jpegPayload = damaged(
    fc
      .tuple(jpegHeader, restart, tables, fc.constantFrom(0, 64, 128, 256), jpegData)
      .map(([header, intervals, table, bytes, data]) =>
        Buffer.concat([header, intervals, table, Buffer.alloc(bytes, 16), data]),
      ),
  );
  fuzz(
    'MJPEG depacketiser',
    packetsWith(fc.array(jpegPayload, { maxLength: 12 }), 26),
    (packets) => receive(MJPEG, packets).length > 0,
  );

  const jpegFile = fc.constantFrom(
    WHOLE_FILE,
    Buffer.concat([WHOLE_FILE, Buffer.alloc(20, 0xff)]),
    Buffer.from('ffdb000501020304ffdd00040010ffc1000b080010001003', 'hex'),
    Buffer.from('ffffffd8ffda0002', 'hex'),
  );
  fuzz('JPEG header', damaged(jpegFile), (bytes) => {
    const size = readJpegSize(bytes);
    if (size !== undefined) expect(size.width > 0 && size.height > 0).toBe(true);
    return size !== undefined;
  });

  const endless = fc.record({
    track: fc.constantFrom(H264, H265, MJPEG),
    size: fc.integer({ min: 10_000, max: 60_000 }),
    fill: fc.nat(255),
  });
  fuzz(
    'a picture without an end',
    endless,
    ({ track, size, fill }) => {
      const first =
        track === H264 ? [0x7c, 0x85, 0x88] : track === H265 ? [49 << 1, 1, 0x93, 0xaf] : [0, 0, 0, 0, 1, 50, 10, 10];
      const rest = track === H264 ? [0x7c, 0x05] : track === H265 ? [49 << 1, 1, 0x13] : undefined;
      const payloads = Array.from({ length: Math.ceil((1.5 * MAX_ACCESS_UNIT_BYTES) / size) }, (_, i) => {
        const offset = i * size;
        const header =
          i === 0 ? first : (rest ?? [0, offset >> 16, (offset >> 8) & 0xff, offset & 0xff, 1, 50, 10, 10]);
        return Buffer.concat([Buffer.from(header), Buffer.alloc(size, fill)]);
      });
      const packets = payloads.map((payload, sequence) =>
        rtpPacket({ payloadType: track.payloadType, sequence, payload }),
      );
      const largest = largestBuffer(() => receive(track, packets));
      // It grows by doubling, so that the last slab may be twice as large as the largest unit.
      expect(largest).toBeLessThanOrEqual(2 * MAX_ACCESS_UNIT_BYTES);
      return largest > MAX_ACCESS_UNIT_BYTES / 2;
    },
    0.01,
  );
});

describe('parameter sets', () => {
  fuzz('H.264 SPS', damaged(fc.constantFrom(SPS, SPS_SMALL, HIGH_SPS)), (nal) =>
    checkSets(H264_RULES, nal, () => parseH264Sps(nal)),
  );
  fuzz('H.265 SPS', damaged(fc.constant(H265_SPS)), (nal) => checkSets(H265_RULES, nal, () => parseH265Sps(nal)));

  const kind = fc.constantFrom('vps' as const, 'sps' as const, 'pps' as const);
  const noted = fc.array(
    fc.record({
      kind,
      nal: damaged(fc.constantFrom(...H264_FRAMES.flat(), ...H265_FRAMES.flat())),
      isKey: fc.boolean(),
    }),
    {
      maxLength: 30,
    },
  );
  fuzz('sets in force', fc.tuple(noted, fc.constantFrom(H264_RULES, H265_RULES)), ([list, rules]) => {
    const sets = new ParameterSets(rules);
    for (const { kind: one, nal, isKey } of list) {
      sets.note(one, nal);
      sets.commit(isKey);
    }
    if (sets.format !== undefined) checkFormat(sets.format);
    return sets.format !== undefined;
  });
});

/** A set that can be read makes a format and its sample entry; one that cannot is said to be corrupt, and nothing else. */
function checkSets(rules: VideoCodecRules, nal: Buffer, parse: () => { width: number; height: number }): boolean {
  const sps = readOrRefuse(parse, 'corrupt');
  readOrRefuse(() => rules.idOf('sps', nal), 'corrupt');
  readOrRefuse(() => rules.idOf('pps', nal), 'corrupt');
  const format = readOrRefuse(() => rules.formatOf({ vps: [H265_VPS], sps: [nal], pps: [PPS] }), 'corrupt');
  if (format !== undefined) checkFormat(format);
  if (sps !== undefined) expect(sps.width > 0 && sps.height > 0).toBe(true);
  return format !== undefined;
}
