import { splitAtStartCodes } from '../../media/video/annex-b.ts';
import type { JpegSize } from '../../media/video/mjpeg-header.ts';
import type { MediaDescription, RtpMap, SessionDescription } from './sdp.ts';
import { DECODING_ORDER_NUMBERS } from './video-remark-words.ts';

export type VideoTrack = NalTrack | JpegTrack;

export interface NalTrack {
  readonly kind: 'video';
  readonly codec: 'h264' | 'h265';
  /** NAL units from the SDP: hints, which may be missing, broken or outdated. */
  readonly parameterSets: readonly Buffer[];
}

export interface JpegTrack {
  readonly kind: 'video';
  readonly codec: 'mjpeg';
  /** For pictures of more than 2,040 pixels, whose size RTP cannot say. */
  readonly pictureSize: JpegSize | undefined;
}

/** RFC 3551 table 5: payload types that need no `rtpmap`. */
export const STATIC_VIDEO_MAPS: ReadonlyMap<number, RtpMap> = new Map([
  [26, { encoding: 'jpeg', clockRate: 90_000, channels: 1 }],
]);

/** Undefined for what is not video that we know; a sentence says why known video cannot be received. */
export function videoTrackOf(
  map: RtpMap,
  parameters: ReadonlyMap<string, string>,
  media: MediaDescription,
  description: SessionDescription,
): VideoTrack | string | undefined {
  switch (map.encoding) {
    case 'h264':
      // Also with packetization-mode=2: cameras say so and interleave nothing. What comes out of order all the same is dropped and told.
      return { kind: 'video', codec: 'h264', parameterSets: h264Sets(parameters, description) };
    case 'h265':
    case 'hevc': {
      // Decoding order numbers would be taken for picture data.
      if (Number(parameters.get('sprop-max-don-diff') ?? 0) > 0)
        return `${DECODING_ORDER_NUMBERS}, which is not supported`;
      return { kind: 'video', codec: 'h265', parameterSets: h265Sets(parameters) };
    }
    case 'jpeg':
      return { kind: 'video', codec: 'mjpeg', pictureSize: media.pictureSize };
    default:
      return undefined;
  }
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
