import { describe, expect, it } from 'vitest';
import { lengthPrefixed, splitLengthPrefixed } from '../rtp/rtp-packets.ts';
import {
  DELTA,
  DELTA_UNIT,
  delta,
  FILLER,
  IDR,
  KEY,
  PPS,
  packetsOf,
  SECOND_SLICE,
  SEI,
  type Sent,
  SPS,
} from './h264-frames.ts';
import { receiveVideo } from './video-units.ts';

describe('the RTP marker of H.264', () => {
  const DELTA_2 = Buffer.from('419a99887766', 'hex');
  const slices = (time: number, ...nals: Buffer[]): Sent => ({ nals, time, marker: 'all' });
  const marked: [string, Sent[], Buffer[], string[]][] = [
    [
      'on parameter sets and on every slice: pictures are merged, none is lost',
      [
        slices(0, SPS, PPS, IDR, SECOND_SLICE, SECOND_SLICE),
        slices(3600, DELTA, SECOND_SLICE),
        slices(7200, DELTA_2, SECOND_SLICE),
      ],
      [
        lengthPrefixed(SPS, PPS, IDR, SECOND_SLICE, SECOND_SLICE),
        lengthPrefixed(DELTA, SECOND_SLICE),
        lengthPrefixed(DELTA_2, SECOND_SLICE),
      ],
      ['marker-within-pictures'],
    ],
    [
      'on everything, where pictures of the same timestamp follow each other',
      [slices(0, SPS, PPS, IDR, SECOND_SLICE, DELTA, SECOND_SLICE, SEI, DELTA_2, FILLER)],
      [
        lengthPrefixed(SPS, PPS, IDR, SECOND_SLICE),
        lengthPrefixed(DELTA, SECOND_SLICE),
        lengthPrefixed(SEI, DELTA_2, FILLER),
      ],
      ['marker-within-pictures'],
    ],
    [
      'on parameter sets only: believed again after the first key frame',
      [slices(0, SPS, PPS, IDR), delta(3600), slices(7200, SPS, PPS, IDR)],
      [KEY, DELTA_UNIT, KEY],
      [],
    ],
    [
      'on parameter sets and on the last of several slices',
      [slices(0, SPS, PPS), { nals: [IDR, SECOND_SLICE], time: 0 }, { nals: [DELTA, SECOND_SLICE], time: 3600 }],
      [lengthPrefixed(SPS, PPS, IDR, SECOND_SLICE), lengthPrefixed(DELTA, SECOND_SLICE)],
      [],
    ],
    [
      'on every slice, before anything can be decoded',
      [slices(0, DELTA, SECOND_SLICE), slices(3600, IDR, SECOND_SLICE), slices(7200, SPS, PPS, IDR, SECOND_SLICE)],
      [lengthPrefixed(SPS, PPS, IDR, SECOND_SLICE)],
      ['marker-within-pictures'],
    ],
  ];
  it.each(marked)('markers %s', (_, frames, expected, remarks) => {
    const received = receiveVideo('h264', packetsOf(frames));
    expect(received.units.map((unit) => unit.data.toString('hex'))).toEqual(
      expected.map((data) => data.toString('hex')),
    );
    expect([...received.remarks]).toEqual(remarks);
    expect(received.framesDropped).toBe(0);
  });

  it('markers on every slice, with nothing that told before, cost the end of one picture', () => {
    const { units, framesMalformed, framesIncomplete } = receiveVideo(
      'h264',
      packetsOf([
        { nals: [SPS, PPS, IDR], time: 0 },
        slices(3600, DELTA, SECOND_SLICE, SECOND_SLICE),
        slices(7200, DELTA, SECOND_SLICE),
        slices(10_800, DELTA_2, SECOND_SLICE),
      ]),
    );
    expect(units.map((unit) => splitLengthPrefixed(unit.data))).toEqual([
      [SPS, PPS, IDR],
      [DELTA],
      [DELTA, SECOND_SLICE],
      [DELTA_2, SECOND_SLICE],
    ]);
    expect([framesMalformed, framesIncomplete]).toEqual([1, 0]);
    expect(units.every((unit) => !unit.isAfterLoss)).toBe(true);
  });

  it('markers on everything: a slice that is lost costs its picture', () => {
    const { units, framesIncomplete } = receiveVideo(
      'h264',
      packetsOf([
        slices(0, SPS, PPS, IDR, SECOND_SLICE),
        { ...slices(3600, DELTA, SECOND_SLICE), lostPayloads: [1] },
        slices(7200, DELTA_2, SECOND_SLICE),
        slices(10_800, SPS, PPS, IDR, SECOND_SLICE),
      ]),
    );
    expect(units.map((unit) => unit.rtpTime)).toEqual([0, 7200, 10_800]);
    expect(framesIncomplete).toBe(1);
  });

  it('a key frame that waits for the next packet is delivered at the end of the session', () => {
    expect(receiveVideo('h264', packetsOf([slices(0, SPS, PPS, IDR)])).units).toHaveLength(1);
    expect(receiveVideo('h264', packetsOf([{ ...slices(0, SPS, PPS, IDR), marker: 0 }])).units).toHaveLength(0);
  });
});
