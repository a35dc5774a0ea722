import type { VideoCodec } from '../../../src/media/access-unit.ts';
import { type Clip, VIDEO_CLOCK_RATE } from '../clip.ts';
import type { ClipSound } from '../clip-sound.ts';
import type { FrameNumber } from '../frame-number-sei.ts';
import { prepareJpegFrames } from './jpeg-picture.ts';
import { prepareNalFrames } from './nal-picture.ts';
import type { PacketRun } from './packets.ts';
import { packSound } from './sound-payload.ts';
import { type MarkerStyle, videoPayloadType } from './video-payload.ts';

/**
 * A clip cut into RTP packets once, for all cameras and clients that play it. The frame's number goes between `head` and `body`:
 * it is different each time.
 */
export interface PreparedFrame {
  readonly dueTicks: number;
  readonly timestamp: number;
  readonly isKey: boolean;
  /** Delimiter, parameter sets and other SEI: what must stand before the frame number. All of a JPEG. */
  readonly head: PacketRun;
  /** From the first slice on; the last packet has the marker. */
  readonly body: PacketRun;
}

export interface PreparedSound {
  readonly dueTicks: number;
  readonly timestamp: number;
  readonly run: PacketRun;
}

/** A track that plays in a loop. Ticks are those of its RTP clock. */
export interface PreparedTrack<Unit extends { dueTicks: number }> {
  readonly clockRate: number;
  readonly loopTicks: number;
  readonly units: readonly Unit[];
}

/** A codec's frames, and what goes into them besides what is in the clip. */
export interface PreparedFrames {
  readonly units: readonly PreparedFrame[];
  /** To go between head and body. */
  readonly packNumber: (frame: PreparedFrame, number: FrameNumber) => PacketRun;
  /** So many bytes on the wire, at most, that decoders skip; to go behind everything, as the frame's end. */
  readonly packFiller: (frame: PreparedFrame, bytes: number) => PacketRun;
}

export interface PreparedVideo extends PreparedTrack<PreparedFrame>, PreparedFrames {
  readonly codec: VideoCodec;
  readonly payloadType: number;
  readonly markers: MarkerStyle;
  /** Some frames are shown before others that were decoded earlier (B-frames). */
  readonly hasReordering: boolean;
}

export interface PreparedClip {
  readonly clip: Clip;
  readonly options: PackingOptions;
  readonly video: PreparedVideo;
  readonly sound: PreparedTrack<PreparedSound> | undefined;
}

/** How a camera makes packets and a description out of a clip. */
export interface PackingOptions {
  /** Before each key frame, in the SDP, or both, as on most cameras. */
  readonly parameterSets: 'both' | 'in-band' | 'sdp';
  readonly markers: MarkerStyle;
}

export const DEFAULT_PACKING: PackingOptions = { parameterSets: 'both', markers: 'frame' };

export function prepareClip(clip: Clip, options: PackingOptions = DEFAULT_PACKING): PreparedClip {
  const { video, sound } = clip;
  const delays = new Set(video.frames.map((frame) => frame.pts90k - frame.dts90k));
  return {
    clip,
    options,
    video: {
      codec: video.codec,
      payloadType: videoPayloadType(video.codec),
      markers: options.markers,
      clockRate: VIDEO_CLOCK_RATE,
      loopTicks: video.loopTicks,
      hasReordering: delays.size > 1,
      ...(video.codec === 'mjpeg' ? prepareJpegFrames(video, options) : prepareNalFrames(video, video.codec, options)),
    },
    sound: sound && prepareSound(sound),
  };
}

function prepareSound(sound: ClipSound): PreparedTrack<PreparedSound> {
  return {
    clockRate: sound.clockRate,
    loopTicks: sound.loopTicks,
    units: sound.packets.map(({ time, data }) => ({ dueTicks: time, timestamp: time, run: packSound(data, sound) })),
  };
}
