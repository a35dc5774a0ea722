import { describe, expect, it } from 'vitest';
import { DELTA, DELTA_UNIT, IDR, KEY, keyFrame, PPS, packetsOf, type Sent, SPS, stapA } from './h264-frames.ts';
import { fuA, fuB, mtap, stapB } from './rare-payloads.ts';
import { receiveVideo } from './video-units.ts';

describe('forms of H.264 that are rare', () => {
  const interleaved: [string, Sent[], [number, Buffer][], number][] = [
    [
      'STAP-B and FU-B in order, over the wrap of the numbers',
      [
        {
          nals: [stapB(65_534, SPS, PPS), fuB(0, 0x85, IDR.subarray(1, 5)), fuA(0x45, IDR.subarray(5))],
          time: 0,
        },
        { nals: [stapB(1, DELTA)], time: 3600 },
      ],
      [
        [0, KEY],
        [3600, DELTA_UNIT],
      ],
      0,
    ],
    ...[false, true].map((is24): [string, Sent[], [number, Buffer][], number] => [
      `MTAP${is24 ? 24 : 16} in order: several pictures in one packet`,
      [{ nals: [mtap(is24, 7, [0, 0, SPS], [1, 0, PPS], [2, 0, IDR], [3, 3600, DELTA])], time: 100 }],
      [
        [100, KEY],
        [3700, DELTA_UNIT],
      ],
      0,
    ]),
    [
      'out of order: dropped, and what follows is after a loss',
      [
        { nals: [stapB(10, SPS, PPS, IDR)], time: 0 },
        { nals: [stapB(14, DELTA)], time: 7200 },
        { nals: [stapB(12, DELTA)], time: 3600 },
        { nals: [stapB(16, SPS, PPS, IDR)], time: 10_800 },
      ],
      [
        [0, KEY],
        [7200, DELTA_UNIT],
        [10_800, KEY],
      ],
      1,
    ],
    [
      'fragments out of order',
      [
        { nals: [stapB(10, SPS, PPS, IDR)], time: 0 },
        { nals: [fuB(9, 0x81, DELTA.subarray(1, 4)), fuA(0x41, DELTA.subarray(4))], time: 3600 },
        { nals: [stapB(11, SPS, PPS, IDR)], time: 7200 },
      ],
      [
        [0, KEY],
        [7200, KEY],
      ],
      1,
    ],
    [
      'timed aggregates out of order',
      [
        { nals: [stapB(10, SPS, PPS, IDR)], time: 0 },
        { nals: [mtap(false, 4, [0, 0, DELTA])], time: 3600 },
        { nals: [stapB(11, SPS, PPS, IDR)], time: 7200 },
      ],
      [
        [0, KEY],
        [7200, KEY],
      ],
      1,
    ],
  ];
  it.each(interleaved)('interleaved mode, %s', (_, frames, expected, framesMalformed) => {
    const received = receiveVideo('h264', packetsOf(frames));
    expect(received.units.map((unit) => [unit.rtpTime, unit.data.toString('hex')])).toEqual(
      expected.map(([time, data]) => [time, data.toString('hex')]),
    );
    expect(received.framesMalformed).toBe(framesMalformed);
    expect([...received.remarks]).toEqual(framesMalformed > 0 ? ['interleaved'] : []);
  });

  const cut: [string, Buffer][] = [
    ['an aggregate whose unit is longer than it', Buffer.concat([Buffer.from([0x78, 0, 200]), DELTA])],
    ['STAP-B without its number', Buffer.from([0x79, 1])],
    ['MTAP whose unit is longer than it', Buffer.from([0x7a, 0, 50, 0, 90, 0, 0, 0, 1, 2])],
    ['FU-B without its number', Buffer.from([0x7d, 0x81, 0])],
    ['an aggregate within an aggregate', stapA(stapA(DELTA).payload).payload],
  ];
  it.each(cut)('%s costs its picture', (_, payload) => {
    const received = receiveVideo(
      'h264',
      packetsOf([keyFrame(0), { nals: [{ payload }], time: 3600 }, keyFrame(7200)]),
    );
    expect(received.units.map((unit) => unit.rtpTime)).toEqual([0, 7200]);
    expect(received).toMatchObject({ framesMalformed: 1, payloadsMalformed: 1 });
  });
});
