import { assertNever } from '../../base/assert.ts';
import type { AudioFormat } from '../access-unit.ts';
import { box, fullBox, u8, u16, u32 } from './box.ts';
import { SAMPLE_ENTRY_HEAD } from './sample-entry.ts';

/** Sound that browsers play without loss; never stored, only served in place of G.711. */
export interface FlacFormat {
  readonly kind: 'audio';
  readonly codec: 'flac';
  readonly codecString: 'flac';
  readonly clockRate: number;
  readonly channels: number;
  /** The 34 bytes of STREAMINFO. */
  readonly config: Buffer;
}

/** `mp4a` with `esds`, `ulaw`, `alaw`, or `fLaC` with `dfLa`. */
export function audioSampleEntry(format: AudioFormat | FlacFormat): Buffer {
  const [type, config] = audioConfig(format);
  // 16.16 has no room for 96 kHz and more; the decoder's own configuration counts anyway.
  const rate = format.clockRate < 65_536 ? format.clockRate * 65_536 : 0;
  return box(type, SAMPLE_ENTRY_HEAD, u32(0, 0), u16(format.channels, 16, 0, 0), u32(rate), config);
}

function audioConfig(format: AudioFormat | FlacFormat): readonly [string, Buffer] {
  switch (format.codec) {
    case 'aac':
      return ['mp4a', elementaryStream(format.config)];
    case 'pcmu':
      return ['ulaw', Buffer.alloc(0)];
    case 'pcma':
      return ['alaw', Buffer.alloc(0)];
    case 'flac':
      // One metadata block, the last one, of type STREAMINFO.
      return ['fLaC', fullBox('dfLa', 0, 0, u8(0x80, 0, 0, format.config.length), format.config)];
    default:
      return assertNever(format);
  }
}

/** `esds` (ISO/IEC 14496-1, 7.2.6) around an AudioSpecificConfig. */
function elementaryStream(config: Buffer): Buffer {
  const specific = descriptor(5, config);
  const decoder = descriptor(4, u8(0x40, 0x15, 0, 0, 0), u32(0, 0), specific); // AAC, audio stream, rates unknown
  return fullBox('esds', 0, 0, descriptor(3, u16(0), u8(0), decoder, descriptor(6, u8(2))));
}

function descriptor(tag: number, ...contents: readonly Buffer[]): Buffer {
  const body = Buffer.concat(contents);
  return Buffer.concat([u8(tag, 0x80, 0x80, 0x80, body.length), body]);
}
