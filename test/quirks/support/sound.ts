import type { Sender } from './packets.ts';

export const ULAW_SDP = 'm=audio 0 RTP/AVP 0\r\na=control:track2\r\n';

export const AAC_SDP =
  'm=audio 0 RTP/AVP 97\r\na=rtpmap:97 MPEG4-GENERIC/16000\r\na=control:track2\r\n' +
  'a=fmtp:97 mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=1408\r\n';

/** Raw AAC, of which nobody looks at the content. */
export const AAC_FRAME = Buffer.from('210a4f00112233', 'hex');

/** Frames behind the section of their sizes: RFC 3640, AAC-hbr. */
export function aacPayload(frames: readonly Buffer[], sizes = frames.map((frame) => frame.length)): Buffer {
  const headers = sizes.flatMap((size) => [(size << 3) >> 8, (size << 3) & 0xff]);
  return Buffer.concat([Buffer.from([0, sizes.length * 16, ...headers]), ...frames]);
}

export function aacPacket(sender: Sender, time: number, ...frames: readonly Buffer[]): Buffer {
  return sender.packet(time, aacPayload(frames.length > 0 ? frames : [AAC_FRAME]), true);
}

export const OTHER_AAC_FRAME = Buffer.from('210b4f0011', 'hex');

/** The header of a stream of its own in front: AAC-LC, 16 kHz, one channel. */
export function adts(frame: Buffer): Buffer {
  return Buffer.concat([Buffer.from('fff1604001fffc', 'hex'), frame]);
}

/** AAC-LC, 16 kHz, one channel, in the form of LATM: ISO/IEC 14496-3 §1.7.3. */
export const LATM_SDP =
  'm=audio 0 RTP/AVP 97\r\na=rtpmap:97 MP4A-LATM/16000\r\na=control:track2\r\na=fmtp:97 cpresent=0;config=400028103fc0\r\n';

/** An element whose stream has its configuration elsewhere: the frame behind its length. */
export function latmPayload(frame: Buffer): Buffer {
  return Buffer.concat([Buffer.from([frame.length]), frame]);
}

/** An element with its configuration in front, so that AAC_FRAME behind it lies across bytes. */
export const LATM_WITH_CONFIGURATION = Buffer.from('200014081fe03908527800891198', 'hex');
