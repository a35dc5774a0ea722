import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AudioFormat } from '../../../src/media/access-unit.ts';
import { packetTicks, soundRate } from '../../../src/media/sound/audio-format.ts';
import { isOpusStereo, opusPacketSamples } from '../../../src/media/sound/opus-packet.ts';

function format(codec: AudioFormat['codec'], clockRate: number, channels = 1, config = ''): AudioFormat {
  return { kind: 'audio', codec, codecString: '', clockRate, channels, config: Buffer.from(config, 'hex') };
}

describe('a packet of sound lasts as long as what is in it', () => {
  const cases: [string, AudioFormat, Buffer, number][] = [
    ['G.711: one sample a byte', format('pcmu', 8_000), Buffer.alloc(160), 160],
    ['G.711 in stereo', format('pcma', 8_000, 2), Buffer.alloc(320), 160],
    ['PCM: one sample in two bytes', format('l16', 16_000), Buffer.alloc(640), 320],
    ['PCM in stereo, with a byte too many', format('l16', 44_100, 2), Buffer.alloc(1_765), 441],
    ['AAC: 1024 samples', format('aac', 16_000, 1, '1408'), Buffer.alloc(90), 1_024],
    ['AAC with short frames', format('aac', 16_000, 1, '140c'), Buffer.alloc(90), 960],
    ['AAC whose clock runs at 90 kHz', format('aac', 90_000, 1, '1408'), Buffer.alloc(90), 5_760],
    ['HE-AAC: 2048 samples of the doubled rate', format('aac', 48_000, 2, '2b118800'), Buffer.alloc(90), 2_048],
    ['AAC whose configuration cannot be read', format('aac', 16_000, 1, 'ff'), Buffer.alloc(90), 1_024],
    ['Opus: one frame of 20 ms', format('opus', 48_000), Buffer.from([0x78, 1, 2]), 960],
  ];
  it.each(cases)('%s', (_, of, data, expected) => {
    expect(packetTicks(of, data)).toBe(expected);
  });
});

describe('the rate that is heard', () => {
  it.each([
    ['that of the samples', format('pcmu', 16_000), 16_000],
    ['that of the configuration, where the clock runs at 90 kHz', format('aac', 90_000, 1, '1408'), 16_000],
    ['the doubled one of HE-AAC', format('aac', 48_000, 2, '2b118800'), 48_000],
  ])('is %s', (_, of, expected) => {
    expect(soundRate(of)).toBe(expected);
  });
});

describe('the table of contents of an Opus packet', () => {
  // RFC 6716, tables 2 and 4: configuration << 3 | stereo << 2 | frame count code.
  it.each([
    ['SILK, 10 ms', [0 << 3], 480],
    ['SILK, 60 ms', [3 << 3], 2_880],
    ['SILK wideband, 40 ms', [10 << 3], 1_920],
    ['hybrid, 20 ms', [13 << 3], 960],
    ['CELT, 2.5 ms', [16 << 3], 120],
    ['CELT fullband, 20 ms', [31 << 3], 960],
    ['two frames of the same size', [(31 << 3) | 1, 1, 2], 1_920],
    ['two frames of different sizes', [(31 << 3) | 2, 1, 1, 2], 1_920],
    ['six frames, counted in the second byte', [(31 << 3) | 3, 6], 5_760],
    ['seven frames, which are longer than 120 ms', [(31 << 3) | 3, 7], 0],
    ['a count that is missing', [(31 << 3) | 3], 0],
    ['nothing at all', [], 0],
  ])('%s', (_, bytes, expected) => {
    expect(opusPacketSamples(Buffer.from(bytes))).toBe(expected);
  });

  it('tells stereo', () => {
    expect([0x78, 0x7c].map((first) => isOpusStereo(Buffer.from([first])))).toEqual([false, true]);
  });

  it('never says more than 120 ms', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4 }), (bytes) => {
        const samples = opusPacketSamples(Buffer.from(bytes));
        expect(samples).toBeGreaterThanOrEqual(0);
        expect(samples).toBeLessThanOrEqual(5_760);
      }),
    );
  });
});
