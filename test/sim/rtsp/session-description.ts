import { type Clip, framesPerSecond } from '../clip.ts';
import type { PreparedClip } from '../rtp/prepared-clip.ts';
import { soundPayloadType } from '../rtp/sound-payload.ts';
import { videoPayloadType } from '../rtp/video-payload.ts';
import { describeSound } from './sound-description.ts';

/** What the last part of a track's address is called. */
export const TRACK_CONTROLS = { video: 'trackID=0', sound: 'trackID=1' } as const;
export type TrackName = keyof typeof TRACK_CONTROLS;

const PICTURE_NAMES = { h264: 'H264', h265: 'H265', mjpeg: 'JPEG' } as const;

export interface DescribedCamera {
  readonly name: string;
  readonly address: string;
  /** Whatever is true; undefined: the truth. */
  readonly declaredFps: number | undefined;
}

/** The SDP of one stream (RFC 8866; attributes after RFC 6184, 7798, 3640). */
export function describeStream(prepared: PreparedClip, camera: DescribedCamera): string {
  const { address, name, declaredFps } = camera;
  const { video, sound } = prepared.clip;
  const type = videoPayloadType(video.codec);
  const lines = [
    'v=0',
    `o=- 1 1 IN IP4 ${address}`,
    `s=${name}`,
    `c=IN IP4 0.0.0.0`,
    't=0 0',
    'a=control:*',
    'a=range:npt=0-',
    `m=video 0 RTP/AVP ${type}`,
    `b=AS:${bandwidthKbps(prepared.clip)}`,
    `a=rtpmap:${type} ${PICTURE_NAMES[video.codec]}/90000`,
    ...videoParameters(prepared).map((parameters) => `a=fmtp:${type} ${parameters}`),
    `a=framerate:${declaredFps ?? framesPerSecond(video)}`,
    `a=control:${TRACK_CONTROLS.video}`,
  ];
  if (sound) {
    const { encoding, parameters } = describeSound(sound);
    const soundType = soundPayloadType(sound.codec);
    lines.push(`m=audio 0 RTP/AVP ${soundType}`, `a=rtpmap:${soundType} ${encoding}`);
    if (parameters) lines.push(`a=fmtp:${soundType} ${parameters}`);
    lines.push(`a=control:${TRACK_CONTROLS.sound}`);
  }
  return `${lines.join('\r\n')}\r\n`;
}

/** What stands in `a=fmtp`; empty when there is nothing to say. */
function videoParameters({ clip: { video }, options }: PreparedClip): string[] {
  const base64 = (nals: readonly Buffer[]) => nals.map((nal) => nal.toString('base64')).join(',');
  if (video.codec === 'mjpeg') return [];
  const hasSets = options.parameterSets !== 'in-band';
  if (video.codec === 'h265') {
    const { vps, sps, pps } = video;
    return hasSets ? [`sprop-vps=${base64(vps)};sprop-sps=${base64(sps)};sprop-pps=${base64(pps)}`] : [];
  }
  const profile = video.sps[0]?.toString('hex', 1, 4) ?? '42001e';
  const sets = hasSets ? `;sprop-parameter-sets=${base64([...video.sps, ...video.pps])}` : '';
  return [`packetization-mode=1;profile-level-id=${profile}${sets}`];
}

function bandwidthKbps(clip: Clip): number {
  const bytes = clip.video.frames.reduce((sum, f) => sum + f.nals.reduce((all, nal) => all + nal.length, 0), 0);
  return Math.round((bytes * 8 * 90) / clip.video.loopTicks);
}
