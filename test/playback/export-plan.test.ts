import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { SegmentFile } from '../../src/archive/segment-file.ts';
import { openSegmentReader } from '../../src/archive/segment-reader.ts';
import { ExportPlanner } from '../../src/playback/export-plan.ts';
import { closeSegment, fragmentsOf, makeDrive, type TestDrive } from './drive.ts';
import { type Clip, makeClip, slice, tool } from './footage.ts';

const START = Date.UTC(2026, 2, 1, 12);

let drive: TestDrive;
let plain: Clip;
let reordered: Clip;
beforeAll(async () => {
  plain = await makeClip({ seconds: 12, sound: 'aac' });
  reordered = await makeClip({ seconds: 12, bFrames: 2, sound: 'pcmu' });
});
beforeEach(async () => {
  drive = await makeDrive();
});
afterEach(() => drive.remove());

interface Part {
  clip: Clip;
  /** Milliseconds after START. */
  at: number;
}

async function record(parts: Part[]): Promise<SegmentFile[]> {
  const files: SegmentFile[] = [];
  for (const [i, { clip, at }] of parts.entries()) {
    const { file } = await drive.begin(clip, { seq: i, startUtcMs: START + at });
    for (const fragment of fragmentsOf(clip, START + at)) await file.appendFragment(fragment);
    await closeSegment(file);
    files.push(file);
  }
  return files;
}

/** Exports [from, to) (milliseconds after START) into one file and returns its path. */
async function exportOf(files: SegmentFile[], from: number, to: number, wantsSound = true): Promise<string> {
  const planner = new ExportPlanner({ fromUtcMs: START + from, toUtcMs: START + to, wantsSound });
  const pieces: Buffer[] = [];
  for (const file of files) {
    const reader = await openSegmentReader(join(drive.root, file.path));
    const { formats, fragments } = reader;
    const tables = await reader.readTables();
    await reader.close();
    const source = { formats, fragments, tables, fromUtcMs: 0, toUtcMs: Number.MAX_SAFE_INTEGER };
    const piece = planner.add(source);
    if (piece === undefined) continue;
    const bytes = await readFile(join(drive.root, file.path));
    pieces.push(bytes.subarray(piece.offset, piece.offset + piece.sizeBytes));
  }
  const plan = planner.finish();
  if (plan === undefined) throw new Error('nothing to export');
  const path = join(drive.root, 'export.mp4');
  await rm(path, { force: true });
  await writeFile(path, Buffer.concat([plan.head, ...pieces]));
  return path;
}

interface Probe {
  duration: number;
  streams: { type: string; codec: string; duration: number }[];
}

async function probe(path: string): Promise<Probe> {
  const text = await tool('ffprobe', [
    '-show_entries',
    'format=duration:stream=codec_type,codec_name,duration',
    '-of',
    'json',
    path,
  ]);
  const json = JSON.parse(text) as {
    format: { duration: string };
    streams: { codec_type: string; codec_name: string; duration: string }[];
  };
  const streams = json.streams.map((s) => ({ type: s.codec_type, codec: s.codec_name, duration: Number(s.duration) }));
  return { duration: Number(json.format.duration), streams };
}

/** Times (s) and MD5 of the pictures that a player shows. */
async function pictures(path: string): Promise<{ at: number; md5: string }[]> {
  const text = await tool('ffmpeg', [
    '-xerror',
    '-i',
    path,
    '-map',
    'v',
    '-fps_mode',
    'passthrough',
    '-enc_time_base',
    '-1',
    '-f',
    'framemd5',
    '-',
  ]);
  const scale = Number(/#tb 0: 1\/(\d+)/.exec(text)![1]);
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.map((line) => {
    const [, , pts, , , md5] = line.split(',').map((field) => field.trim());
    return { at: Number(pts) / scale, md5: md5! };
  });
}

const close = (seconds: number) => expect.closeTo(seconds, 2);

describe('export of a span', () => {
  test('a slice of two files shows the same pictures as the whole, from the exact instant', async () => {
    const files = await record([
      { clip: slice(plain, 0, 6), at: 0 },
      { clip: slice(plain, 6, 12), at: 6_000 },
    ]);
    const whole = await pictures(await exportOf(files, 0, 12_000));
    expect(whole.length).toBe(300);
    const path = await exportOf(files, 2_520, 9_400);
    const found = await probe(path);
    expect(found.duration).toBeCloseTo(6.88, 2);
    expect(found.streams.map((s) => [s.type, s.codec, s.duration])).toEqual([
      ['video', 'h264', close(6.88)],
      ['audio', 'aac', close(6.88)],
    ]);
    const part = await pictures(path);
    expect(part.map((p) => p.md5)).toEqual(whole.slice(63, 235).map((p) => p.md5));
    expect(part.every((p, i) => Math.abs(p.at - i * 0.04) < 0.002)).toBe(true);
  });

  test('with B-frames and G.711 likewise', async () => {
    const files = await record([
      { clip: slice(reordered, 0, 6), at: 0 },
      { clip: slice(reordered, 6, 12), at: 6_000 },
    ]);
    const whole = await pictures(await exportOf(files, 0, 12_000));
    expect(whole.length).toBe(300);
    const path = await exportOf(files, 2_520, 9_400);
    const found = await probe(path);
    expect(found.streams.map((s) => [s.codec, s.duration])).toEqual([
      ['h264', close(6.88)],
      ['pcm_mulaw', close(6.88)],
    ]);
    const part = await pictures(path);
    expect(part.map((p) => p.md5)).toEqual(whole.slice(63, 235).map((p) => p.md5));
    expect(part[0]!.at).toBeCloseTo(0, 2);
  });

  test('over a gap the last picture is held, so that times stay those of the wall', async () => {
    const files = await record([
      { clip: slice(plain, 0, 4), at: 0 },
      { clip: slice(plain, 4, 8), at: 11_300 },
    ]);
    const path = await exportOf(files, 1_000, 14_300);
    expect((await probe(path)).duration).toBeCloseTo(13.3, 2);
    const shown = await pictures(path);
    expect(shown.length).toBe(75 + 75);
    expect(shown[74]!.at).toBeCloseTo(2.96, 2);
    expect(shown[75]!.at).toBeCloseTo(10.3, 2);
  });

  test('wall times that are some milliseconds off make no uneven pictures', async () => {
    const files = await record([
      { clip: slice(plain, 0, 4), at: 0 },
      { clip: slice(plain, 4, 8), at: 4_013 },
      { clip: slice(plain, 8, 12), at: 7_994 },
    ]);
    const shown = await pictures(await exportOf(files, 0, 12_000));
    expect(shown.every((p, i) => Math.abs(p.at - i * 0.04) < 0.002)).toBe(true);
  });

  test('another size and profile half way: both parts decode', async () => {
    const other = await makeClip({ seconds: 4, size: '640x360', bFrames: 1, sound: 'aac', seed: 3 });
    const files = await record([
      { clip: slice(plain, 0, 4), at: 0 },
      { clip: other, at: 4_000 },
    ]);
    const shown = await pictures(await exportOf(files, 0, 8_000));
    expect(shown.length).toBe(200);
    expect(new Set(shown.map((p) => p.md5)).size).toBe(200);
  });

  test('sound that is missing in one file leaves the sound of the others at its place', async () => {
    const mute = { ...slice(plain, 4, 8), audio: undefined, sound: [] };
    const files = await record([
      { clip: slice(plain, 0, 4), at: 0 },
      { clip: mute, at: 4_000 },
      { clip: slice(plain, 8, 12), at: 8_000 },
    ]);
    const path = await exportOf(files, 0, 12_000);
    await tool('ffmpeg', ['-xerror', '-i', path, '-f', 'null', '-']);
    const text = await tool('ffprobe', [
      '-select_streams',
      'a',
      '-show_entries',
      'packet=pts_time',
      '-of',
      'csv=p=0',
      path,
    ]);
    const times = text.split('\n').map(Number.parseFloat).filter(Number.isFinite);
    expect(times.filter((t) => t >= 4.1 && t < 7.9)).toEqual([]);
    expect(times.find((t) => t > 5)).toBeCloseTo(8, 1);
    const first = await probe(path);
    expect(first.streams.map((s) => s.duration)).toEqual([close(12), close(12)]);
  });

  test('sound that begins later than the pictures', async () => {
    const mute = { ...slice(plain, 0, 4), audio: undefined, sound: [] };
    const files = await record([
      { clip: mute, at: 0 },
      { clip: slice(plain, 4, 8), at: 4_000 },
    ]);
    const path = await exportOf(files, 1_000, 8_000);
    const text = await tool('ffprobe', [
      '-select_streams',
      'a',
      '-show_entries',
      'packet=pts_time',
      '-of',
      'csv=p=0',
      path,
    ]);
    expect(Number.parseFloat(text.split('\n')[0]!)).toBeCloseTo(3, 1);
  });

  test('H.265', async () => {
    const clip = await makeClip({ seconds: 4, codec: 'h265', bFrames: 2 });
    const files = await record([{ clip, at: 0 }]);
    const whole = await pictures(await exportOf(files, 0, 4_000));
    const part = await pictures(await exportOf(files, 1_520, 3_000));
    expect(part.map((p) => p.md5)).toEqual(whole.slice(38, 75).map((p) => p.md5));
  });

  test('MJPEG, of which every picture is a place to begin', async () => {
    const clip = await makeClip({ seconds: 4, codec: 'mjpeg', sound: 'pcmu' });
    const files = await record([
      { clip: slice(clip, 0, 2), at: 0 },
      { clip: slice(clip, 2, 4), at: 2_000 },
    ]);
    const whole = await pictures(await exportOf(files, 0, 4_000));
    expect(whole).toHaveLength(100);
    const part = await pictures(await exportOf(files, 1_520, 3_000));
    expect(part.map((p) => p.md5)).toEqual(whole.slice(38, 75).map((p) => p.md5));
  });

  test('another codec half way is refused, with when it changes', async () => {
    const files = await record([
      { clip: slice(plain, 0, 2), at: 0 },
      { clip: await makeClip({ seconds: 2, codec: 'h265' }), at: 2_000 },
    ]);
    await expect(exportOf(files, 0, 4_000)).rejects.toThrow(
      /video changes from h264 to h265 at 2026-03-01T12:00:02\.000Z/,
    );
  });

  test('other sound half way is refused, unless the export is without sound', async () => {
    const files = await record([
      { clip: slice(plain, 0, 2), at: 0 },
      { clip: slice(reordered, 0, 2), at: 2_000 },
    ]);
    await expect(exportOf(files, 0, 4_000)).rejects.toThrow(/sound changes from aac 16000 Hz to pcmu 8000 Hz/);
    const found = await probe(await exportOf(files, 0, 4_000, false));
    expect(found.streams.map((s) => s.type)).toEqual(['video']);
  });
});
