import { describe, expect, it } from 'vitest';
import type { VideoFormat } from '../../../src/media/access-unit.ts';
import { declaredFramesPerSecond, videoProfile } from '../../../src/media/video/video-profile.ts';
import { VIDEO } from '../../recorder/support.ts';

describe('profile and level in words', () => {
  it.each<[VideoFormat['codec'], string, string, string]>([
    ['h264', 'avc1.42C01E', 'Constrained Baseline', '3.0'],
    ['h264', 'avc1.42001F', 'Baseline', '3.1'],
    ['h264', 'avc1.4D0028', 'Main', '4.0'],
    ['h264', 'avc1.640033', 'High', '5.1'],
    ['h264', 'avc1.42F00B', 'Constrained Baseline', '1b'],
    ['h264', 'avc1.FF0028', 'profile 255', '4.0'],
    ['h265', 'hvc1.1.6.L93.B0', 'Main', '3.1'],
    ['h265', 'hvc1.2.4.H150', 'Main 10', '5.0 High tier'],
    ['mjpeg', 'mp4v.6C', '', ''],
    ['h264', 'whatever', '', ''],
  ])('%s %s', (codec, codecString, profile, level) => {
    expect(videoProfile({ ...VIDEO, codec, codecString })).toEqual({ profile, level });
  });
});

describe('the declared frame rate', () => {
  it('is that of the parameter set, where it says one', () => {
    // x264, 1080p at 25 frames a second: time_scale 50, and a frame is two ticks.
    const sps = Buffer.from('67640028acd940780227e5c044000003000400000300c83c60c658', 'hex');
    expect(declaredFramesPerSecond({ ...VIDEO, sps: [sps] })).toBe(25);
  });

  it.each([
    ['without parameter sets', []],
    ['with one that ends early', [Buffer.from('6742', 'hex')]],
    ['with one that says none', VIDEO.sps],
  ])('is unknown %s', (_, sps) => {
    expect(declaredFramesPerSecond({ ...VIDEO, sps })).toBeUndefined();
  });
});
