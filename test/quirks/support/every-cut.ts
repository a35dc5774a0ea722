import { expect } from 'vitest';
import type { Cuts } from './byte-writer.ts';
import type { CameraScript } from './script.ts';
import { type Seen, type ViewerOptions, watch } from './watch.ts';

/** Cases are kept so short that each place of theirs can be cut in every run of the tests. */
const MAX_PART_BYTES = 600;

/**
 * Runs one case with all that the camera sends whole, byte by byte, cut once around each boundary of a message or packet, and with every
 * message and packet cut at its first byte, at its second, and so on to the end of the longest. The outcome must be the same each
 * time; it is returned to be compared with what is expected.
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
  const starts = boundaries.slice(0, -1);
  const longest = Math.max(...starts.map((start, i) => boundaries[i + 1]! - start));
  expect(longest, 'bytes of the longest message or packet').toBeLessThan(MAX_PART_BYTES);
  for (let at = 0; at < longest; at++) {
    const places = new Set(starts.map((start) => start + at));
    yield [`each message and packet cut at its byte ${at}`, (offset) => places.has(offset)];
  }
}
