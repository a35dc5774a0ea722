import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { ClipOptions } from './clip-options.ts';
import { SOUND_CODECS } from './clip-sound.ts';
import { defaultFfmpegPath } from './ffmpeg.ts';
import { readFrameNumbersFromMp4 } from './frame-numbers.ts';
import { startSimulator } from './simulator.ts';
import { SMALL_CLIP, TEST_CACHE } from './test-clips.ts';

const run = promisify(execFile);
/** The clips' tone; for a 25th of each second another is laid over it. */
const TONE_HZ = 440;
const RATE = 48_000;

describe('ffmpeg hears the tone that the camera sends in', () => {
  test.concurrent.each(SOUND_CODECS.filter((codec) => codec !== 'pcm'))('%s', async (sound) => {
    const { stdout, stderr } = await withFfmpeg({ sound }, [
      '-map',
      '0:a',
      '-t',
      '2',
      '-ac',
      '1',
      '-ar',
      `${RATE}`,
      '-f',
      's16le',
      '-',
    ]);
    expect(stderr).toBe('');
    const samples = new Int16Array(stdout.buffer, stdout.byteOffset, stdout.length >> 1);
    expect(samples.length / RATE).toBeGreaterThan(1.8);
    expect(Math.abs(medianFrequency(samples) / TONE_HZ - 1)).toBeLessThan(0.03);
  });
});

describe('MJPEG', () => {
  test('is decoded by ffmpeg without an error, and recorded with the numbers of its frames', async () => {
    const decoded = await withFfmpeg({ codec: 'mjpeg' }, ['-t', '2', '-f', 'null', '-']);
    expect(decoded.stderr).toBe('');
    const { recorded, first } = await withFfmpeg({ codec: 'mjpeg' }, ['-t', '2', '-c', 'copy', 'FILE']);
    expect(recorded!.unnumbered).toBe(0);
    expect(recorded!.frames.length).toBeGreaterThan(40);
    expect(recorded!.frames).toEqual(recorded!.frames.map((_, i) => first + i));
  });

  test('stays whole with filler behind it', async () => {
    const decoded = await withFfmpeg({ codec: 'mjpeg' }, ['-t', '2', '-f', 'null', '-'], 4);
    expect(decoded.stderr).toBe('');
  });
});

/** Of tenths of a second, by the changes of sign. */
function medianFrequency(samples: Int16Array): number {
  const step = RATE / 10;
  const frequencies: number[] = [];
  for (let at = 0; at + step < samples.length; at += step) {
    const part = samples.subarray(at, at + step);
    const crossings = part.filter((sample, i) => i > 0 && sample >= 0 !== part[i - 1]! >= 0).length;
    frequencies.push((crossings / 2) * 10);
  }
  return frequencies.sort((a, b) => a - b)[frequencies.length >> 1]!;
}

let nextNumber = 101;

/** Runs ffmpeg on a camera; FILE among its arguments is a file whose frame numbers are read. */
async function withFfmpeg(clip: Partial<ClipOptions>, output: readonly string[], bitrateFactor = 1) {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-sim-'));
  const path = join(folder, 'recorded.mp4');
  const simulator = await startSimulator({
    ...{ cameras: 1, firstCamera: nextNumber++, port: 0, subClip: false, cacheFolder: TEST_CACHE },
    clip: { ...SMALL_CLIP, ...clip },
  });
  try {
    const camera = simulator.cameras[0]!;
    if (bitrateFactor > 1) await camera.setFault({ kind: 'bitrate', factor: bitrateFactor });
    const args = ['-nostdin', '-v', 'error', '-rtsp_transport', 'tcp', '-i', camera.url];
    const { stdout, stderr } = await run(
      defaultFfmpegPath(),
      [...args, ...output.map((word) => (word === 'FILE' ? path : word))],
      { encoding: 'buffer', maxBuffer: 16 * 1024 * 1024 },
    );
    const recorded = output.includes('FILE') ? await readFrameNumbersFromMp4(path) : undefined;
    return { stdout, stderr: stderr.toString(), recorded, first: camera.counters().main.sessions[0]!.firstFrame! };
  } finally {
    await simulator.stop();
    await rm(folder, { recursive: true });
  }
}
