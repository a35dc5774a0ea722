import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readFootage } from '../../scripts/lib/footage.ts';
import { followRecorder, type RecorderFacts } from '../../scripts/lib/recorder-facts.ts';
import { createStack, type Stack } from '../../scripts/lib/stack.ts';
import { waitFor } from '../../scripts/lib/wait-for.ts';
import { openSegmentReader } from '../../src/archive/segment-reader.ts';
import { SOUND_CODECS, type SoundCodec } from '../sim/clip-sound.ts';
import { type Simulator, startSimulator } from '../sim/simulator.ts';
import { SMALL_CLIP, TEST_CACHE } from '../sim/test-clips.ts';

/** What the recorder says of the camera, and what ffprobe says of the file. */
const EXPECTED: Readonly<Record<SoundCodec, { stored: string; source: string; probed: string }>> = {
  aac: { stored: 'aac', source: '', probed: 'aac' },
  'aac-adts': { stored: 'aac', source: '', probed: 'aac' },
  'aac-latm': { stored: 'aac', source: '', probed: 'aac' },
  pcmu: { stored: 'pcmu', source: '', probed: 'pcm_mulaw' },
  pcma: { stored: 'pcma', source: '', probed: 'pcm_alaw' },
  l16: { stored: 'l16', source: '', probed: 'pcm_s16be' },
  pcm: { stored: 'l16', source: 'PCM', probed: 'pcm_s16be' },
  opus: { stored: 'opus', source: '', probed: 'opus' },
  'g726-16': { stored: 'l16', source: 'G726-16', probed: 'pcm_s16be' },
  'g726-24': { stored: 'l16', source: 'G726-24', probed: 'pcm_s16be' },
  'g726-32': { stored: 'l16', source: 'G726-32', probed: 'pcm_s16be' },
  'g726-40': { stored: 'l16', source: 'G726-40', probed: 'pcm_s16be' },
  'aal2-g726-32': { stored: 'l16', source: 'AAL2-G726-32', probed: 'pcm_s16be' },
};

const SECONDS = 5;
const TONE_HZ = 440;

let folder: string;
let cameras: Simulator[] = [];
let stack: Stack | undefined;
let facts: RecorderFacts | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-sound-'));
});
afterEach(async () => {
  facts?.stop();
  await stack?.stop();
  for (const camera of cameras) await camera.stop();
  cameras = [];
  await rm(folder, { recursive: true, force: true });
});

it('every sound that cameras send is recorded, and is the tone that they sent', async () => {
  for (const sound of SOUND_CODECS) {
    const clip = { ...SMALL_CLIP, sound };
    cameras.push(await startSimulator({ cameras: 1, port: 0, clip, subClip: false, cacheFolder: TEST_CACHE }));
  }
  stack = await createStack({ folder, channels: cameras.map((simulator) => ({ url: simulator.camera(1).url })) });
  facts = followRecorder(stack.stateDir);
  await stack.start();
  const { channels, bays } = stack;
  const lastUtcMs = (id: string) => facts?.rates.at(-1)?.channels.find((r) => r.channelId === id)?.lastFootageUtcMs;
  let fromUtcMs: number | undefined;
  await waitFor(`${SECONDS} s of every channel`, 60_000, () => {
    const times = channels.map(({ id }) => lastUtcMs(id) ?? 0);
    if (times.includes(0)) return false;
    fromUtcMs ??= Math.max(...times);
    return Math.min(...times) > fromUtcMs + SECONDS * 1000;
  });
  const reports = await waitFor('a report of every channel', 20_000, () => {
    const all = channels.map(({ id }) => facts?.reports.get(id)?.audio);
    return all.every((audio) => (audio?.units ?? 0) > 0) && all;
  });
  await stack.stop();

  const footage = await readFootage(bays.map(({ path }) => path));
  for (const [i, sound] of SOUND_CODECS.entries()) {
    const { stored, source, probed } = EXPECTED[sound];
    expect({ sound, codec: reports[i]?.codec, source: reports[i]?.source }).toEqual({ sound, codec: stored, source });
    const path = footage.get(channels[i]!.id)!.files.at(-1)!.path;
    expect({ sound, stored: await storedAs(path), probed: probe(path) }).toEqual({
      ...{ sound, stored: { codec: stored, source }, probed: { codec: probed } },
    });
    const { frequency, seconds } = listen(path);
    expect({ sound, isTone: Math.abs(frequency / TONE_HZ - 1) < 0.03 }).toEqual({ sound, isTone: true });
    expect(seconds).toBeGreaterThan(SECONDS);
  }
});

/** As the file itself says it. */
async function storedAs(path: string): Promise<{ codec: string; source: string }> {
  const reader = await openSegmentReader(path);
  const { audio } = reader.formats;
  await reader.close();
  return { codec: audio?.codec ?? '', source: audio?.source ?? '' };
}

function probe(path: string): { codec: string } {
  const args = ['-v', 'error', '-select_streams', 'a', '-show_entries', 'stream=codec_name', '-of', 'csv=p=0', path];
  return { codec: execFileSync('ffprobe', args, { encoding: 'utf8' }).trim() };
}

/** Decodes without a word; the median of the frequency over tenths of a second, by the changes of sign. */
function listen(path: string): { frequency: number; seconds: number } {
  const rate = 48_000;
  const args = [
    '-v',
    'error',
    '-xerror',
    '-i',
    path,
    '-map',
    '0:a',
    '-ac',
    '1',
    '-ar',
    String(rate),
    '-f',
    's16le',
    '-',
  ];
  const bytes = execFileSync('ffmpeg', args, { maxBuffer: 64 * 1024 * 1024 });
  const samples = new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length >> 1);
  const step = rate / 10;
  const frequencies: number[] = [];
  for (let at = 0; at + step < samples.length; at += step) {
    let crossings = 0;
    for (let i = at + 1; i < at + step; i++) if (samples[i]! >= 0 !== samples[i - 1]! >= 0) crossings++;
    frequencies.push((crossings / 2) * 10);
  }
  frequencies.sort((a, b) => a - b);
  return { frequency: frequencies[frequencies.length >> 1] ?? 0, seconds: samples.length / rate };
}
