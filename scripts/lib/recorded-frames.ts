import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readFrameNumbersFromMp4 } from '../../test/sim/frame-numbers.ts';

/** What a camera's files hold, whichever drives they are on. */
export interface RecordedFrames {
  readonly numbers: Set<number>;
  readonly files: string[];
  /** Frames without a number of the simulator. */
  unnumbered: number;
}

/** The simulator's frame numbers in all MP4 files below the folders, by the number of the camera that sent them. */
export async function readRecordedFrames(folders: readonly string[]): Promise<Map<number, RecordedFrames>> {
  return readFramesOfFiles((await Promise.all(folders.map(listMp4Files))).flat());
}

/** The same for some files: a camera that was started anew counts from 0 again. */
export async function readFramesOfFiles(paths: readonly string[]): Promise<Map<number, RecordedFrames>> {
  const cameras = new Map<number, RecordedFrames>();
  for (const path of paths) {
    const { camera, frames, unnumbered } = await readFrameNumbersFromMp4(path);
    const recorded = cameras.get(camera) ?? { numbers: new Set<number>(), files: [], unnumbered: 0 };
    cameras.set(camera, recorded);
    for (const frame of frames) recorded.numbers.add(frame);
    recorded.files.push(path);
    recorded.unnumbered += unnumbered;
  }
  return cameras;
}

export async function listMp4Files(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.mp4'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
