import { describe, expect, it } from 'vitest';
import { H264_RULES } from '../../../src/media/video/h264-parameters.ts';
import { H265_RULES } from '../../../src/media/video/h265-parameters.ts';
import { type RandomAccess, RandomAccessFinder } from '../../../src/media/video/random-access.ts';
import { DELTA, IDR, SEI, SPS } from './h264-frames.ts';

/** Recovery points of 0 and of 18 frames, exact matches, as x264 writes them. */
const RECOVERY_0 = Buffer.from('060601c480', 'hex');
const RECOVERY_18 = Buffer.from('06060209a080', 'hex');
/** Slices that begin with the first macroblock; their types are I, and I for all of the picture. */
const INTRA = Buffer.from('21b0aabb', 'hex');
const INTRA_ALL = Buffer.from('2188aabb', 'hex');

const FRAME_MS = 40;

interface Stream {
  readonly seconds: number;
  /** NAL units of the n-th picture, 25 a second; the first slice decides. */
  readonly picture: (n: number) => readonly Buffer[];
  /** From which picture on a loss makes the recorder wait. */
  readonly lossAt?: number;
}

/** What begins at each picture that is more than nothing, by the second, as a recorder would see it. */
function accessesOf({ seconds, picture, lossAt }: Stream): [number, RandomAccess][] {
  const finder = new RandomAccessFinder(H264_RULES);
  const found: [number, RandomAccess][] = [];
  let isWaiting = true;
  for (let n = 0; n < seconds * 25; n++) {
    if (n === lossAt) isWaiting = true;
    const nals = picture(n);
    for (const nal of nals) {
      const role = H264_RULES.roleOf(nal[0]!);
      if (role === 'sps') finder.noteSps();
      else if (role === 'prefix-sei') finder.noteSei(nal);
      else if (role === 'slice') finder.noteSlice(nal);
    }
    const access = finder.endUnit(nals.includes(IDR), isWaiting, 1000 + n * FRAME_MS);
    if (access === 'none') continue;
    isWaiting = false;
    found.push([n / 25, access]);
  }
  return found;
}

const each =
  (interval: number, key: readonly Buffer[], between: readonly Buffer[] = [DELTA]) =>
  (n: number) =>
    n % interval === 0 ? key : between;

describe('where decoding may start', () => {
  const cases: [string, Stream, [number, RandomAccess][]][] = [
    [
      'at key frames',
      { seconds: 5, picture: each(50, [SPS, IDR]) },
      [
        [0, 'exact'],
        [2, 'exact'],
        [4, 'exact'],
      ],
    ],
    [
      'not at recovery points between key frames, which browsers do not know',
      { seconds: 16, picture: (n) => (n % 300 === 0 ? [IDR] : n % 50 === 0 ? [RECOVERY_0, INTRA] : [DELTA]) },
      [
        [0, 'exact'],
        [12, 'exact'],
      ],
    ],
    [
      'at recovery points after 5 s without a key frame (open groups of pictures)',
      { seconds: 9, picture: each(50, [SPS, RECOVERY_0, INTRA]) },
      [[6, 'exact']],
    ],
    [
      'and then at each of them 20 s after the last key frame',
      { seconds: 25, picture: (n) => (n === 0 ? [SPS, IDR] : n % 50 === 0 ? [SPS, RECOVERY_0, INTRA] : [DELTA]) },
      [
        [0, 'exact'],
        [20, 'exact'],
        [22, 'exact'],
        [24, 'exact'],
      ],
    ],
    [
      'at the next one after a loss',
      {
        seconds: 12,
        lossAt: 220,
        picture: (n) => (n === 0 ? [SPS, IDR] : n % 50 === 0 ? [RECOVERY_0, INTRA] : [DELTA]),
      },
      [
        [0, 'exact'],
        [10, 'exact'],
      ],
    ],
    ['at intra pictures behind an SPS', { seconds: 7, picture: each(50, [SPS, INTRA, INTRA_ALL]) }, [[6, 'exact']]],
    ['not where one slice is not intra', { seconds: 9, picture: each(50, [SPS, INTRA, DELTA]) }, []],
    ['not at intra pictures that nothing announces', { seconds: 12, picture: each(50, [INTRA]) }, []],
    [
      'with intra refresh at a recovery point of some frames, after 10 s',
      { seconds: 13, picture: each(50, [SPS, RECOVERY_18, DELTA]) },
      [[10, 'gradual']],
    ],
    ['with intra refresh at an SPS', { seconds: 13, picture: each(50, [SPS, DELTA]) }, [[10, 'gradual']]],
    [
      'but not where each picture has an SPS; then at any, after 30 s',
      { seconds: 31, picture: each(1, [SPS, DELTA]) },
      [[30, 'gradual']],
    ],
    [
      'at any picture after 30 s, when nothing tells',
      { seconds: 31, picture: each(1, [SEI, DELTA]) },
      [[30, 'gradual']],
    ],
    [
      'at any picture 5 minutes after the last place, so that memory can be given back',
      { seconds: 302, picture: (n) => (n === 0 ? [IDR] : [DELTA]) },
      [
        [0, 'exact'],
        [300, 'gradual'],
      ],
    ],
  ];
  it.each(cases)('%s', (_, stream, expected) => {
    expect(accessesOf(stream)).toEqual(expected);
  });

  it('reads recovery points behind other messages and emulation prevention, and none out of damage', () => {
    const message = Buffer.concat([
      Buffer.from([6, 5, 0xff, 17]),
      Buffer.alloc(0xff + 17, 1),
      Buffer.from([6, 2, 0x09, 0xa0, 0x80]),
    ]);
    expect(H264_RULES.recoveryFrames(message)).toBe(18);
    // A message of 00 00 01, which is written as 00 00 03 01, in front.
    expect(H264_RULES.recoveryFrames(Buffer.from('060103000003010601c480', 'hex'))).toBe(0);
    expect(H264_RULES.recoveryFrames(message.subarray(0, 200))).toBeUndefined();
    expect(H264_RULES.recoveryFrames(Buffer.from([6, 6, 0]))).toBeUndefined();
    expect(H264_RULES.recoveryFrames(Buffer.from([6, 0xff, 0xff]))).toBeUndefined();
    // se(v) in H.265: before the picture is as good as at it.
    expect(H265_RULES.recoveryFrames(Buffer.from([78, 1, 6, 1, 0b01111000, 0x80]))).toBe(0);
    expect(H265_RULES.recoveryFrames(Buffer.from([78, 1, 6, 1, 0b00100110, 0x80]))).toBe(2);
  });
});
