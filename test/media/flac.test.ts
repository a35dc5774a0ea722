import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFlacFrame, flacMetadataForMp4, flacStreamInfo } from '../../src/media/flac.ts';
import { crc8Flac, crc16Flac } from '../../src/media/flac-crc.ts';
import { decodeG711 } from '../../src/media/g711.ts';

const BLOCK = 480;
const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0;
if (!hasFfmpeg) console.warn('skipped: FLAC against ffmpeg, which is not installed');

function flacFile(samples: Int16Array, sampleRate = 8000): Buffer {
  const frames: Buffer[] = [];
  for (let at = 0; at < samples.length; at += BLOCK) {
    frames.push(encodeFlacFrame({ samples: samples.subarray(at, at + BLOCK), frameNumber: frames.length, sampleRate }));
  }
  return Buffer.concat([Buffer.from('fLaC'), flacMetadataForMp4(sampleRate, BLOCK), ...frames]);
}

function decodedByFfmpeg(file: Buffer): Buffer {
  const options = ['-v', 'error', '-xerror', '-f', 'flac', '-i', 'pipe:0', '-f', 's16le', 'pipe:1'];
  const result = spawnSync('ffmpeg', options, { input: file, maxBuffer: 1 << 28 });
  expect(result.stderr.toString()).toBe('');
  return result.stdout;
}

const signals: [string, () => Int16Array][] = [
  ['silence', () => new Int16Array(4 * BLOCK)],
  ['every μ-law code', () => decodeG711('pcmu', Buffer.from(Array.from({ length: 2 * BLOCK }, (_, i) => i & 0xff)))],
  ['every A-law code', () => decodeG711('pcma', Buffer.from(Array.from({ length: 2 * BLOCK }, (_, i) => i & 0xff)))],
  ['a tone', () => Int16Array.from({ length: 10 * BLOCK }, (_, i) => Math.round(12_000 * Math.sin(i / 7)))],
  ['the two extremes in turn', () => Int16Array.from({ length: BLOCK }, (_, i) => (i % 2 === 0 ? 32_767 : -32_768))],
  [
    'noise, ending in a short block',
    () => Int16Array.from({ length: 3 * BLOCK + 5 }, (_, i) => ((i * 1_103_515_245 + 12_345) >> 8) % 32_768),
  ],
  ['frame numbers of several bytes', () => Int16Array.from({ length: 2100 * BLOCK }, (_, i) => (i % 50) * 8)],
];

describe('FLAC', () => {
  it.skipIf(!hasFfmpeg).each(signals)('is decoded to the same samples by ffmpeg: %s', (_, make) => {
    const samples = make();
    const expected = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
    expect(decodedByFfmpeg(flacFile(samples)).equals(expected)).toBe(true);
  });

  it.skipIf(!hasFfmpeg)('is decoded to the same samples by ffmpeg: any samples', () => {
    fc.assert(
      fc.property(fc.int16Array({ minLength: 1, maxLength: 3 * BLOCK }), (samples) => {
        const expected = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
        expect(decodedByFfmpeg(flacFile(samples)).equals(expected)).toBe(true);
      }),
      { numRuns: 8 },
    );
  });

  it('has the checksums that the standards give for "123456789"', () => {
    expect(crc8Flac(Buffer.from('123456789'))).toBe(0xf4);
    expect(crc16Flac(Buffer.from('123456789'))).toBe(0xfee8);
  });

  it('describes itself in 34 bytes, and for MP4 in 38', () => {
    const info = flacStreamInfo(8000, BLOCK);
    expect(info.toString('hex')).toBe(`01e001e0000000000000${'01f400f000000000'}${'00'.repeat(16)}`);
    expect(flacMetadataForMp4(8000, BLOCK).subarray(0, 4).toString('hex')).toBe('80000022');
  });

  it('refuses an empty frame', () => {
    expect(() => encodeFlacFrame({ samples: new Int16Array(0), frameNumber: 0, sampleRate: 8000 })).toThrow(
      /0 samples/,
    );
  });
});
