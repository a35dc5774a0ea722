import { assertNever } from '../../base/assert.ts';
import type { AudioFormat } from '../access-unit.ts';
import { soundRate } from '../sound/audio-format.ts';
import { OPUS_RATE } from '../sound/opus-packet.ts';
import { box, fullBox, u8, u16, u32 } from './box.ts';
import { AUDIO_STREAM, elementaryStream } from './elementary-stream.ts';
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

/** ISO/IEC 14496-3 in the registry of MPEG-4 object types. */
const OBJECT_TYPE_AAC = 0x40;

function audioConfig(format: AudioFormat | FlacFormat): readonly [string, Buffer] {
  switch (format.codec) {
    case 'aac':
      return ['mp4a', elementaryStream({ objectType: OBJECT_TYPE_AAC, streamType: AUDIO_STREAM }, format.config)];
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
