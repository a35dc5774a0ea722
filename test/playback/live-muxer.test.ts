import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LiveUnit } from '../../src/link/messages.ts';
import { LiveMuxer } from '../../src/playback/live-muxer.ts';
import { type Clip, makeClip, tool } from './footage.ts';

const WALL = Date.UTC(2026, 2, 1, 12);
const FIRST_TICKS = 7_000_000_000;

/** The units of a clip as a camera would send them: ticks start anywhere, sound and pictures in the order of their times. */
function unitsOf(clip: Clip, startMs = 0, firstTicks = FIRST_TICKS): LiveUnit[] {
  const units = (kind: 'video' | 'audio', clockRate: number) =>
    (kind === 'video' ? clip.pictures : clip.sound).map((s) => ({
      watchId: 1,
      kind,
      isKey: s.isKey,
      rtpTime: s.pts + firstTicks,
      dtsTicks: s.dts + firstTicks,
      wallUtcMs: WALL + startMs + (s.dts * 1000) / clockRate,
      data: s.data,
    }));
  const all = [...units('video', 90_000), ...units('audio', clip.audio?.clockRate ?? 1)];
  return all.sort((a, b) => a.wallUtcMs - b.wallUtcMs);
}

/** Muxes and returns what ffprobe sees of it: [time, key] of each packet of the stream. */
async function probe(bytes: Buffer, stream: 'v' | 'a'): Promise<{ times: number[]; codec: string }> {
  const path = join(folder, `live-${stream}.mp4`);
  await writeFile(path, bytes);
  await tool('ffmpeg', ['-xerror', '-i', path, '-f', 'null', '-']);
  const found = await tool('ffprobe', [
    '-select_streams',
    stream,
    '-show_entries',
    'packet=dts_time:stream=codec_name',
    '-of',
    'json',
    path,
  ]);
  const json = JSON.parse(found) as { packets: { dts_time: string }[]; streams: { codec_name: string }[] };
  return { times: json.packets.map((p) => Number(p.dts_time)), codec: json.streams[0]?.codec_name ?? '' };
}

let folder: string;
let clip: Clip;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-live-'));
  clip = await makeClip({ seconds: 3, bFrames: 2, sound: 'pcmu' });
});
afterAll(() => rm(folder, { recursive: true }));

describe('live muxer', () => {
  test('pictures with B-frames and G.711: every picture, steady times, exact sound as FLAC', async () => {
    const muxer = new LiveMuxer({ wantsSound: true });
    const start = muxer.setFormat(clip)!;
    expect(start.message).toMatchObject({ width: 320, height: 180, hasSound: true });
    expect(start.message.mime).toBe(`video/mp4; codecs="${clip.video.codecString},flac"`);
    const fragments = unitsOf(clip).map((unit) => muxer.push(unit));
    const bytes = Buffer.concat([start.init, ...fragments.filter((f) => f !== undefined)]);

    const video = await probe(bytes, 'v');
    expect(video.times).toEqual(clip.pictures.map((_, i) => expect.closeTo(i * 0.04, 3)));
    const audio = await probe(bytes, 'a');
    expect(audio.codec).toBe('flac');
    expect(audio.times.every((t, i) => i === 0 || Math.abs(t - audio.times[i - 1]! - 0.02) < 0.002)).toBe(true);

    const path = join(folder, 'exact.mp4');
    await writeFile(path, bytes);
    const pcm = join(folder, 'exact.raw');
    await tool('ffmpeg', ['-y', '-i', path, '-map', 'a', '-c:a', 'pcm_mulaw', '-f', 'mulaw', pcm]);
    const { readFile } = await import('node:fs/promises');
    const sent = Buffer.concat(clip.sound.map((s) => s.data));
    const heard = await readFile(pcm);
    expect(heard.length).toBeGreaterThan(sent.length * 0.9);
    // Both zeros of μ-law are the same sample, so they compare as decoded.
    const samples = (bytes: Buffer) => [...bytes].map((b) => (b === 0x7f ? 0xff : b));
    expect(samples(heard)).toEqual(samples(sent.subarray(0, heard.length)));
  });

  test('without sound when the watcher does not want it', async () => {
    const muxer = new LiveMuxer({ wantsSound: false });
    const start = muxer.setFormat(clip)!;
    expect(start.message.hasSound).toBe(false);
    const fragments = unitsOf(clip).flatMap((unit) => muxer.push(unit) ?? []);
    expect(fragments.length).toBe(clip.pictures.length);
  });

  test('nothing before a key frame, and again nothing after something was left out', () => {
    const muxer = new LiveMuxer({ wantsSound: false });
    muxer.setFormat(clip);
    const units = unitsOf(clip).filter((unit) => unit.kind === 'video');
    expect(muxer.push(units[1]!)).toBeUndefined();
    expect(muxer.push(units[25]!)).toBeDefined();
    expect(muxer.push(units[26]!)).toBeDefined();
    muxer.skipToKey();
    expect(muxer.push(units[27]!)).toBeUndefined();
    expect(muxer.push(units[50]!)).toBeDefined();
  });

  test('a camera that starts again with other ticks: time goes on by the wall and never back', async () => {
    const muxer = new LiveMuxer({ wantsSound: false });
    const init = muxer.setFormat(clip)!.init;
    const fragments = unitsOf(clip).flatMap((unit) => muxer.push(unit) ?? []);
    const again = unitsOf(clip, 5_000, 1_000).flatMap((unit) => muxer.push(unit) ?? []);
    const { times } = await probe(Buffer.concat([init, ...fragments, ...again]), 'v');
    expect(times.length).toBe(150);
    expect(times[75]).toBeCloseTo(5, 2);
    expect(times.every((t, i) => i === 0 || t > times[i - 1]!)).toBe(true);
  });

  test('after a change of format time goes on', async () => {
    const muxer = new LiveMuxer({ wantsSound: false });
    muxer.setFormat(clip);
    for (const unit of unitsOf(clip)) muxer.push(unit);
    const init = muxer.setFormat(clip)!.init;
    const again = unitsOf(clip, 2_000, 1_000).flatMap((unit) => muxer.push(unit) ?? []);
    const { times } = await probe(Buffer.concat([init, ...again]), 'v');
    // The wall says 2 s, but what was shown reaches to 3 s.
    expect(times[0]).toBeCloseTo(3, 2);
  });

  test('no picture, no live view', () => {
    const muxer = new LiveMuxer({ wantsSound: true });
    expect(muxer.setFormat({ video: undefined, audio: clip.audio })).toBeUndefined();
    expect(unitsOf(clip).every((unit) => muxer.push(unit) === undefined)).toBe(true);
  });
});
