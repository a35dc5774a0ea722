import type { AacPayloadOptions } from '../../media/aac.ts';
import type { VideoCodec } from '../../media/access-unit.ts';
import { splitAtStartCodes } from '../../media/annex-b.ts';
import type { G711Law } from '../../media/g711.ts';
import type { MediaDescription, RtpMap, SessionDescription } from './sdp.ts';

/** A stream that can be received, out of what the camera describes. */
export type Track = VideoTrack | AacTrack | G711Track;

interface TrackBase {
  readonly payloadType: number;
  readonly control: string | undefined;
}

export interface VideoTrack extends TrackBase {
  readonly kind: 'video';
  readonly codec: VideoCodec;
  /** NAL units from the SDP: hints, which may be missing, broken or outdated. */
  readonly parameterSets: readonly Buffer[];
}

export interface AacTrack extends TrackBase {
  readonly kind: 'aac';
  readonly payload: AacPayloadOptions;
}

export interface G711Track extends TrackBase {
  readonly kind: 'g711';
  readonly law: G711Law;
  readonly clockRate: number;
  readonly channels: number;
}

export interface TrackChoice {
  readonly video: VideoTrack | undefined;
  readonly audio: AacTrack | G711Track | undefined;
  /** Why other media are not received, for the log: `audio opus: unknown`. */
  readonly skipped: readonly string[];
}

/** The first video and the first audio that we understand. Cameras describe metadata, vendor codecs and back channels beside them. */
export function chooseTracks(description: SessionDescription): TrackChoice {
  let video: VideoTrack | undefined;
  let audio: AacTrack | G711Track | undefined;
  const skipped: string[] = [];
  const tracks = description.media.map((media) => ({ media, track: trackOf(media, description) }));
  // A back channel is marked `sendonly`, unless the server marks everything so: then the mark means nothing.
  const isEverythingSendOnly = description.media.every((media) => media.direction === 'sendonly');
  for (const { media, track } of tracks) {
    if (typeof track === 'string') skipped.push(`${media.type}: ${track}`);
    else if (media.direction === 'sendonly' && !isEverythingSendOnly) skipped.push(`${media.type}: back channel`);
    else if (track.kind === 'video') video ??= track;
    else audio ??= track;
  }
  return { video, audio, skipped };
}

/** RFC 3551 table 4: payload types that need no `rtpmap`. */
const STATIC_MAPS = new Map<number, RtpMap>([
  [0, { encoding: 'pcmu', clockRate: 8000, channels: 1 }],
  [8, { encoding: 'pcma', clockRate: 8000, channels: 1 }],
]);

/** A sentence says why not. */
function trackOf(media: MediaDescription, description: SessionDescription): Track | string {
  for (const payloadType of media.payloadTypes) {
    const map = media.rtpmap.get(payloadType) ?? STATIC_MAPS.get(payloadType);
    if (map === undefined) continue;
    const parameters = media.fmtp.get(payloadType) ?? new Map<string, string>();
    const base = { payloadType, control: media.control };
    switch (map.encoding) {
      case 'h264': {
        if (parameters.get('packetization-mode') === '2') return 'H.264 in interleaved mode, which is not supported';
        return { ...base, kind: 'video', codec: 'h264', parameterSets: h264Sets(parameters, description) };
      }
      case 'h265':
      case 'hevc': {
        // Decoding order numbers would be taken for picture data.
        if (Number(parameters.get('sprop-max-don-diff') ?? 0) > 0)
          return 'H.265 with decoding order numbers, which is not supported';
        return { ...base, kind: 'video', codec: 'h265', parameterSets: h265Sets(parameters) };
      }
      case 'mpeg4-generic':
        return { ...base, kind: 'aac', payload: aacPayload(map, parameters) };
      case 'pcmu':
      case 'pcma':
        return {
          ...base,
          kind: 'g711',
          law: map.encoding,
          clockRate: map.clockRate || 8000,
          channels: map.channels || 1,
        };
      default:
    }
  }
  const names = media.payloadTypes.map((type) => media.rtpmap.get(type)?.encoding ?? `payload type ${type}`);
  return `${names.join(', ') || 'no payload type'}, which is not supported`;
}

/** Some cameras put them at another media's `fmtp`. */
function h264Sets(own: ReadonlyMap<string, string>, description: SessionDescription): Buffer[] {
  const text =
    own.get('sprop-parameter-sets') ??
    description.media
      .flatMap((media) => [...media.fmtp.values()])
      .find((parameters) => parameters.has('sprop-parameter-sets'))
      ?.get('sprop-parameter-sets');
  return decodeSets(text);
}

function h265Sets(parameters: ReadonlyMap<string, string>): Buffer[] {
  return ['sprop-vps', 'sprop-sps', 'sprop-pps'].flatMap((name) => decodeSets(parameters.get(name)));
}

/** Base64 with commas between; some cameras leave start codes in front or behind. */
function decodeSets(text: string | undefined): Buffer[] {
  return (text ?? '').split(',').flatMap((part) => splitAtStartCodes(Buffer.from(part, 'base64')));
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
