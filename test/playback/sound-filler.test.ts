import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openSegmentReader, type SegmentReader } from '../../src/archive/segment-reader.ts';
import type { AudioCodec } from '../../src/media/access-unit.ts';
import { SAMPLE_RECORD_BYTES } from '../../src/media/fmp4/fragment-layout.ts';
import { fragmentHeadBytes, parseFragmentHead } from '../../src/media/fmp4/fragment-parse.ts';
import { planMedia, readMedia, segmentInit } from '../../src/playback/segment-media.ts';
import { closeSegment, fragmentsOf, makeDrive, type TestDrive } from './drive.ts';
import { type Clip, makeClip, slice, tool } from './footage.ts';

const START = Date.UTC(2026, 2, 1, 12);
const SECONDS = 12;

const clips = new Map<AudioCodec, Clip>();
let drive: TestDrive;
beforeAll(async () => {
  for (const sound of ['aac', 'opus', 'pcmu'] as const) clips.set(sound, await makeClip({ seconds: SECONDS, sound }));
});
beforeEach(async () => {
  drive = await makeDrive();
});
afterEach(() => drive.remove());

/** The clip without the packets of sound that begin while the camera is silent. */
function without(codec: AudioCodec, isSilent: (s: number, index: number) => boolean): Clip {
  const clip = clips.get(codec)!;
  const { clockRate } = clip.audio!;
  return { ...clip, sound: clip.sound.filter(({ dts }, index) => !isSilent(dts / clockRate, index)) };
}

let seq = 0;

/** Written as the recorder writes: a packet lasts up to the next one of its fragment. */
async function record(clip: Clip, isClosed = true): Promise<SegmentReader> {
  const { file } = await drive.begin(clip, { seq: seq++, startUtcMs: START });
  const { clockRate } = clip.audio!;
  for (const input of fragmentsOf(clip, START)) {
    const times = clip.sound.map(({ dts }) => dts);
    let index = input.audio ? times.indexOf(input.audio.baseDecodeTime) : 0;
    const samples = input.audio?.samples.map((sample, i, all) => {
      const until = times[++index];
      const isMeasured = i < all.length - 1 && until !== undefined && until - times[index - 1]! <= clockRate;
      return isMeasured ? { ...sample, duration: until - times[index - 1]! } : sample;
    });
    await file.appendFragment(samples ? { ...input, audio: { ...input.audio!, samples } } : input);
  }
  if (isClosed) await closeSegment(file);
  return openSegmentReader(join(drive.root, file.path));
}

async function sent(reader: SegmentReader, from: number, to: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of readMedia(reader, await planMedia(reader, from, to, true))) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** Start and end of each packet of sound, in seconds. */
function soundIn(reader: SegmentReader, media: Buffer): { fromS: number; toS: number }[] {
  const clockRate = reader.formats.audio!.clockRate;
  const packets: { fromS: number; toS: number }[] = [];
  for (let at = media.indexOf('prft') - 4; at < media.length; ) {
    const { audio, headBytes, dataBytes } = parseFragmentHead(
      media.subarray(at, at + fragmentHeadBytes(media.subarray(at))!),
    );
    let ticks = audio?.baseDecodeTime ?? 0;
    for (let record = 0; record < (audio?.records.length ?? 0); record += SAMPLE_RECORD_BYTES) {
      const duration = audio!.records.readUInt32BE(record);
      packets.push({ fromS: ticks / clockRate, toS: (ticks + duration) / clockRate });
      ticks += duration;
    }
    at = media.indexOf('prft', at + headBytes + dataBytes) - 4;
    if (at < 0) break;
  }
  return packets;
}

/** ffmpeg decodes all of it without a word. */
async function expectDecodable(reader: SegmentReader, media: Buffer): Promise<void> {
  const path = join(drive.root, 'sent.mp4');
  await writeFile(path, Buffer.concat([segmentInit(reader, true), media]));
  await tool('ffmpeg', ['-xerror', '-i', path, '-f', 'null', '-']);
}

function expectNoHole(packets: readonly { fromS: number; toS: number }[]): void {
  packets.slice(1).forEach(({ fromS }, i) => {
    expect(Math.abs(fromS - packets[i]!.toS)).toBeLessThan(0.1);
  });
}

describe.each(['aac', 'opus', 'pcmu'] as const)('sound in %s that a camera did not send', (codec) => {
  const cases: [string, (s: number, index: number) => boolean][] = [
    ['for some seconds', (s) => s >= 3.1 && s < 7.7],
    ['at first', (s) => s < 2.3],
    ['from some time on', (s) => s >= 6.2],
    ['now and then, in whole fragments and in parts of them', (s) => s % 3 > 1.4],
    [
      'but for a packet each 400 ms',
      (s, index) => s >= 3 && s < 9 && index % Math.round(clips.get(codec)!.sound.length / (SECONDS / 0.4)) !== 0,
    ],
  ];
  it.each(cases)('%s: silence is sent to browsers', async (_, isSilent) => {
    const reader = await record(without(codec, isSilent));
    try {
      const all = reader.fragments.length;
      const whole = await sent(reader, 0, all);
      await expectDecodable(reader, whole);
      const packets = soundIn(reader, whole);
      expectNoHole(packets);
      expect(packets[0]?.fromS).toBeLessThan(0.1);
      expect(packets.at(-1)?.toS).toBeGreaterThan(SECONDS - 0.15);
      const [last, first, middle] = [await sent(reader, 12, all), await sent(reader, 0, 5), await sent(reader, 5, 12)];
      expect([first, middle, last].flatMap((piece) => soundIn(reader, piece))).toEqual(packets);
    } finally {
      await reader.close();
    }
  });

  it('while the file is being written', async () => {
    const reader = await record(
      without(codec, (s) => s >= 3.1 && s < 7.7),
      false,
    );
    try {
      expect(reader.isClosed).toBe(false);
      const packets = soundIn(reader, await sent(reader, 0, reader.fragments.length));
      expectNoHole(packets);
      expect(packets.at(-1)?.toS).toBeGreaterThan(SECONDS - 0.15);
    } finally {
      await reader.close();
    }
  });
});

describe('sound that is whole', () => {
  it('is sent as it lies in the file where browsers take it', async () => {
    for (const codec of ['aac', 'opus'] as const) {
      const reader = await record(clips.get(codec)!);
      expect((await planMedia(reader, 0, reader.fragments.length, true)).kind).toBe('range');
      await reader.close();
    }
  });

  it('stays so with a packet missing here and there', async () => {
    const reader = await record(without('opus', (_s, index) => index % 50 === 7));
    expect((await planMedia(reader, 0, reader.fragments.length, true)).kind).toBe('range');
    await reader.close();
  });

  it('that nobody wants is not filled in', async () => {
    const reader = await record(
      slice(
        without('aac', (s) => s >= 3),
        0,
        6,
      ),
    );
    const path = join(drive.root, 'sent.mp4');
    const pieces: Buffer[] = [segmentInit(reader, false)];
    const plan = await planMedia(reader, 0, reader.fragments.length, false);
    for await (const piece of readMedia(reader, plan)) pieces.push(piece);
    await writeFile(path, Buffer.concat(pieces));
    const text = await tool('ffprobe', ['-show_entries', 'stream=codec_type', '-of', 'csv=p=0', path]);
    expect(text.trim()).toBe('video');
    await reader.close();
  });
});
