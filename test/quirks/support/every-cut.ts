import { expect } from 'vitest';
import type { Cuts } from './byte-writer.ts';
import type { CameraScript } from './script.ts';
import { type Seen, type ViewerOptions, watch } from './watch.ts';

/** So many bytes lie between two cuts where everything is cut: more than the head of a message or packet, fewer than a description. */
const STRIDE_BYTES = 40;

/**
 * Runs one case with all that the camera sends whole, byte by byte, cut once around each boundary of a message or packet, and cut every 40
 * bytes, beginning at each of the first 40, so that each place is cut in one of the runs. The outcome must be the same each time; it
 * is returned to be compared with what is expected.
 */
export async function everyCut(script: CameraScript, viewer: ViewerOptions = {}): Promise<Seen> {
  const { seen, boundaries } = await watch(script, viewer, () => false);
  for (const [name, cuts] of waysToCut(boundaries)) {
    expect((await watch(script, viewer, cuts)).seen, name).toEqual(seen);
  }
  return seen;
}

function* waysToCut(boundaries: readonly number[]): Generator<[string, Cuts]> {
  yield ['byte by byte', () => true];
  for (const boundary of boundaries) {
    for (const place of [boundary - 1, boundary, boundary + 1]) yield [`cut at ${place}`, (offset) => offset === place];
  }
  for (let first = 0; first < STRIDE_BYTES; first++) {
    yield [`cut every ${STRIDE_BYTES} bytes from ${first} on`, (offset) => offset % STRIDE_BYTES === first];
  }
}
