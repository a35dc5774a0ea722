import { describe, expect, it } from 'vitest';
import { BitReader, removeEmulationPrevention } from '../../../src/media/bit-reader.ts';
import { H264_RULES, parseH264Sps } from '../../../src/media/video/h264-parameters.ts';
import { ParameterSets } from '../../../src/media/video/parameter-sets.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('bits', () => {
  it('reads Exp-Golomb codes of both kinds', () => {
    // 1 | 010 | 011 | 00100 | 1 | 010 | 011 | 00100
    const reader = new BitReader(Buffer.from([0b10100110, 0b01001010, 0b01100100]), 'test');
    expect([reader.unsigned(), reader.unsigned(), reader.unsigned(), reader.unsigned()]).toEqual([0, 1, 2, 3]);
    expect([reader.signed(), reader.signed(), reader.signed(), reader.signed()]).toEqual([0, 1, -1, 2]);
  });

  const cases: [string, string, string][] = [
    ['nothing to remove', '67 00 01 02', '67 00 01 02'],
    ['one byte removed', '67 00 00 03 01', '67 00 00 01'],
    ['two in a row', '00 00 03 00 00 03 03', '00 00 00 00 03'],
    ['at the end', '67 00 00 03', '67 00 00'],
  ];
  it.each(cases)('emulation prevention: %s', (_, raw, clean) => {
    expect(removeEmulationPrevention(hex(raw))).toEqual(hex(clean));
  });
});

describe('H.264 SPS', () => {
  const cases: [string, string, object][] = [
    [
      'baseline 640x480 with timing',
      '67 42c01e d9 00 a0 3d b0 16 e1 00 00 03 00 01 00 00 03 00 32 8f 16 2e 48',
      { profileIdc: 66, levelIdc: 30, width: 640, height: 480, maxReorderFrames: 0 },
    ],
    [
      'high 1920x1080, cropped from 1088 (x264, B-frames)',
      '67 640028 ac d9 40 78 02 27 e5 c0 44 00 00 03 00 04 00 00 03 00 c8 3c 60 c6 58',
      { profileIdc: 100, levelIdc: 40, width: 1920, height: 1080, maxReorderFrames: 2 },
    ],
  ];
  it.each(cases)('%s', (_, bytes, expected) => {
    expect(parseH264Sps(hex(bytes))).toMatchObject(expected);
  });

  it('reads the frame rate', () => {
    expect(
      parseH264Sps(hex('67 640028 ac d9 40 78 02 27 e5 c0 44 00 00 03 00 04 00 00 03 00 c8 3c 60 c6 58')).timing,
    ).toEqual({
      framesPerSecond: 25,
      isFixedRate: false,
    });
  });

  it('keeps the picture size when the usability information is cut off', () => {
    const cut = hex('67 640028 ac d9 40 78 02 27 e5 c0 44');
    expect(parseH264Sps(cut)).toMatchObject({
      width: 1920,
      height: 1080,
      maxReorderFrames: undefined,
      timing: undefined,
    });
  });
});

describe('parameter sets', () => {
  const sps = hex('67 640028 ac d9 40 78 02 27 e5 c0 44 00 00 03 00 04 00 00 03 00 c8 3c 60 c6 58');
  const otherSps = hex('67 42c01e d9 00 a0 3d b0 16 e1 00 00 03 00 01 00 00 03 00 32 8f 16 2e 48');
  const [pps0, pps1] = [hex('68 ebe3cb22c0'), hex('68 5bcb')];
  const setsWith = (...nals: ['sps' | 'pps', Buffer][]) => {
    const sets = new ParameterSets(H264_RULES);
    for (const [kind, nal] of nals) sets.note(kind, nal);
    sets.commit(true);
    return sets;
  };

  it('make a format once there is one of each kind', () => {
    expect(setsWith(['sps', sps]).format).toBeUndefined();
    expect(setsWith(['sps', sps], ['pps', pps0]).format).toMatchObject({ codecString: 'avc1.640028', reorderDepth: 2 });
  });

  it('keep the same format object when the camera repeats them', () => {
    const sets = setsWith(['sps', sps], ['pps', pps0]);
    const before = sets.format;
    sets.note('sps', Buffer.from(sps));
    sets.note('pps', Buffer.from(pps0));
    sets.commit(true);
    expect(sets.format).toBe(before);
  });

  it('are replaced as a whole by a key frame that brings an SPS', () => {
    const sets = setsWith(['sps', sps], ['pps', pps0], ['pps', pps1]);
    expect(sets.format!.pps).toEqual([pps0, pps1]);
    sets.note('sps', otherSps);
    sets.note('pps', pps1);
    sets.commit(true);
    expect(sets.format).toMatchObject({ sps: [otherSps], pps: [pps1], width: 640 });
  });

  it('are joined by id when they come between key frames', () => {
    const sets = setsWith(['sps', sps], ['pps', pps0]);
    sets.note('pps', pps1);
    sets.commit(false);
    expect(sets.format!.pps).toEqual([pps0, pps1]);
  });

  it('are not replaced by a broken one', () => {
    const sets = setsWith(['sps', sps], ['pps', pps0]);
    sets.note('sps', hex('67 6400'));
    sets.commit(true);
    expect(sets.format!.sps).toEqual([sps]);
  });
});

describe('a camera that sends parameter sets and no picture', () => {
  it('fills no memory: of a kind sixteen are kept', () => {
    const sets = new ParameterSets(H264_RULES);
    sets.note('sps', hex('67 42c01e d9 00 a0 3d b0 16 e1 00 00 03 00 01 00 00 03 00 32 8f 16 2e 48'));
    // PPS ids 0 to 254 as Exp-Golomb codes of 15 bits or less, in 16 bits.
    for (let id = 0; id < 255; id++) sets.note('pps', Buffer.from([0x68, ...expGolomb16(id)]));
    sets.commit(true);
    expect(sets.format!.pps).toHaveLength(16);
  });
});

function expGolomb16(value: number): [number, number] {
  const code = (value + 1).toString(2);
  const bits = Number.parseInt(`${'0'.repeat(code.length - 1)}${code}`.padEnd(16, '1'), 2);
  return [bits >> 8, bits & 0xff];
}
