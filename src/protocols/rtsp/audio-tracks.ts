import type { AacPayloadOptions } from '../../media/aac.ts';
import type { G711Law } from '../../media/g711.ts';
import type { RtpMap } from './sdp.ts';

export type AudioTrack = AacTrack | G711Track;

export interface AacTrack {
  readonly kind: 'aac';
  readonly payload: AacPayloadOptions;
}

export interface G711Track {
  readonly kind: 'g711';
  readonly law: G711Law;
  readonly clockRate: number;
  readonly channels: number;
}

/** RFC 3551 table 4: payload types that need no `rtpmap`. */
export const STATIC_AUDIO_MAPS: ReadonlyMap<number, RtpMap> = new Map([
  [0, { encoding: 'pcmu', clockRate: 8000, channels: 1 }],
  [8, { encoding: 'pcma', clockRate: 8000, channels: 1 }],
]);

/** Undefined for what is not sound that we know; a sentence says why known sound cannot be received. */
export function audioTrackOf(map: RtpMap, parameters: ReadonlyMap<string, string>): AudioTrack | string | undefined {
  switch (map.encoding) {
    case 'mpeg4-generic':
      return { kind: 'aac', payload: aacPayload(map, parameters) };
    case 'pcmu':
    case 'pcma':
      return { kind: 'g711', law: map.encoding, clockRate: map.clockRate || 8000, channels: map.channels || 1 };
    default:
      return undefined;
  }
}

/** RFC 3640 §4.1; the lengths that are missing are those of AAC-hbr, or of AAC-lbr where the mode says so. */
function aacPayload(map: RtpMap, parameters: ReadonlyMap<string, string>): AacPayloadOptions {
  const isLowBitrate = parameters.get('mode')?.toLowerCase() === 'aac-lbr';
  const lengthOf = (name: string, fallback: number) => {
    const text = parameters.get(name);
    return text !== undefined && /^\d{1,2}$/.test(text) && Number(text) <= 16 ? Number(text) : fallback;
  };
  const config = parameters.get('config')?.replace(/[^0-9a-f]/gi, '') ?? '';
  return {
    clockRate: map.clockRate,
    channels: map.channels,
    config: config.length >= 4 ? Buffer.from(config.slice(0, config.length & ~1), 'hex') : undefined,
    sizeLength: lengthOf('sizelength', isLowBitrate ? 6 : 13),
    indexLength: lengthOf('indexlength', isLowBitrate ? 2 : 3),
    indexDeltaLength: lengthOf('indexdeltalength', isLowBitrate ? 2 : 3),
  };
}
