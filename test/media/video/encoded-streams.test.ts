import { describe, expect, it } from 'vitest';
import { missingTool } from '../../archive/real-footage.ts';
import { splitLengthPrefixed } from '../rtp/rtp-packets.ts';
import {
  decodeUnits,
  encodePictures,
  type NalCodec,
  type PacketOptions,
  packetsOfPictures,
} from './encoded-streams.ts';
import { byTimestamp, receiveVideo } from './video-units.ts';

if (missingTool !== undefined)
  process.stdout.write(`encoded streams are not tested: ${missingTool} is not installed\n`);

const OPEN_GOP_264 = 'open-gop=1:keyint=26:min-keyint=2:bframes=2:scenecut=0:b-adapt=0:b-pyramid=none';
const OPEN_GOP_265 = 'open-gop=1:keyint=26:min-keyint=26:bframes=3:scenecut=0';

/** Arrives as it was sent. */
function receivePictures(codec: NalCodec, pictures: ReturnType<typeof encodePictures>, options?: PacketOptions) {
  const packets = packetsOfPictures(codec, pictures, options);
  return receiveVideo(codec, packets, { arrivalMs: byTimestamp(packets) });
}

describe.skipIf(missingTool !== undefined)('streams of real encoders', () => {
  const whole: [string, NalCodec, string][] = [
    ['H.264 with four slices a picture', 'h264', 'slices=4:keyint=25:bframes=2'],
    ['H.265 with two slices a picture', 'h265', 'slices=2:keyint=25:bframes=2'],
    ['H.265 with three temporal layers', 'h265', 'temporal-layers=3:keyint=25:bframes=3'],
    ['H.264 with intra refresh', 'h264', 'intra-refresh=1:keyint=25:bframes=0'],
    ['H.264 with open groups of pictures', 'h264', OPEN_GOP_264],
    ['H.265 with open groups of pictures', 'h265', OPEN_GOP_265],
  ];
  describe.each(whole)('%s', (_, codec, parameters) => {
    const pictures = missingTool === undefined ? encodePictures(codec, 4, parameters) : [];
    it.each(['last', 'every-nal', 'none'] as const)('comes out as it went in, with the marker on: %s', (marker) => {
      const { units, framesDropped } = receivePictures(codec, pictures, { marker, maxBytes: 500 });
      // Without a marker nobody knows that the last one is whole.
      const expected = marker === 'none' ? pictures.slice(0, -1) : pictures;
      expect(units.map((unit) => splitLengthPrefixed(unit.data))).toEqual(expected.map(({ nals }) => nals));
      expect(framesDropped).toBe(0);
      expect(decodeUnits(codec, units)).toEqual({ pictures: expected.length, complaints: '' });
    });
  });

  it('H.265 joined at a CRA picture: what leads to it refers to pictures that nobody has, and is left out', () => {
    const pictures = encodePictures('h265', 4, OPEN_GOP_265);
    const cra = pictures.findIndex(({ nals }, i) => i > 0 && nals.length > 1);
    const isLeading = (index: number) => [8, 9].includes((pictures[index]!.nals[0]![0]! >> 1) & 0x3f);
    const joined = pictures.slice(cra - 3);
    const { units, framesDropped } = receivePictures('h265', joined);
    const firstLeading = pictures.filter((_, i) => i > cra && i < cra + 5 && isLeading(i));
    expect(firstLeading.length).toBeGreaterThan(0);
    expect(units).toHaveLength(joined.length - 3 - firstLeading.length);
    expect(units[0]!.isKey).toBe(true);
    expect(framesDropped).toBe(0);
    expect(decodeUnits('h265', units)).toEqual({ pictures: units.length, complaints: '' });
  });

  it('H.265 after a loss: it goes on with the CRA picture, without what leads to it', () => {
    const pictures = encodePictures('h265', 4, OPEN_GOP_265);
    const cra = pictures.findIndex(({ nals }, i) => i > 0 && nals.length > 1);
    const { units, framesIncomplete } = receivePictures('h265', pictures, { isLost: (_, index) => index === 10 });
    // As the recorder does: nothing is kept between a loss and the next key frame.
    const kept = units.filter((unit) => !unit.isAfterLoss);
    const lostTimes = new Set(pictures.slice(10, cra).map(({ time }) => time + 1_000_000));
    expect(kept.every((unit) => !lostTimes.has(unit.rtpTime))).toBe(true);
    expect(framesIncomplete).toBeGreaterThan(1);
    expect(decodeUnits('h265', kept)).toEqual({ pictures: kept.length, complaints: '' });
  });

  it('H.264 whose only IDR picture was before: begins at an intra picture after 5 s, and can be decoded from there', () => {
    const pictures = encodePictures('h264', 12, OPEN_GOP_264);
    const { units, remarks } = receivePictures('h264', pictures.slice(3));
    expect([...remarks]).toEqual(['no-key-frames']);
    expect(units[0]).toMatchObject({ isKey: true });
    expect(units[0]!.isGradual).toBeUndefined();
    const waitedS = (units[0]!.rtpTime - 1_000_000 - pictures[3]!.time) / 90_000;
    expect(waitedS).toBeGreaterThanOrEqual(5);
    expect(waitedS).toBeLessThan(5 + 26 / 25 + 0.2);
    expect(units.every((unit) => unit.rtpTime >= units[0]!.rtpTime)).toBe(true);
    const { pictures: decoded, complaints } = decodeUnits('h264', units);
    expect(decoded).toBe(units.length);
    // Pictures say which older ones are not needed any more; of those from before the start ffmpeg knows nothing.
    expect(complaints.replace(/^.*mmco: unref short failure\n|^ +Last message repeated.*\n/gm, '')).toBe('');
  });

  it.each(['h264', 'h265'] as const)('%s with intra refresh, joined later: begins after 10 s, flagged', (codec) => {
    const pictures = encodePictures(codec, 14, 'intra-refresh=1:keyint=25:bframes=0:repeat-headers=1');
    const { units, remarks } = receivePictures(codec, pictures.slice(10));
    expect([...remarks]).toEqual(['no-key-frames']);
    expect(units[0]).toMatchObject({ isKey: true, isGradual: true });
    expect((units[0]!.rtpTime - 1_000_000) / 3600).toBe(275);
    expect(units).toHaveLength(pictures.length - 275);
    // From one refresh to the next the picture becomes whole, and stays so.
    const { pictures: decoded } = decodeUnits(codec, units);
    expect(decoded).toBeGreaterThanOrEqual(units.length - 25);
  });

  it('H.264 with intra refresh gets key frames for want of better ones, when the last was 20 s ago', () => {
    const pictures = encodePictures('h264', 23, 'intra-refresh=1:keyint=25:bframes=0');
    const { units } = receivePictures('h264', pictures);
    const keys = units.filter((unit) => unit.isKey);
    expect(keys.map((unit) => [(unit.rtpTime - 1_000_000) / 90_000, unit.isGradual])).toEqual([
      [0, undefined],
      [20, true],
      [21, true],
      [22, true],
    ]);
  });
});
