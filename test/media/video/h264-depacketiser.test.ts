import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { H264_RULES } from '../../../src/media/video/h264-parameters.ts';
import { ParameterSets } from '../../../src/media/video/parameter-sets.ts';
import { lengthPrefixed, splitLengthPrefixed } from '../rtp/rtp-packets.ts';
import {
  AUD,
  DELTA,
  DELTA_UNIT,
  delta,
  FILLER,
  IDR,
  KEY,
  keyFrame,
  PPS,
  packetsOf,
  SECOND_SLICE,
  SEI,
  type Sent,
  SPS,
  SPS_SMALL,
  stapA,
  startCode,
} from './h264-frames.ts';
import { receiveVideo } from './video-units.ts';

describe('H.264 access units', () => {
  const cases: [string, Sent[], Buffer[]][] = [
    ['a key frame and two others', [keyFrame(0), delta(3600), delta(7200)], [KEY, DELTA_UNIT, DELTA_UNIT]],
    [
      'parameter sets aggregated in one packet (STAP-A)',
      [{ nals: [stapA(SPS, PPS), IDR], time: 0 }, delta(3600)],
      [KEY, DELTA_UNIT],
    ],
    [
      'zero padding behind the last unit of an aggregate',
      [{ nals: [{ payload: Buffer.concat([stapA(SPS, PPS).payload, Buffer.alloc(5)]) }, IDR], time: 0 }],
      [KEY],
    ],
    [
      'slices in fragments (FU-A)',
      [
        { ...keyFrame(0), maxBytes: 5 },
        { ...delta(3600), maxBytes: 4 },
      ],
      [KEY, DELTA_UNIT],
    ],
    [
      'a fragment with start and end at once',
      [{ nals: [SPS, PPS, { payload: Buffer.concat([Buffer.from([0x7c, 0xc5]), IDR.subarray(1)]) }], time: 0 }],
      [KEY],
    ],
    [
      'fragments whose type changes: the first counts',
      [
        {
          nals: [
            SPS,
            PPS,
            { payload: Buffer.concat([Buffer.from([0x7c, 0x85]), IDR.subarray(1, 4)]) },
            { payload: Buffer.concat([Buffer.from([0x7c, 0x01]), IDR.subarray(4, 6)]) },
            { payload: Buffer.concat([Buffer.from([0x7c, 0x41]), IDR.subarray(6)]) },
          ],
          time: 0,
        },
      ],
      [KEY],
    ],
    [
      'several slices to a picture, supplemental information and filler: nothing is dropped',
      [{ nals: [AUD, SPS, PPS, SEI, IDR, SECOND_SLICE, FILLER], time: 0 }],
      [lengthPrefixed(AUD, SPS, PPS, SEI, IDR, SECOND_SLICE, FILLER)],
    ],
    [
      'no marker at all: cut where the timestamp changes (FLIR M400)',
      [
        { ...keyFrame(0), marker: -1 },
        { ...delta(3600), marker: -1 },
        { ...delta(7200), marker: -1 },
      ],
      [KEY, DELTA_UNIT],
    ],
    [
      'a marker on the SPS does not end the unit (Tapo TC70)',
      [{ ...keyFrame(0), marker: 0 }, delta(3600)],
      [KEY, DELTA_UNIT],
    ],
    [
      'parameter sets under a timestamp of their own (Reolink RLC-822A)',
      [
        { nals: [SPS, PPS], time: 17 },
        { nals: [IDR], time: 3600 },
      ],
      [KEY],
    ],
    [
      'a delimiter after a slice begins the next unit although the timestamp is the same',
      [{ nals: [SPS, PPS, IDR, AUD, DELTA], time: 0 }],
      [KEY, lengthPrefixed(AUD, DELTA)],
    ],
    [
      'start codes inside one unit separate several (V380)',
      [{ nals: [{ payload: Buffer.concat([SPS, startCode(4), PPS, startCode(3), IDR]) }], time: 0 }, delta(3600)],
      [KEY, DELTA_UNIT],
    ],
    [
      'start codes inside fragments, cut by their borders (Amatek)',
      [{ nals: [Buffer.concat([SPS, startCode(4), PPS, startCode(4), IDR])], time: 0, maxBytes: 7 }],
      [KEY],
    ],
    [
      'a start code in front of each unit',
      [{ nals: [SPS, PPS, IDR].map((nal) => ({ payload: Buffer.concat([startCode(4), nal]) })), time: 0 }],
      [KEY],
    ],
    ['two pictures with the same timestamp, told apart by the marker', [keyFrame(0), delta(0)], [KEY, DELTA_UNIT]],
    [
      'an empty packet between',
      [keyFrame(0), { nals: [{ payload: Buffer.alloc(0) }], time: 3600 }, delta(3600)],
      [KEY, DELTA_UNIT],
    ],
    ['nothing before the first key frame', [delta(0), delta(1), keyFrame(3600), delta(7200)], [KEY, DELTA_UNIT]],
    ['nothing as long as the parameter sets are unknown', [{ nals: [IDR], time: 0 }, delta(3600)], []],
    [
      'a key frame without parameter sets gets the current ones in front',
      [keyFrame(0), { nals: [IDR], time: 3600 }],
      [KEY, KEY],
    ],
    [
      'and behind its delimiter if it has one',
      [keyFrame(0), { nals: [AUD, SEI, IDR], time: 3600 }],
      [KEY, lengthPrefixed(AUD, SPS, PPS, SEI, IDR)],
    ],
  ];
  it.each(cases)('%s', (_, frames, expected) => {
    const { units } = receiveVideo('h264', packetsOf(frames));
    expect(units.map((unit) => unit.data.toString('hex'))).toEqual(expected.map((data) => data.toString('hex')));
    for (const unit of units) expect(unit.isKey).toBe(unit.data.includes(IDR));
  });

  it.each([
    ['a new format', (time: number): Sent => ({ nals: [SPS_SMALL, PPS, IDR], time })],
    ['nothing that tells', undefined],
  ])('finds start codes of a camera that begins with them after hours, behind %s', (_, change) => {
    const packed = (time: number): Sent => ({
      nals: [{ payload: Buffer.concat([DELTA, startCode(4), SECOND_SLICE]) }],
      time,
    });
    const plain = Array.from({ length: 3000 }, (_, i) => delta((i + 1) * 3600));
    const frames = [keyFrame(0), ...plain, ...(change ? [change(3601 * 3600)] : [])];
    const later = Array.from({ length: 64 }, (_, i) => packed((4000 + i) * 3600));
    const { units } = receiveVideo('h264', packetsOf([...frames, ...later]));
    const whole = units.slice(frames.length).map((unit) => splitLengthPrefixed(unit.data).length === 2);
    // Behind a new format all of them, otherwise from the first one that happened to be looked at.
    expect(whole.indexOf(true)).toBeLessThan(change ? 1 : 61);
    expect(whole.lastIndexOf(false)).toBeLessThan(change ? 0 : 60);
  });

  it('gives each unit the time of its slice and the arrival of its last packet', () => {
    const { units } = receiveVideo(
      'h264',
      packetsOf([{ nals: [SPS, PPS], time: 17 }, { nals: [IDR], time: 3600 }, delta(7200)]),
    );
    expect(units.map((unit) => [unit.rtpTime, unit.arrivalMonotonicMs])).toEqual([
      [3600, 2],
      [7200, 3],
    ]);
  });

  it('announces the format before the first unit and again before the unit that changes it', () => {
    const smaller: Sent = { nals: [SPS_SMALL, PPS, IDR], time: 7200 };
    const { formats, order } = receiveVideo(
      'h264',
      packetsOf([keyFrame(0), delta(3600), smaller, { nals: [IDR], time: 9000 }]),
    );
    expect(order).toEqual(['format', 'key', 'unit', 'format', 'key', 'key']);
    expect(formats.map((format) => format.codecString)).toEqual(['avc1.42C01E', 'avc1.42C00A']);
    expect(formats[1]!.sps).toEqual([SPS_SMALL]);
  });

  it('starts with the parameter sets of the SDP when the stream has none', () => {
    const sets = new ParameterSets(H264_RULES);
    sets.seed([SPS, PPS]);
    const { units, formats } = receiveVideo('h264', packetsOf([{ nals: [IDR], time: 0 }]), { sets });
    expect(units.map((unit) => unit.data)).toEqual([KEY]);
    expect(formats).toHaveLength(1);
  });
});

describe('H.264 loss', () => {
  const big: Sent = { ...delta(3600), maxBytes: 4 };
  const flags = (frames: Sent[]) => {
    const { units, framesDropped } = receiveVideo('h264', packetsOf(frames));
    return { times: units.map((unit) => `${unit.rtpTime}${unit.isAfterLoss ? ' after loss' : ''}`), framesDropped };
  };
  const cases: [string, Sent[], string[], number][] = [
    [
      'a fragment missing in the middle costs its unit; what follows is flagged up to the key frame',
      [keyFrame(0), { ...big, lostPayloads: [1] }, delta(7200), keyFrame(9000), delta(9900)],
      ['0', '7200 after loss', '9000', '9900'],
      1,
    ],
    [
      'the first fragment missing',
      [keyFrame(0), { ...big, lostPayloads: [0] }, delta(7200)],
      ['0', '7200 after loss'],
      1,
    ],
    [
      'the last fragment missing',
      [keyFrame(0), { ...big, lostPayloads: [2] }, delta(7200)],
      ['0', '7200 after loss'],
      1,
    ],
    [
      'a whole unit missing',
      [keyFrame(0), { ...delta(3600), lostPayloads: [0] }, delta(7200)],
      ['0', '7200 after loss'],
      1,
    ],
    [
      'a later slice missing: the picture is not delivered with a hole',
      [keyFrame(0), { nals: [DELTA, SECOND_SLICE, SECOND_SLICE], time: 3600, lostPayloads: [1] }, delta(7200)],
      ['0', '7200 after loss'],
      1,
    ],
    [
      'the end of one and the beginning of the next missing',
      [keyFrame(0), { ...big, lostPayloads: [2] }, { ...delta(7200), maxBytes: 4, lostPayloads: [0] }, delta(9000)],
      ['0', '9000 after loss'],
      2,
    ],
    [
      'loss before the first key frame is not loss of frames',
      [{ ...big, lostPayloads: [1] }, delta(3700), keyFrame(7200), delta(9000)],
      ['7200', '9000'],
      0,
    ],
    [
      'a fragment without a beginning, although no packet is missing',
      [keyFrame(0), { nals: [{ payload: Buffer.from([0x5c, 0x41, 1, 2]) }], time: 3600 }, delta(7200)],
      ['0', '7200 after loss'],
      1,
    ],
  ];
  it.each(cases)('%s', (_, frames, times, framesDropped) => {
    expect(flags(frames)).toEqual({ times, framesDropped });
  });

  it('keeps supplemental information of the first unit after a gap', () => {
    const frames: Sent[] = [keyFrame(0), { ...big, lostPayloads: [2] }, { nals: [SEI, DELTA], time: 7200 }];
    expect(receiveVideo('h264', packetsOf(frames)).units.at(-1)!.data).toEqual(lengthPrefixed(SEI, DELTA));
  });

  it('drops a unit beyond 8 MiB and goes on', () => {
    const huge = Buffer.concat([IDR.subarray(0, 2), Buffer.alloc(8 * 1024 * 1024, 7)]);
    const { units, framesDropped } = receiveVideo(
      'h264',
      packetsOf([keyFrame(0), { nals: [huge], time: 3600, maxBytes: 60_000 }, keyFrame(7200)]),
    );
    expect(units.map((unit) => unit.rtpTime)).toEqual([0, 7200]);
    expect(framesDropped).toBe(1);
  });
});

describe('H.264 depacketiser, any input', () => {
  it('delivers whatever NAL units were sent, however they are fragmented', () => {
    const nal = fc
      .tuple(fc.constantFrom(0x41, 0x06, 0x0c), fc.uint8Array({ minLength: 2, maxLength: 80 }))
      .map(([header, body]) => Buffer.from([header, 0x80 | body[0]!, ...body.map((byte) => byte | 0x10)]));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.array(nal, { minLength: 1, maxLength: 4 }), fc.integer({ min: 4, max: 90 })), {
          maxLength: 8,
        }),
        (frames) => {
          const sent: Sent[] = frames.map(([nals, maxBytes], i) => ({
            nals: [...nals, DELTA],
            time: (i + 1) * 3600,
            maxBytes,
          }));
          const { units } = receiveVideo('h264', packetsOf([keyFrame(0), ...sent]));
          expect(units.slice(1).map((unit) => splitLengthPrefixed(unit.data))).toEqual(sent.map(({ nals }) => nals));
        },
      ),
      { numRuns: 60 },
    );
  });
});
