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
