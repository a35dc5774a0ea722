import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { VideoFormat } from '../../../src/media/access-unit.ts';
import { readBoxes } from '../../../src/media/fmp4/box.ts';
import { videoSampleEntry } from '../../../src/media/fmp4/video-sample-entry.ts';
import { splitAtStartCodes } from '../../../src/media/video/annex-b.ts';
import { H264_RULES } from '../../../src/media/video/h264-parameters.ts';
import { H265_RULES } from '../../../src/media/video/h265-parameters.ts';
import { ParameterSets } from '../../../src/media/video/parameter-sets.ts';
import type { ParameterSetKind } from '../../../src/media/video/video-codec.ts';
import { PPS, SPS, SPS_SMALL } from './h264-frames.ts';

/** A second PPS: its id is 1, where the first one's is 0. */
const PPS_1 = Buffer.from('6853cb20', 'hex');
const PPS_CHANGED = Buffer.from('68ebe3cb20', 'hex');

type Unit = ['key' | 'unit', ...(readonly Buffer[])];

/** The format in force after each key unit; a number for each that is another object than those before. */
function formatsOf(
  units: readonly Unit[],
  sets = new ParameterSets(H264_RULES),
): { seen: number[]; formats: VideoFormat[] } {
  const formats: VideoFormat[] = [];
  const seen: number[] = [];
  for (const [kind, ...nals] of units) {
    for (const nal of nals) sets.note(H264_RULES.roleOf(nal[0]!) as ParameterSetKind, nal);
    sets.commit(kind === 'key');
    const { format } = sets;
    if (kind === 'unit' || format === undefined) continue;
    if (!formats.includes(format)) formats.push(format);
    seen.push(formats.indexOf(format));
  }
  return { seen, formats };
}

describe('parameter sets', () => {
  const cases: [string, Unit[], number[]][] = [
    [
      'repeated with each key frame: one format',
      [
        ['key', SPS, PPS],
        ['key', SPS, PPS],
        ['key', PPS, SPS],
      ],
      [0, 0, 0],
    ],
    [
      'repeated twice in a key frame',
      [
        ['key', SPS, PPS, SPS, PPS],
        ['key', SPS, PPS],
      ],
      [0, 0],
    ],
    ['left out after the first key frame', [['key', SPS, PPS], ['key']], [0, 0]],
    [
      'another SPS',
      [
        ['key', SPS, PPS],
        ['key', SPS_SMALL, PPS],
        ['key', SPS, PPS],
      ],
      [0, 1, 2],
    ],
    [
      'another PPS',
      [
        ['key', SPS, PPS],
        ['key', SPS, PPS_CHANGED],
      ],
      [0, 1],
    ],
    ['an SPS between key frames counts at the next one', [['key', SPS, PPS], ['unit', SPS_SMALL], ['key']], [0, 1]],
    [
      'a second PPS that comes and goes makes one new format, not one for each group of pictures',
      [
        ['key', SPS, PPS],
        ['unit', PPS_1],
        ['key', SPS, PPS],
        ['unit', PPS_1],
        ['key', SPS, PPS, PPS_1],
        ['unit', PPS_1],
        ['key', SPS, PPS],
      ],
      [0, 1, 1, 1],
    ],
    [
      'a PPS alone, behind the SPS of earlier',
      [
        ['unit', SPS],
        ['key', PPS],
      ],
      [0],
    ],
    ['no PPS at all', [['key', SPS]], []],
  ];
  it.each(cases)('%s', (_, units, expected) => {
    expect(formatsOf(units).seen).toEqual(expected);
  });

  it('an SPS that nobody can read is taken when there never was another: better a recording without a size than none', () => {
    const broken = SPS.subarray(0, 6);
    const { formats, seen } = formatsOf([
      ['key', broken, PPS],
      ['key', broken, PPS],
      ['key', SPS, PPS],
      ['key', broken, PPS],
    ]);
    expect(seen).toEqual([0, 0, 1, 1]);
    expect(formats[0]).toMatchObject({ codecString: 'avc1.42C01E', width: 0, height: 0, sps: [broken] });
    expect(formats[1]).toMatchObject({ width: 640, height: 480 });
    expect(readBoxes(videoSampleEntry(formats[0]!))[0]!.type).toBe('avc1');
  });

  it('an SPS of the SDP that nobody can read counts for nothing', () => {
    const sets = new ParameterSets(H264_RULES);
    sets.seed([SPS.subarray(0, 6), PPS]);
    expect(sets.format).toBeUndefined();
    expect(formatsOf([['key', SPS, PPS]], sets).formats[0]).toMatchObject({ width: 640 });
  });

  it('the same for H.265, where profile and level can nearly always be read', () => {
    const nals = splitAtStartCodes(readFileSync(new URL('../../fixtures/x265-70x50-bframes.h265', import.meta.url)));
    const first = (type: number) => nals.find((nal) => ((nal[0]! >> 1) & 0x3f) === type)!;
    const sets = new ParameterSets(H265_RULES);
    // Cut in the middle of what follows the level.
    const sps = first(33).subarray(0, 19);
    for (const [kind, nal] of [
      ['vps', first(32)],
      ['sps', sps],
      ['pps', first(34)],
    ] as const)
      sets.note(kind, nal);
    sets.commit(true);
    expect(sets.format).toMatchObject({ codecString: 'hvc1.1.6.L30.90', width: 0, height: 0 });
    expect(videoSampleEntry(sets.format!).includes('hvcC')).toBe(true);
  });

  it('at most 16 of a kind, and none above 16 KiB', () => {
    const sets = new ParameterSets(H264_RULES);
    sets.note('sps', SPS);
    sets.note('pps', Buffer.concat([PPS, Buffer.alloc(16 * 1024)]));
    // ue(v) of 1 to 40 in six bits and more.
    for (let id = 1; id <= 40; id++) sets.note('pps', Buffer.concat([Buffer.from([0x68]), exponentialGolomb(id)]));
    sets.commit(true);
    expect(sets.format!.pps).toHaveLength(16);
  });
});

function exponentialGolomb(value: number): Buffer {
  const bits = (value + 1).toString(2);
  const text = `${'0'.repeat(bits.length - 1)}${bits}1`.padEnd(24, '0');
  return Buffer.from(text.match(/.{8}/g)!.map((byte) => Number.parseInt(byte, 2)));
}
