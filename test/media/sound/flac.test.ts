import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFlacFrame, flacStreamInfo } from '../../../src/media/sound/flac.ts';
import { crc8Flac, crc16Flac } from '../../../src/media/sound/flac-crc.ts';
import { g711Format } from '../../../src/media/sound/g711.ts';
import { l16Format } from '../../../src/media/sound/l16.ts';
import { pcmChannels } from '../../../src/media/sound/pcm.ts';

const BLOCK = 480;
const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0;
if (!hasFfmpeg) console.warn('skipped: FLAC against ffmpeg, which is not installed');

/** A file: the mark, STREAMINFO as the last and only block of metadata, frames. */
function flacFile(channels: readonly Int16Array[], sampleRate: number, blockSamples = BLOCK): Buffer {
  const info = flacStreamInfo(sampleRate, blockSamples, channels.length);
  const frames: Buffer[] = [];
  for (let at = 0; at < channels[0]!.length; at += blockSamples) {
    const block = channels.map((samples) => samples.subarray(at, at + blockSamples));
    frames.push(encodeFlacFrame({ channels: block, frameNumber: frames.length, sampleRate }));
  }
  return Buffer.concat([Buffer.from('fLaC'), Buffer.from([0x80, 0, 0, info.length]), info, ...frames]);
}

function decodedByFfmpeg(file: Buffer): Buffer {
  const options = ['-v', 'error', '-xerror', '-f', 'flac', '-i', 'pipe:0', '-f', 's16le', 'pipe:1'];
  const result = spawnSync('ffmpeg', options, { input: file, maxBuffer: 1 << 28 });
  expect(result.stderr.toString()).toBe('');
  return result.stdout;
}

function interleaved(channels: readonly Int16Array[]): Buffer {
  const bytes = Buffer.alloc(channels.length * channels[0]!.length * 2);
  channels.forEach((samples, channel) => {
    samples.forEach((sample, i) => {
      bytes.writeInt16LE(sample, (i * channels.length + channel) * 2);
    });
  });
  return bytes;
}

function expectExact(channels: readonly Int16Array[], sampleRate = 8000, blockSamples = BLOCK): void {
  const decoded = decodedByFfmpeg(flacFile(channels, sampleRate, blockSamples));
  expect(decoded.equals(interleaved(channels))).toBe(true);
}

const everyCode = Buffer.from(Array.from({ length: 2 * BLOCK }, (_, i) => i & 0xff));
const tone = (samples: number, every = 7, loud = 12_000) =>
  Int16Array.from({ length: samples }, (_, i) => Math.round(loud * Math.sin(i / every)));
const noise = (samples: number, seed = 12_345) =>
  Int16Array.from({ length: samples }, (_, i) => (((i + seed) * 1_103_515_245 + 12_345) >> 8) % 32_768);
const plus = (a: Int16Array, b: Int16Array) => a.map((sample, i) => sample + (b[i]! >> 6));

const signals: [string, () => Int16Array[]][] = [
  ['silence', () => [new Int16Array(4 * BLOCK)]],
  ['every μ-law code', () => pcmChannels({ ...g711Format('pcmu', 8000, 1), codec: 'pcmu' }, everyCode)],
  ['every A-law code', () => pcmChannels({ ...g711Format('pcma', 8000, 1), codec: 'pcma' }, everyCode)],
  ['a tone', () => [tone(10 * BLOCK)]],
  ['a tone that comes and goes', () => [tone(BLOCK * 4).map((sample, i) => ((i >> 7) & 1 ? sample : 0))]],
  ['the two extremes in turn', () => [Int16Array.from({ length: BLOCK }, (_, i) => (i % 2 === 0 ? 32_767 : -32_768))]],
  ['noise, ending in a short block', () => [noise(3 * BLOCK + 5)]],
  ['frame numbers of several bytes', () => [Int16Array.from({ length: 2100 * BLOCK }, (_, i) => (i % 50) * 8)]],
  ['two channels that are the same', () => [tone(2 * BLOCK), tone(2 * BLOCK)]],
  ['two channels that are alike', () => [tone(2 * BLOCK), plus(tone(2 * BLOCK), noise(2 * BLOCK))]],
  ['a quiet channel beside a loud one', () => [tone(2 * BLOCK, 5, 30), tone(2 * BLOCK)]],
  ['two channels that have nothing in common', () => [noise(2 * BLOCK), noise(2 * BLOCK, 777)]],
  [
    'two channels at opposite extremes',
    () => [0, 1].map((side) => Int16Array.from({ length: BLOCK }, (_, i) => ((i + side) % 2 ? 32_767 : -32_768))),
  ],
  ['six channels', () => Array.from({ length: 6 }, (_, channel) => tone(2 * BLOCK, 5 + channel))],
];

describe('FLAC', () => {
  it.skipIf(!hasFfmpeg).each(signals)('is decoded to the same samples by ffmpeg: %s', (_, make) => {
    expectExact(make());
  });

  it.skipIf(!hasFfmpeg).each([8000, 11_025, 12_000, 16_000, 32_000, 44_100, 48_000])('at %i Hz', (rate) => {
    expectExact([tone(3 * 4096), plus(tone(3 * 4096), noise(3 * 4096))], rate, 4096);
  });

  it.skipIf(!hasFfmpeg)('is decoded to the same samples by ffmpeg: any samples', () => {
    const channels = fc.integer({ min: 1, max: 3 });
    fc.assert(
      fc.property(fc.int16Array({ minLength: 3, maxLength: 6 * BLOCK }), channels, (samples, count) => {
        const length = Math.floor(samples.length / count);
        expectExact(Array.from({ length: count }, (_, i) => samples.subarray(i * length, (i + 1) * length)));
      }),
      { numRuns: 8 },
    );
  });

  it('takes no more room than the samples, whatever they are, and less where they can be foreseen', () => {
    const shareOf = (channels: Int16Array[]) => {
      const frame = encodeFlacFrame({ channels, frameNumber: 0, sampleRate: 8000 });
      return frame.length / (channels.length * channels[0]!.length * 2);
    };
    expect(shareOf([noise(4096)])).toBeLessThan(1.01);
    expect(shareOf([tone(4096)])).toBeLessThan(0.55);
    expect(shareOf([tone(4096), tone(4096)])).toBeLessThan(0.3);
    expect(shareOf([tone(4096).map((sample, i) => (i < 3072 ? 0 : sample))])).toBeLessThan(0.2);
  });

  it('has the checksums that the standards give for "123456789"', () => {
    expect(crc8Flac(Buffer.from('123456789'))).toBe(0xf4);
    expect(crc16Flac(Buffer.from('123456789'))).toBe(0xfee8);
  });

  it('describes itself in 34 bytes', () => {
    const hex = (rate: number, channels: number) => flacStreamInfo(rate, BLOCK, channels).toString('hex');
    expect(hex(8000, 1)).toBe(`01e001e0000000000000${'01f400f000000000'}${'00'.repeat(16)}`);
    expect(hex(48_000, 2)).toBe(`01e001e0000000000000${'0bb802f000000000'}${'00'.repeat(16)}`);
  });

  it.each([
    ['an empty frame', [new Int16Array(0)]],
    ['a frame without channels', []],
    ['channels of different lengths', [new Int16Array(2), new Int16Array(3)]],
    ['nine channels', Array.from({ length: 9 }, () => new Int16Array(2))],
  ])('refuses %s', (_, channels) => {
    expect(() => encodeFlacFrame({ channels, frameNumber: 0, sampleRate: 8000 })).toThrow(/FLAC frame of/);
  });
});

describe('samples of each channel', () => {
  it('are taken apart, and half a sample is left out', () => {
    const format = { ...l16Format(8000, 2), codec: 'l16' as const };
    const bytes = Buffer.from('0001fffe7fff800000', 'hex');
    expect(pcmChannels(format, bytes).map((values) => [...values])).toEqual([
      [1, 32_767],
      [-2, -32_768],
    ]);
    const stereo = { ...g711Format('pcmu', 8000, 2), codec: 'pcmu' as const };
    expect(pcmChannels(stereo, Buffer.from('00ff80ff00', 'hex')).map((values) => [...values])).toEqual([
      [-32_124, 32_124],
      [0, 0],
    ]);
  });
});
