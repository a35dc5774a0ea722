import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { splitAtStartCodes } from '../../../src/media/video/annex-b.ts';
import { DecodeTimeline } from '../../../src/media/video/decode-time.ts';
import { H264_RULES } from '../../../src/media/video/h264-parameters.ts';
import { H265_RULES } from '../../../src/media/video/h265-parameters.ts';
import { h264Payloads, h265Payloads, rtpPacket, splitLengthPrefixed } from '../rtp/rtp-packets.ts';
import { receiveVideo } from './video-units.ts';

// Ten pictures of 70x50 with two B-frames in a row, a key frame every five pictures, delimiters; the H.264 one has two slices a picture.
const streams = [
  {
    codec: 'h264' as const,
    file: 'x264-70x50-bframes.h264',
    rules: H264_RULES,
    payloads: h264Payloads,
    codecString: /^avc1\.6400[0-9A-F]{2}$/,
  },
  {
    codec: 'h265' as const,
    file: 'x265-70x50-bframes.h265',
    rules: H265_RULES,
    payloads: h265Payloads,
    codecString: /^hvc1\.1\.6\.L30\.90$/,
  },
];

describe.each(streams)('a real $codec stream', ({ codec, file, rules, payloads, codecString }) => {
  const nals = splitAtStartCodes(readFileSync(new URL(`../../fixtures/${file}`, import.meta.url)));
  const pictures: Buffer[][] = [];
  for (const nal of nals) {
    if (rules.roleOf(nal[0]!) === 'delimiter') pictures.push([]);
    pictures.at(-1)!.push(nal);
  }

  it.each([1400, 60, 20])('comes out as it went in, in packets of %i bytes', (maxBytes) => {
    let sequence = 0;
    const packets = pictures.flatMap((picture, index) => {
      const parts = picture.flatMap((nal) => payloads(nal, maxBytes));
      return parts.map((payload, i) =>
        rtpPacket({ sequence: sequence++, timestamp: index * 3600, marker: i === parts.length - 1, payload }),
      );
    });
    const { units, formats, framesDropped } = receiveVideo(codec, packets);
    expect(units.map((unit) => splitLengthPrefixed(unit.data))).toEqual(pictures);
    expect(units.map((unit) => unit.isKey)).toEqual([
      true,
      false,
      false,
      false,
      false,
      true,
      false,
      false,
      false,
      false,
    ]);
    expect(framesDropped).toBe(0);
    expect(formats).toHaveLength(1);
    expect(formats[0]).toMatchObject({ width: 70, height: 50, clockRate: 90_000, reorderDepth: 2 });
    expect(formats[0]!.codecString).toMatch(codecString);
  });

  it.each([0, 3, 7])(
    'loses one picture, and flags what follows, when the last packet of picture %i is missing',
    (lost) => {
      let sequence = 0;
      const packets = pictures.flatMap((picture, index) => {
        const parts = picture.flatMap((nal) => payloads(nal, 60));
        return parts
          .map((payload, i) =>
            rtpPacket({ sequence: sequence++, timestamp: index * 3600, marker: i === parts.length - 1, payload }),
          )
          .filter((_, i) => index !== lost || i !== parts.length - 1);
      });
      const { units } = receiveVideo(codec, packets);
      const next = lost < 5 ? 5 : 10;
      const expected = pictures.map((_, i) => i).filter((i) => i !== lost && (lost > 0 || i >= 5));
      expect(units.map((unit) => unit.rtpTime / 3600)).toEqual(expected);
      for (const unit of units) {
        const index = unit.rtpTime / 3600;
        expect(unit.isAfterLoss).toBe(index > lost && index < next);
      }
    },
  );
});

describe('decoding times of a stream with two B-frames', () => {
  it('precede presentation times and increase by one picture each', () => {
    const presentation = [0, 3, 1, 2, 6, 4, 5, 9, 7, 8].map((picture) => 90_000 + picture * 3600);
    const timeline = new DecodeTimeline(1);
    const decoding = presentation.map((time) => timeline.push(time));
    expect(decoding).toEqual(presentation.map((_, i) => 90_000 + (i - 1) * 3600));
    expect(timeline.observedDepth).toBe(1);
  });
});
