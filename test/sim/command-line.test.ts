import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { listClips, loadClip } from './clip.ts';
import { type ClipOptions, completeClipOptions } from './clip-options.ts';
import { parseCommandLine } from './command-line.ts';
import { generateClip } from './generate.ts';
import { startSimulator } from './simulator.ts';

test('options become what the library takes', () => {
  const text =
    '--cameras 4 --codec h265 --size 1920x1080 --mbps 8 --audio aac --user a --password b --control 0 --json';
  expect(parseCommandLine(text.split(' '))).toMatchObject({
    simulator: {
      cameras: 4,
      clip: { codec: 'h265', width: 1920, height: 1080, mbps: 8, sound: 'aac' },
      credentials: { user: 'a', password: 'b' },
    },
    controlPort: 0,
    isJson: true,
  });
});

test.each([
  ['--cameras many', '--cameras is many, expected a number'],
  ['--size big', '--size is big, expected WIDTHxHEIGHT'],
  ['--codec vp9', '--codec is vp9, allowed: h264, h265'],
  ['--user a', '--user and --password go together'],
  ['--colour red', "Unknown option '--colour'"],
])('"%s" is refused with the reason', (text, reason) => {
  expect(() => parseCommandLine(text.split(' '))).toThrow(reason);
});

test.each([
  [{ fps: 0 }, 'fps is 0, allowed: 1 to 60'],
  [{ width: 641 }, 'width is 641, allowed: 160 to 7680 pixels, even'],
  [{ mbps: Number.NaN }, 'mbps is NaN'],
  [{ bFrames: 1.5 }, 'bFrames is 1.5'],
])('a clip with %j is refused with the reason', (options, reason) => {
  expect(() => completeClipOptions(options)).toThrow(reason);
});

test('a clip is at least as long as its key frame interval, unless its length is given', () => {
  const lengthOf = (clip: Partial<ClipOptions>) => completeClipOptions(clip).lengthSeconds;
  expect(lengthOf({ keyIntervalSeconds: 2 })).toBe(10);
  expect(lengthOf({ keyIntervalSeconds: 12 })).toBe(12);
  expect(lengthOf({ keyIntervalSeconds: 12, lengthSeconds: 4 })).toBe(4);
});

test('what cannot be played is named', async () => {
  await expect(startSimulator({ cameras: 0 })).rejects.toThrow('cameras is 0, allowed: 1 to 254');
  await expect(startSimulator({ cameras: 1, port: 70_000 })).rejects.toThrow('port is 70000');
  await expect(listClips('/nonexistent')).rejects.toThrow('folder of clips /nonexistent: ENOENT');
  await expect(listClips(import.meta.dirname)).rejects.toThrow('no .mp4, .mov or .m4v file in it');
  await expect(loadClip('/nonexistent.mp4')).rejects.toThrow('clip /nonexistent.mp4: ENOENT');
  await expect(loadClip(import.meta.filename)).rejects.toThrow('is it an MP4 file?');
});

test('a missing ffmpeg is named, and what to install', async () => {
  const options = { ffmpegPath: '/nonexistent/ffmpeg', cacheFolder: tmpdir() };
  const making = generateClip('Unmade', 0, completeClipOptions({}), options);
  await expect(making).rejects.toThrow(/ffmpeg \(\/nonexistent\/ffmpeg\): not found.*apt-get install ffmpeg/);
});
