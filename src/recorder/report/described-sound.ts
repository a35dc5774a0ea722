import { assertNever } from '../../base/assert.ts';
import type { AudioFormat } from '../../media/access-unit.ts';
import { g726Name } from '../../media/sound/g726-depacketiser.ts';
import type { Track } from '../../protocols/rtsp/tracks.ts';

export type SoundName = Pick<AudioFormat, 'codec' | 'clockRate' | 'channels' | 'source'>;

/** What a camera calls its sound before any has come: cameras whose microphone is off describe it, too. */
export function describedSound(track: Track): SoundName | undefined {
  switch (track.kind) {
    case 'video':
      return undefined;
    case 'aac':
    case 'latm':
      return { codec: 'aac', clockRate: track.payload.clockRate, channels: track.payload.channels };
    case 'g711':
      return { codec: track.law, clockRate: track.clockRate, channels: track.channels };
    case 'g726':
      return { codec: 'l16', clockRate: track.payload.clockRate, channels: 1, source: g726Name(track.payload) };
    case 'l16':
      return { codec: 'l16', clockRate: track.clockRate, channels: track.channels };
    case 'opus':
      return { codec: 'opus', clockRate: OPUS_CLOCK_RATE, channels: track.channels };
    default:
      return assertNever(track);
  }
}

/** RFC 7587 §4.1: whatever is sent. */
const OPUS_CLOCK_RATE = 48_000;
