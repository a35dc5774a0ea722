import type { AccessUnit } from '../../../src/media/access-unit.ts';
import type { StreamFormats } from '../../../src/protocols/rtsp/media-receiver.ts';
import { splitLengthPrefixed } from '../../media/rtp/rtp-packets.ts';
import { nameOfNal } from './nals.ts';

/** `key@0 SPS PPS IDR`, `unit@3600 DELTA after loss`, `sound@160 d5d5d5`. */
export function describeUnit(unit: AccessUnit): string {
  const kind = unit.kind === 'audio' ? 'sound' : unit.isKey ? 'key' : 'unit';
  const content = unit.kind === 'audio' ? unit.data.toString('hex') : describeNals(unit.data);
  return `${kind}@${unit.rtpTime} ${content}${unit.isAfterLoss ? ' after loss' : ''}`;
}

/** `h264 avc1.42C01E 640x480 + pcmu 8000/1`. */
export function describeFormats({ video, audio }: StreamFormats): string {
  const parts = [
    video && `${video.codec} ${video.codecString} ${video.width}x${video.height}`,
    audio && `${audio.codec} ${audio.clockRate}/${audio.channels}`,
  ];
  return parts.filter((part) => part !== undefined).join(' + ');
}

function describeNals(data: Buffer): string {
  return splitLengthPrefixed(data).map(nameOfNal).join(' ');
}
