import { assertNever } from '../../base/assert.ts';
import type { AudioFormat } from '../access-unit.ts';
import { soundRate } from '../audio-format.ts';
import { OPUS_RATE } from '../opus-packet.ts';
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

/**
 * `mp4a` with `esds`, `Opus` with `dOps`, `ulaw`, `alaw`, or `fLaC` with `dfLa`. Linear PCM is `twos`, which QuickTime brought along: the
 * samples stay as they came, and unlike `ipcm` (ISO/IEC 23003-5) GStreamer 1.22 knows it, beside ffmpeg and Chromium.
 */
export function audioSampleEntry(format: AudioFormat | FlacFormat): Buffer {
  const [type, config] = audioConfig(format);
  const rate = format.codec === 'flac' ? format.clockRate : soundRate(format);
  // 16.16 has no room for 96 kHz and more; then the decoder's own configuration counts, or the timescale.
  const fixed = rate < 65_536 ? rate * 65_536 : 0;
  return box(type, SAMPLE_ENTRY_HEAD, u32(0, 0), u16(format.channels, 16, 0, 0), u32(fixed), config);
}

function audioConfig(format: AudioFormat | FlacFormat): readonly [string, Buffer] {
  switch (format.codec) {
    case 'aac':
      return ['mp4a', elementaryStream(format.config)];
    case 'pcmu':
      return ['ulaw', Buffer.alloc(0)];
    case 'pcma':
      return ['alaw', Buffer.alloc(0)];
    case 'l16':
      return ['twos', Buffer.alloc(0)];
    case 'opus':
      return ['Opus', opusSpecific(format.channels)];
    case 'flac':
      // One metadata block, the last one, of type STREAMINFO.
      return ['fLaC', fullBox('dfLa', 0, 0, u8(0x80, 0, 0, format.config.length), format.config)];
    default:
      return assertNever(format);
  }
}

/** `dOps`. Chromium refuses an input rate other than that of the sample entry; nobody knows the encoder's delay, and no gain is wished. */
function opusSpecific(channels: number): Buffer {
  const [version, preSkip, gain, oneStream] = [0, 0, 0, 0];
  return box('dOps', u8(version, channels), u16(preSkip), u32(OPUS_RATE), u16(gain), u8(oneStream));
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
