import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSegmentReader, type SegmentReader } from '../../src/archive/segment-reader.ts';
import type { AudioCodec, AudioFormat } from '../../src/media/access-unit.ts';
import { pcmFrameBytes } from '../../src/media/sound/audio-format.ts';
import { l16Format } from '../../src/media/sound/l16.ts';
import { browserSound } from '../../src/playback/browser-sound.ts';
import { ExportPlanner } from '../../src/playback/export-plan.ts';
import { LiveMuxer } from '../../src/playback/live-muxer.ts';
import { planMedia, readMedia, segmentInit } from '../../src/playback/segment-media.ts';
import { closeSegment, fragmentsOf, makeDrive, type TestDrive } from './drive.ts';
import { type Clip, makeClip } from './footage.ts';

const START = Date.UTC(2026, 2, 1, 12);

/** Stored as, rate, channels; what a browser is sent for it, and what an export has, as ffprobe calls them. */
const CASES: [AudioCodec, number, number, string, string][] = [
  ['pcma', 16_000, 2, 'flac', 'pcm_alaw'],
  ['l16', 8_000, 1, 'flac', 'pcm_s16be'],
  ['l16', 44_100, 2, 'flac', 'pcm_s16be'],
  ['aac', 48_000, 2, 'aac', 'aac'],
  ['opus', 48_000, 2, 'opus', 'opus'],
];

let drive: TestDrive;
beforeEach(async () => {
  drive = await makeDrive();
});
afterEach(() => drive.remove());

describe.each(CASES)('sound stored as %s at %i Hz in %i channels', (sound, soundRate, channels, sent, exported) => {
  it('is the same in playback, in a live view and in an export', async () => {
    const clip = await makeClip({ seconds: 3, sound, soundRate, channels });
    const reader = await record(clip);
    try {
      const played = await inFile('played', await playback(reader));
      expect(soundOf(played)).toEqual({ codec: sent, rate: soundRate, channels });
      expectSame(clip, played, 1);

      const watched = await inFile('watched', liveView(clip));
      expect(soundOf(watched)).toEqual({ codec: sent, rate: soundRate, channels });
      // It ends with the last picture, so that the last packets of sound may be missing.
      expectSame(clip, watched, 0.9);

      const saved = await inFile('saved', await exportOf(reader));
      expect(soundOf(saved)).toEqual({ codec: exported, rate: soundRate, channels });
      // So does an export, by its edit list.
      expectStart(packetsOf(saved), packetsOfClip(clip), 0.9);
    } finally {
      await reader.close();
    }
  });
});

describe('what browsers are given', () => {
  const format = (codec: AudioCodec, channels: number): AudioFormat => ({ ...l16Format(8000, channels), codec });

  it('is FLAC for every sound that is stored sample by sample', () => {
    for (const codec of ['pcmu', 'pcma', 'l16'] as const) {
      const sound = browserSound(format(codec, 2));
      expect(sound?.format).toMatchObject({ codec: 'flac', codecString: 'flac', clockRate: 8000, channels: 2 });
    }
    expect(browserSound(format('l16', 9))).toBeUndefined();
  });

  it('lasts as long as what was stored, whatever the packets and the holes between them', () => {
    const packet = fc.record({ ticks: fc.nat(9000), hole: fc.nat(50) });
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 20 }), fc.integer({ min: 1, max: 2 }), (packets, channels) => {
        const stored = format('l16', channels);
        const frameBytes = pcmFrameBytes(stored);
        const samples = packets.map(({ ticks, hole }) => {
          return {
            data: Buffer.alloc(ticks * frameBytes, 7),
            duration: ticks + hole,
            compositionOffset: 0,
            isKey: true,
          };
        });
        const recoded = browserSound(stored)!.recode({ baseDecodeTime: 5, samples });
        const total = (list: readonly { duration: number }[]) => list.reduce((sum, { duration }) => sum + duration, 0);
        expect(recoded.baseDecodeTime).toBe(5);
        expect(total(recoded.samples)).toBe(total(samples.filter(({ data }) => data.length > 0)));
      }),
      { numRuns: 50 },
    );
  });
});

async function record(clip: Clip): Promise<SegmentReader> {
  const { file } = await drive.begin(clip, { seq: 0, startUtcMs: START });
  for (const fragment of fragmentsOf(clip, START)) await file.appendFragment(fragment);
  await closeSegment(file);
  return openSegmentReader(join(drive.root, file.path));
}

async function playback(reader: SegmentReader): Promise<Buffer> {
  const pieces = [segmentInit(reader, true)];
  const plan = await planMedia(reader, 0, reader.fragments.length, true);
  for await (const piece of readMedia(reader, plan)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** Units in the order of their times, as a camera sends them. */
function liveView(clip: Clip): Buffer {
  const muxer = new LiveMuxer({ wantsSound: true });
  const start = muxer.setFormat(clip);
  const units = (['video', 'audio'] as const).flatMap((kind) =>
    (kind === 'video' ? clip.pictures : clip.sound).map((sample) => {
      const clockRate = kind === 'video' ? clip.video.clockRate : clip.audio!.clockRate;
      const wallUtcMs = START + (sample.dts * 1000) / clockRate;
      return { ...sample, watchId: 1, kind, rtpTime: sample.pts, dtsTicks: sample.dts, wallUtcMs };
    }),
  );
  units.sort((a, b) => a.wallUtcMs - b.wallUtcMs);
  return Buffer.concat([start!.init, ...units.flatMap((unit) => muxer.push(unit) ?? [])]);
}

async function exportOf(reader: SegmentReader): Promise<Buffer> {
  const planner = new ExportPlanner({ fromUtcMs: START, toUtcMs: START + 60_000, wantsSound: true });
  const { formats, fragments } = reader;
  const tables = await reader.readTables();
  const piece = planner.add({ formats, fragments, tables, fromUtcMs: 0, toUtcMs: Number.MAX_SAFE_INTEGER });
  return Buffer.concat([planner.finish()!.head, await reader.readRange(piece!.offset, piece!.sizeBytes)]);
}

async function inFile(name: string, bytes: Buffer): Promise<string> {
  const path = join(drive.root, `${name}.mp4`);
  await writeFile(path, bytes);
  expect((await readFile(path)).length).toBe(bytes.length);
  return path;
}

function ffmpeg(args: readonly string[], input?: Buffer): Buffer {
  return execFileSync('ffmpeg', ['-v', 'error', ...args], { maxBuffer: 1 << 28, ...(input && { input }) });
}

function soundOf(path: string): { codec: string; rate: number; channels: number } {
  const fields = 'stream=codec_name,sample_rate,channels';
  const args = ['-v', 'error', '-select_streams', 'a', '-show_entries', fields, '-of', 'json', path];
  const { streams } = JSON.parse(execFileSync('ffprobe', args, { encoding: 'utf8' })) as {
    streams: { codec_name: string; sample_rate: string; channels: number }[];
  };
  const { codec_name: codec, sample_rate: rate, channels } = streams[0]!;
  return { codec, rate: Number(rate), channels };
}

function samplesOf(path: string): Buffer {
  return ffmpeg(['-i', path, '-map', '0:a', '-f', 's16le', '-']);
}

function packetsOf(path: string): Buffer {
  return ffmpeg(['-i', path, '-map', '0:a', '-c', 'copy', '-f', 'data', '-']);
}

function packetsOfClip(clip: Clip): Buffer {
  return Buffer.concat(clip.sound.map(({ data }) => data));
}

/** Samples where they are stored, packets where those are sent as they are; at least this share of all. */
function expectSame(clip: Clip, path: string, share: number): void {
  const { codec, clockRate, channels } = clip.audio!;
  const rawFormats: Partial<Record<AudioCodec, string>> = { pcmu: 'mulaw', pcma: 'alaw', l16: 's16be' };
  const raw = rawFormats[codec];
  const [heard, whole] =
    raw === undefined
      ? [packetsOf(path), packetsOfClip(clip)]
      : [samplesOf(path), samplesOfRaw(packetsOfClip(clip), raw, clockRate, channels)];
  expectStart(heard, whole, share);
}

function expectStart(heard: Buffer, whole: Buffer, share: number): void {
  expect(heard.length).toBeGreaterThanOrEqual(share * whole.length);
  expect(heard.equals(whole.subarray(0, heard.length))).toBe(true);
}

function samplesOfRaw(bytes: Buffer, format: string, clockRate: number, channels: number): Buffer {
  const input = ['-f', format, '-ar', String(clockRate), '-ac', String(channels), '-i', '-'];
  return ffmpeg([...input, '-f', 's16le', '-'], bytes);
}
