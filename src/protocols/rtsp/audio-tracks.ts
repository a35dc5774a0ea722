import type { AacPayloadOptions } from '../../media/sound/aac.ts';
import type { G711Law } from '../../media/sound/g711.ts';
import type { G726CodeBits } from '../../media/sound/g726.ts';
import type { G726Payload } from '../../media/sound/g726-depacketiser.ts';
import type { LatmPayloadOptions } from '../../media/sound/latm.ts';
import type { RtpMap } from './sdp.ts';

export type AudioTrack =
  | { readonly kind: 'aac'; readonly payload: AacPayloadOptions }
  | { readonly kind: 'latm'; readonly payload: LatmPayloadOptions }
  | { readonly kind: 'g711'; readonly law: G711Law; readonly clockRate: number; readonly channels: number }
  | { readonly kind: 'g726'; readonly payload: G726Payload }
  | { readonly kind: 'l16'; readonly clockRate: number; readonly channels: number; readonly isLittleEndian: boolean }
  | { readonly kind: 'opus'; readonly channels: number };

/** RFC 3551 table 4: payload types that need no `rtpmap`. Those that are not received are here for their names. */
export const STATIC_AUDIO_MAPS: ReadonlyMap<number, RtpMap> = new Map([
  [0, { encoding: 'pcmu', clockRate: 8000, channels: 1 }],
  [2, { encoding: 'g726-32', clockRate: 8000, channels: 1 }],
  [3, { encoding: 'gsm', clockRate: 8000, channels: 1 }],
  [4, { encoding: 'g723', clockRate: 8000, channels: 1 }],
  [5, { encoding: 'dvi4', clockRate: 8000, channels: 1 }],
  [8, { encoding: 'pcma', clockRate: 8000, channels: 1 }],
  [9, { encoding: 'g722', clockRate: 8000, channels: 1 }],
  [10, { encoding: 'l16', clockRate: 44_100, channels: 2 }],
  [11, { encoding: 'l16', clockRate: 44_100, channels: 1 }],
  [14, { encoding: 'mpa', clockRate: 90_000, channels: 1 }],
  [15, { encoding: 'g728', clockRate: 8000, channels: 1 }],
  [18, { encoding: 'g729', clockRate: 8000, channels: 1 }],
]);

/** FLAC has no form for more, in which it would have to be served; no camera has as many microphones. */
const MAX_CHANNELS = 8;

/** Undefined for what is not sound that we know; a sentence says why known sound cannot be received. */
export function audioTrackOf(map: RtpMap, parameters: ReadonlyMap<string, string>): AudioTrack | string | undefined {
  // Zeros would make files without a timescale.
  const clockRate = map.clockRate || 8000;
  const channels = map.channels || 1;
  if (channels > MAX_CHANNELS) return `${map.encoding} of ${channels} channels, which is not supported`;
  switch (map.encoding) {
    case 'mpeg4-generic':
    case 'mp4a-adts': {
      const mode = parameters.get('mode')?.toLowerCase() ?? '';
      if (mode.startsWith('celp')) return 'CELP, which is not supported';
      return { kind: 'aac', payload: aacPayload(clockRate, channels, parameters) };
    }
    case 'mp4a-latm':
      return { kind: 'latm', payload: latmPayload(clockRate, channels, parameters) };
    case 'pcmu':
    case 'pcma':
      return { kind: 'g711', law: map.encoding, clockRate, channels };
    case 'l16':
      return { kind: 'l16', clockRate, channels, isLittleEndian: false };
    // Hikvision: no name that any RFC knows, and the other order of bytes.
    case 'pcm':
      return { kind: 'l16', clockRate, channels, isLittleEndian: true };
    case 'opus':
      // Says 48000/2 whatever is sent (RFC 7587 §4.1); `sprop-stereo` tells.
      return { kind: 'opus', channels: parameters.get('sprop-stereo') === '1' ? 2 : 1 };
    default:
      return g726Track(map.encoding, clockRate, channels);
  }
}

function g726Track(encoding: string, clockRate: number, channels: number): AudioTrack | string | undefined {
  // G.721 is what the 32 kbit/s of G.726 were called before, and payload type 2 with it.
  const match = /^(aal2-)?g726-(16|24|32|40)$/.exec(encoding === 'g721' ? 'g726-32' : encoding);
  if (!match) return undefined;
  if (channels > 1) return `${encoding} of ${channels} channels, which is not supported`;
  const codeBits = (Number(match[2]) / 8) as G726CodeBits;
  return { kind: 'g726', payload: { clockRate, codeBits, isFirstCodeHigh: match[1] !== undefined } };
}

/** RFC 3640 §4.1; the lengths that are missing are those of AAC-hbr, or of AAC-lbr where the mode says so. */
function aacPayload(clockRate: number, channels: number, parameters: ReadonlyMap<string, string>): AacPayloadOptions {
  const isLowBitrate = parameters.get('mode')?.toLowerCase() === 'aac-lbr';
  const lengthOf = (name: string, fallback: number) => {
    const text = parameters.get(name);
    return text !== undefined && /^\d{1,2}$/.test(text) && Number(text) <= 16 ? Number(text) : fallback;
  };
  return {
    clockRate,
    channels,
    config: hexParameter(parameters),
    sizeLength: lengthOf('sizelength', isLowBitrate ? 6 : 13),
    indexLength: lengthOf('indexlength', isLowBitrate ? 2 : 3),
    indexDeltaLength: lengthOf('indexdeltalength', isLowBitrate ? 2 : 3),
  };
}

/** RFC 6416 §7.1: without `cpresent` the stream would repeat its configuration, but cameras forget to say that it does not. */
function latmPayload(clockRate: number, channels: number, parameters: ReadonlyMap<string, string>): LatmPayloadOptions {
  const present = parameters.get('cpresent');
  const isConfigInBand = present === '0' ? false : present === '1' ? true : undefined;
  return { clockRate, channels, config: hexParameter(parameters), isConfigInBand };
}

/** Of AAC and LATM have a few bytes; in an MP4's `esds` there is room for 100, with one byte of length. */
const MAX_CONFIG_BYTES = 64;

/** `config`, which is in hexadecimal. */
function hexParameter(parameters: ReadonlyMap<string, string>): Buffer | undefined {
  const digits = parameters.get('config')?.replace(/[^0-9a-f]/gi, '') ?? '';
  return digits.length >= 4 && digits.length <= 2 * MAX_CONFIG_BYTES + 1
    ? Buffer.from(digits.slice(0, digits.length & ~1), 'hex')
    : undefined;
}
