import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClipOptions, completeClipOptions } from './clip-options.ts';
import { generateClip } from './generate.ts';

/** Small clips for tests, kept between runs. */
export const TEST_CACHE = join(tmpdir(), 'holdfast-test-clips');

export const SMALL_CLIP: Partial<ClipOptions> = {
  width: 320,
  height: 240,
  mbps: 0.5,
  keyIntervalSeconds: 0.4,
  lengthSeconds: 2,
};

export async function smallClip(options: Partial<ClipOptions> = {}): Promise<string> {
  return await generateClip('Test', 0, completeClipOptions({ ...SMALL_CLIP, ...options }), { cacheFolder: TEST_CACHE });
}
