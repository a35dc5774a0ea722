import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NO_PREDECESSOR } from '../../src/archive/identity.ts';
import { createSegmentFile, type SegmentFile } from '../../src/archive/segment-file.ts';
import { ManualClock } from '../../src/base/clock.ts';
import type { AccessUnit } from '../../src/media/access-unit.ts';
import { type CutAction, SegmentCutter } from '../../src/recorder/segment-cutter.ts';
import { CameraTimeline } from '../../src/recorder/time/camera-timeline.ts';
import { WallOffset } from '../../src/recorder/time/wall-offset.ts';
import { missingTool, pictureHashes } from '../archive/real-footage.ts';
import { closeSegment, START_UTC_MS, segmentName, temporaryDrive } from '../archive/temporary-drive.ts';
import { encodePictures, type NalCodec, packetsOfPictures } from '../media/video/encoded-streams.ts';
import { jpegPackets, makeJpegs, splitJpeg } from '../media/video/jpeg-packets.ts';
import { byTimestamp, type ReceivedVideo, receiveJpeg, receiveVideo } from '../media/video/video-units.ts';

if (missingTool !== undefined)
  process.stdout.write(`recorded streams are not tested: ${missingTool} is not installed\n`);

/** What the recorder does with units, without its queues: times, cuts, files. */
async function record(
  { units, formats }: ReceivedVideo,
  segmentMs: number,
): Promise<{ path: string; frames: number }[]> {
  const { root, drive } = await temporaryDrive();
  const cutter = new SegmentCutter(() => ({ segmentMs, fragmentMs: 500 }));
  const actions: CutAction[] = [];
  const timeline = new CameraTimeline({
    wallOffset: new WallOffset(new ManualClock(START_UTC_MS)),
    onTimed: (timed) => actions.push(...cutter.push(timed)),
  });
  timeline.setFormats({ video: formats[0]! });
  for (const unit of units as AccessUnit[]) timeline.push(unit, undefined);
  timeline.endSession();
  actions.push(...cutter.close());

  const files: { path: string; frames: number }[] = [];
  let file: SegmentFile | undefined;
  for (const action of actions) {
    switch (action.kind) {
      case 'open': {
        const name = segmentName({ seq: files.length });
        const { video } = action.stretch;
        file = await createSegmentFile({
          ...{ drive, name, predecessorHash: NO_PREDECESSOR, clock: 'synced' },
          formats: { video },
        });
        files.push({ path: join(root, file.path), frames: 0 });
        break;
      }
      case 'fragment':
        await file!.appendFragment(action.input);
        files.at(-1)!.frames += action.videoFrames;
        break;
      case 'close':
        await closeSegment(drive, file!);
    }
  }
  return files;
}

function complaintsOf(path: string): string {
  return spawnSync('ffmpeg', ['-v', 'error', '-i', path, '-f', 'null', '-'], { encoding: 'utf8' }).stderr;
}

describe.skipIf(missingTool !== undefined)('streams that were recorded', () => {
  const cases: [string, NalCodec, string][] = [
    ['H.264 with four slices a picture and markers on each', 'h264', 'slices=4:keyint=25:bframes=2'],
    ['H.265 with two slices a picture and markers on each', 'h265', 'slices=2:keyint=25:bframes=2'],
    ['H.265 with open groups of pictures', 'h265', 'open-gop=1:keyint=26:min-keyint=26:bframes=3:scenecut=0'],
  ];
  it.each(cases)('%s: files of 2 s hold every picture and are decoded without error', async (_, codec, parameters) => {
    const pictures = encodePictures(codec, 8, parameters);
    const packets = packetsOfPictures(codec, pictures, { marker: 'every-nal' });
    const files = await record(receiveVideo(codec, packets, { arrivalMs: byTimestamp(packets) }), 2000);
    expect(files.length).toBeGreaterThan(2);
    expect(files.reduce((sum, { frames }) => sum + frames, 0)).toBe(pictures.length);
    for (const { path, frames } of files) {
      expect(complaintsOf(path)).toBe('');
      // A file that begins with an open group holds pictures that only the file before makes visible: two or three of them.
      expect(pictureHashes(path).length).toBeGreaterThanOrEqual(frames - 3);
    }
  });

  it('MJPEG: fragments of the usual length, files of 2 s, every picture', async () => {
    const jpegs = makeJpegs({ width: 160, height: 120, count: 125 }).map(splitJpeg);
    let sequence = 0;
    const packets = jpegs.flatMap((jpeg, i) => {
      const made = jpegPackets(jpeg, { time: i * 3600 }, sequence);
      sequence += made.length;
      return made;
    });
    const files = await record(receiveJpeg(packets, undefined, byTimestamp(packets)), 2000);
    expect(files.map(({ frames }) => frames)).toEqual([50, 50, 25]);
    for (const { path, frames } of files) {
      expect(complaintsOf(path)).toBe('');
      expect(pictureHashes(path)).toHaveLength(frames);
    }
  });
});
