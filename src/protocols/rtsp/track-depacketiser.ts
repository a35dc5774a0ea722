import { assertNever } from '../../base/assert.ts';
import type { Depacketiser } from '../../media/rtp/rtp-receiver.ts';
import { AacDepacketiser } from '../../media/sound/aac.ts';
import type { AudioSink } from '../../media/sound/audio-sink.ts';
import { G711Depacketiser, g711Format } from '../../media/sound/g711.ts';
import { G726Depacketiser } from '../../media/sound/g726-depacketiser.ts';
import { L16Depacketiser, l16Format } from '../../media/sound/l16.ts';
import { LatmDepacketiser } from '../../media/sound/latm.ts';
import { OpusDepacketiser } from '../../media/sound/opus.ts';
import { H264Depacketiser } from '../../media/video/h264-depacketiser.ts';
import { H264_RULES } from '../../media/video/h264-parameters.ts';
import { H265Depacketiser } from '../../media/video/h265-depacketiser.ts';
import { H265_RULES } from '../../media/video/h265-parameters.ts';
import { MjpegDepacketiser } from '../../media/video/mjpeg-depacketiser.ts';
import { ParameterSets } from '../../media/video/parameter-sets.ts';
import type { VideoSink } from '../../media/video/video-sink.ts';
import type { AudioTrack } from './audio-tracks.ts';
import type { Track } from './tracks.ts';
import type { NalTrack, VideoTrack } from './video-tracks.ts';

export type TrackDepacketiser = Depacketiser & {
  /** Pictures of which packets are missing. */
  readonly framesIncomplete?: number;
  /** Pictures whose payload breaks its format, or exceeds a limit. */
  readonly framesMalformed?: number;
  /** Packets of sound, for either reason. */
  readonly framesDropped?: number;
};

export function depacketiserOf(track: Track, sink: VideoSink & AudioSink): TrackDepacketiser {
  return track.kind === 'video' ? videoDepacketiser(track, sink) : audioDepacketiser(track, sink);
}

function videoDepacketiser(track: VideoTrack, sink: VideoSink): TrackDepacketiser {
  switch (track.codec) {
    case 'h264':
      return new H264Depacketiser(sink, seededSets(track));
    case 'h265':
      return new H265Depacketiser(sink, seededSets(track));
    case 'mjpeg':
      return new MjpegDepacketiser(sink, track.pictureSize);
  }
}

function audioDepacketiser(track: AudioTrack, sink: AudioSink): TrackDepacketiser {
  switch (track.kind) {
    case 'aac':
      return new AacDepacketiser(track.payload, sink);
    case 'g711':
      return new G711Depacketiser(g711Format(track.law, track.clockRate, track.channels), sink);
    case 'g726':
      return new G726Depacketiser(track.payload, sink);
    case 'l16': {
      const source = track.isLittleEndian ? 'PCM' : undefined;
      return new L16Depacketiser(l16Format(track.clockRate, track.channels, source), track.isLittleEndian, sink);
    }
    case 'latm':
      return new LatmDepacketiser(track.payload, sink);
    case 'opus':
      return new OpusDepacketiser(track.channels, sink);
    default:
      return assertNever(track);
  }
}

function seededSets(track: NalTrack): ParameterSets {
  const rules = track.codec === 'h264' ? H264_RULES : H265_RULES;
  const sets = new ParameterSets(rules);
  sets.seed(track.parameterSets);
  return sets;
}
