import { fullBox, u8, u16, u32 } from './box.ts';

/** Stream types of ISO/IEC 14496-1, table 6, with the reserved bit that is always set. */
export const VISUAL_STREAM = 0x11;
export const AUDIO_STREAM = 0x15;

/** `esds` (ISO/IEC 14496-1, 7.2.6): a codec of the MPEG-4 registry, with its own configuration if it has one. */
export function elementaryStream(stream: { objectType: number; streamType: number }, config?: Buffer): Buffer {
  const specific = config === undefined ? [] : [descriptor(5, config)];
  const ratesUnknown = u32(0, 0);
  const decoder = descriptor(4, u8(stream.objectType, stream.streamType, 0, 0, 0), ratesUnknown, ...specific);
  return fullBox('esds', 0, 0, descriptor(3, u16(0), u8(0), decoder, descriptor(6, u8(2))));
}

function descriptor(tag: number, ...contents: readonly Buffer[]): Buffer {
  const body = Buffer.concat(contents);
  return Buffer.concat([u8(tag, 0x80, 0x80, 0x80, body.length), body]);
}
