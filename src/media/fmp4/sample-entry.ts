import { fullBox, text, u16, u32 } from './box.ts';

/** Six reserved bytes, then data reference 1: the file itself. */
export const SAMPLE_ENTRY_HEAD = u16(0, 0, 0, 1);

/** Sample description of a track; each chunk says which of the entries it is coded by. */
export function sampleDescription(...entries: readonly Buffer[]): Buffer {
  return fullBox('stsd', 0, 0, u32(entries.length), ...entries);
}

export const HANDLERS = {
  video: { type: text('vide'), name: text('video\0'), header: fullBox('vmhd', 0, 1, u16(0, 0, 0, 0)) },
  audio: { type: text('soun'), name: text('sound\0'), header: fullBox('smhd', 0, 0, u16(0, 0)) },
} as const;
