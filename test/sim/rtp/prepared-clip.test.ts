import { describe, expect, test } from 'vitest';
import { loadClip } from '../clip.ts';
import type { ClipOptions } from '../clip-options.ts';
import { reassemble } from '../depacketise.ts';
import { smallClip } from '../test-clips.ts';
import { dueTicksOf, firstNumberFrom, loopStart, unitOf } from './loop.ts';
import { INTERLEAVED_HEADER_BYTES, joinRuns, splitRun } from './packets.ts';
import { type PreparedClip, prepareClip } from './prepared-clip.ts';

const CLIPS: [string, Partial<ClipOptions>][] = [
  ['H.264', {}],
  ['H.264 with B-frames and an odd frame rate', { bFrames: 2, fps: 29.97 }],
  ['H.265', { codec: 'h265' }],
  ['H.265 with B-frames', { codec: 'h265', bFrames: 2 }],
];

describe.each(CLIPS)('a clip of %s', (_name, options) => {
  test('comes out of its packets NAL unit by NAL unit, with parameter sets before each key frame', async () => {
    const clip = await loadClip(await smallClip(options));
    const { video } = clip;
    for (const [i, unit] of prepareClip(clip).video.units.entries()) {
      const packets = splitRun(joinRuns([unit.head, unit.body])).map((p) => p.subarray(INTERLEAVED_HEADER_BYTES));
      const frames = reassemble(packets, video.codec === 'h265' ? 'h265' : 'h264');
      const sets = video.frames[i]!.isKey ? [...video.vps, ...video.sps, ...video.pps] : [];
      expect(frames.length).toBe(1);
      expect(Buffer.concat(frames[0]!.nals).equals(Buffer.concat([...sets, ...video.frames[i]!.nals]))).toBe(true);
    }
  });

  test('loops without a step in decoding or presentation time', async () => {
    const { video } = prepareClip(await loadClip(await smallClip(options)));
    const numbers = Array.from({ length: video.units.length * 3 }, (_, i) => i);
    const due = numbers.map((n) => dueTicksOf(video, n));
    const shown = numbers.map((n) => loopStart(video, n) + unitOf(video, n).timestamp).sort((a, b) => a - b);
    const frameTicks = video.loopTicks / video.units.length;
    for (const times of [due, shown]) {
      for (let i = 1; i < times.length; i++) expect(Math.abs(times[i]! - times[i - 1]! - frameTicks)).toBeLessThan(2);
    }
  });

  test('is entered at the first frame that is due from a time on', async () => {
    const { video } = prepareClip(await loadClip(await smallClip(options)));
    for (let ticks = 0; ticks < video.loopTicks * 2; ticks += 1777) {
      const number = firstNumberFrom(video, ticks);
      expect(dueTicksOf(video, number)).toBeGreaterThanOrEqual(ticks);
      if (number > 0) expect(dueTicksOf(video, number - 1)).toBeLessThan(ticks);
    }
  });
});

describe.each(['aac', 'pcmu', 'pcma'] as const)('sound in %s', (sound) => {
  test('loops without a step, one unit a packet', async () => {
    const prepared: PreparedClip = prepareClip(await loadClip(await smallClip({ sound })));
    const track = prepared.sound!;
    const step = sound === 'aac' ? 1024 : 160;
    const times = Array.from({ length: track.units.length * 2 + 1 }, (_, i) => dueTicksOf(track, i));
    for (let i = 1; i < times.length; i++) expect(times[i]! - times[i - 1]!).toBe(step);
    expect(track.clockRate).toBe(sound === 'aac' ? 16_000 : 8_000);
    expect(track.units.every((unit) => unit.run.offsets.length === 1)).toBe(true);
  });
});
