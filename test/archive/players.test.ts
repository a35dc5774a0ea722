import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { NO_PREDECESSOR } from '../../src/archive/identity.ts';
import { repairSegment } from '../../src/archive/repair.ts';
import { createSegmentFile, type SegmentFile } from '../../src/archive/segment-file.ts';
import type { HeldDirectory } from '../../src/disk/held-directory.ts';
import {
  cutFragments,
  type Footage,
  type FootageOptions,
  makeFootage,
  missingTool,
  pictureHashes,
} from './real-footage.ts';
import { closeSegment, START_UTC_MS, segmentName, temporaryDrive } from './temporary-drive.ts';

const SECONDS = 4;

const CASES: [string, FootageOptions][] = [
  ['H.264 with G.711 µ-law', { codec: 'h264', seconds: SECONDS, audio: 'pcmu' }],
  ['H.264 with B-frames and AAC', { codec: 'h264', seconds: SECONDS, bFrames: 2, gop: 40, audio: 'aac' }],
  ['H.265 with G.711 A-law', { codec: 'h265', seconds: SECONDS, audio: 'pcma' }],
  ['H.264 with PCM in stereo', { codec: 'h264', seconds: SECONDS, audio: 'l16', channels: 2 }],
  ['H.264 with Opus', { codec: 'h264', seconds: SECONDS, audio: 'opus' }],
  ['MJPEG with G.711 µ-law', { codec: 'mjpeg', seconds: SECONDS, audio: 'pcmu' }],
  ['H.265 with B-frames, silent', { codec: 'h265', seconds: SECONDS, bFrames: 2 }],
];

if (missingTool !== undefined) process.stdout.write(`players are not tested: ${missingTool} is not installed\n`);

describe.skipIf(missingTool !== undefined).each(CASES)('a segment of %s', (_name, options) => {
  let footage: Footage;

  beforeAll(() => {
    footage = makeFootage(options);
  }, 60_000);

  it('plays as it came, while it is written, with its index, and closed', async () => {
    const { root, drive } = await temporaryDrive();
    const file = await write(drive, footage);
    const path = join(root, file.path);
    expectSameAs(footage, path, footage.video.length);
    await file.appendIndex();
    expectSameAs(footage, path, footage.video.length);
    await file.flip();
    expectSameAs(footage, path, footage.video.length);
    const { duration, nb_read_packets } = probe(path, 'v');
    expect(Number(duration)).toBeCloseTo(SECONDS, 2);
    expect(Number(nb_read_packets)).toBe(footage.video.length);
    // Seeking in the closed file lands on the picture of that time.
    const seeked = decode(['-ss', '2.2', '-i', path, '-frames:v', '1', '-map', '0:v', '-f', 'framemd5', '-']);
    expect(footage.pictureHashes.slice(53, 57)).toContain(/^0,.*, *([0-9a-f]{32})$/m.exec(seeked)?.[1]);
  });

  it('keeps picture and sound together', async () => {
    const { root, drive } = await temporaryDrive();
    const file = await write(drive, footage);
    await closeSegment(drive, file);
    if (footage.audio.length === 0) return;
    const rate = footage.formats.audio!.clockRate;
    const expected = footage.audio[0]!.decodeTime / rate - footage.video[0]!.compositionOffset / 90_000;
    const path = join(root, file.path);
    const offset = Number(probe(path, 'a').start_time) - Number(probe(path, 'v').start_time);
    expect(offset).toBeCloseTo(expected, 3);
  });

  it('decodes without error after a crash at any point and its repair', async () => {
    const { root, drive } = await temporaryDrive();
    const file = await write(drive, footage);
    await file.abandon();
    const path = join(root, file.path);
    const whole = `${path}.whole`;
    await copyFile(path, whole);
    const ends = file.tables.fragments.map(({ offset, sizeBytes }) => offset + sizeBytes);
    const frames = cutFragments(footage, START_UTC_MS).map(({ video }) => video!.samples.length);
    for (const share of [0.31, 0.62, 0.97]) {
      await copyFile(whole, path);
      const tornAt = Math.floor(file.sizeBytes * share);
      await truncate(path, tornAt);
      await repairSegment({ drive, path: file.path, sync: () => drive.syncfs() });
      const kept = ends.filter((end) => end <= tornAt).length;
      const pictures = frames.slice(0, kept).reduce((sum, count) => sum + count, 0);
      // With B-frames the last pictures are decoded with others missing that came later.
      expect(complaintsOf(path)).toBe('');
      expect(Number(probe(path, 'v').nb_read_packets)).toBe(pictures);
      const hashes = pictureHashes(path);
      expect(hashes.slice(0, pictures - 4)).toEqual(footage.pictureHashes.slice(0, pictures - 4));
    }
  });
});

async function write(drive: HeldDirectory, footage: Footage): Promise<SegmentFile> {
  const { formats } = footage;
  const name = segmentName();
  const file = await createSegmentFile({ drive, name, formats, predecessorHash: NO_PREDECESSOR, clock: 'synced' });
  for (const fragment of cutFragments(footage, START_UTC_MS)) await file.appendFragment(fragment);
  return file;
}

function expectSameAs(footage: Footage, path: string, pictures: number): void {
  expect(complaintsOf(path)).toBe('');
  expect(pictureHashes(path)).toEqual(footage.pictureHashes.slice(0, pictures));
  if (footage.audio.length > 0) expect(packetHash(path)).toBe(soundHash(footage));
}

/** What ffprobe and a full decode say at level error; nothing, when all is well. */
function complaintsOf(path: string): string {
  const probed = spawnSync('ffprobe', ['-v', 'error', path], { encoding: 'utf8' });
  const decoded = spawnSync('ffmpeg', ['-v', 'error', '-xerror', '-i', path, '-f', 'null', '-'], { encoding: 'utf8' });
  return `${probed.stderr}${decoded.stderr}${probed.status === 0 && decoded.status === 0 ? '' : ' failed'}`;
}

function probe(path: string, stream: 'v' | 'a'): Record<string, string> {
  const args = ['-v', 'error', '-count_packets', '-select_streams', stream, '-show_streams', '-of', 'json', path];
  const json = JSON.parse(execFileSync('ffprobe', args, { encoding: 'utf8' })) as { streams: Record<string, string>[] };
  return json.streams[0]!;
}

function decode(args: string[]): string {
  return execFileSync('ffmpeg', ['-v', 'error', ...args], { encoding: 'utf8' });
}

/** MD5 of all sound as it is stored. */
function packetHash(path: string): string {
  return decode(['-i', path, '-map', '0:a', '-c', 'copy', '-f', 'md5', '-']).trim().replace('MD5=', '');
}

function soundHash(footage: Footage): string {
  const hash = createHash('md5');
  for (const { data } of footage.audio) hash.update(data);
  return hash.digest('hex');
}
