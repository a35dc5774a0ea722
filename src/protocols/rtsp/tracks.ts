import { type AudioTrack, audioTrackOf, STATIC_AUDIO_MAPS } from './audio-tracks.ts';
import type { MediaDescription, SessionDescription } from './sdp.ts';
import { STATIC_VIDEO_MAPS, type VideoTrack, videoTrackOf } from './video-tracks.ts';

/** Where a track is found: its payload type in RTP, and its address in SETUP. */
interface TrackPlace {
  readonly payloadType: number;
  readonly control: string | undefined;
  /** Ticks per second of its RTP timestamps; left out: 90,000, as for every picture. */
  readonly rtpClockRate?: number;
  /** As the description has it; left out where it says nothing. */
  readonly frameRate?: number;
}

/** A stream that can be received, out of what the camera describes. */
export type Track = (VideoTrack | AudioTrack) & TrackPlace;

export interface TrackChoice {
  readonly video: (VideoTrack & TrackPlace) | undefined;
  readonly audio: (AudioTrack & TrackPlace) | undefined;
  /** Why other media are not received, for the log: `audio opus: unknown`. */
  readonly skipped: readonly string[];
}

/** The first video and the first audio that we understand. Cameras describe metadata, vendor codecs and back channels beside them. */
export function chooseTracks(description: SessionDescription): TrackChoice {
  let video: TrackChoice['video'];
  let audio: TrackChoice['audio'];
  const skipped: string[] = [];
  const tracks = description.media.map((media) => ({ media, track: trackOf(media, description) }));
  // A back channel is marked `sendonly`, unless the server marks everything so: then the mark means nothing.
  const isEverythingSendOnly = description.media.every((media) => media.direction === 'sendonly');
  for (const { media, track } of tracks) {
    if (typeof track === 'string') skipped.push(`${media.type}: ${track}`);
    else if (media.direction === 'sendonly' && !isEverythingSendOnly) skipped.push(`${media.type}: back channel`);
    else if (track.kind === 'video') video = preferred(video, track);
    else audio ??= track;
  }
  return { video, audio, skipped };
}

/** The first; JPEG only where there is nothing else, because the same picture takes ten times the room in it. */
function preferred<T extends VideoTrack>(first: T | undefined, next: T): T {
  return first === undefined || (first.codec === 'mjpeg' && next.codec !== 'mjpeg') ? next : first;
}

/** A sentence says why not. */
function trackOf(media: MediaDescription, description: SessionDescription): Track | string {
  const mapOf = (payloadType: number) =>
    media.rtpmap.get(payloadType) ?? STATIC_AUDIO_MAPS.get(payloadType) ?? STATIC_VIDEO_MAPS.get(payloadType);
  let reason: string | undefined;
  for (const payloadType of media.payloadTypes) {
    const map = mapOf(payloadType);
    if (map === undefined) continue;
    const parameters = media.fmtp.get(payloadType) ?? new Map<string, string>();
    const found = videoTrackOf(map, parameters, media, description) ?? audioTrackOf(map, parameters);
    if (typeof found === 'string') reason ??= found;
    else if (found !== undefined) {
      const place = { payloadType, control: media.control, rtpClockRate: map.clockRate };
      return { ...found, ...place, ...(media.frameRate !== undefined && { frameRate: media.frameRate }) };
    }
  }
  const names = media.payloadTypes.map((type) => mapOf(type)?.encoding ?? `payload type ${type}`);
  return reason ?? `${names.join(', ') || 'no payload type'}, which is not supported`;
}
