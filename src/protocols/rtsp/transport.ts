export interface AnsweredTransport {
  /** Interleaved channel of the RTP packets. */
  readonly channel: number | undefined;
  /** Of the RTCP packets. */
  readonly rtcpChannel: number | undefined;
  readonly ssrc: number | undefined;
}

/**
 * What a camera answers to the Transport of SETUP (RFC 2326 §12.39): `RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=1A2B3C4D`, with parameters
 * in any order, spaces between, `/TCP` left out, one channel instead of two, or nothing of use at all.
 */
export function parseTransport(value: string | undefined): AnsweredTransport {
  const text = value ?? '';
  const [, rtp, rtcp] = /(?:^|[;,\s])interleaved\s*=\s*(\d{1,3})(?:\s*-\s*(\d{1,3}))?/i.exec(text) ?? [];
  const channel = channelOf(rtp);
  const ssrc = /(?:^|[;,\s])ssrc\s*=\s*(?:0x)?([0-9a-f]{1,8})\b/i.exec(text)?.[1];
  return {
    channel,
    rtcpChannel: channelOf(rtcp) ?? (channel === undefined ? undefined : channel + 1),
    ssrc: ssrc === undefined ? undefined : Number.parseInt(ssrc, 16),
  };
}

function channelOf(digits: string | undefined): number | undefined {
  return digits !== undefined && Number(digits) <= 255 ? Number(digits) : undefined;
}

/** `Session: 12345678;timeout=60` */
export function parseSessionHeader(value: string | undefined): {
  id: string | undefined;
  timeoutMs: number | undefined;
} {
  const [id = '', ...parameters] = (value ?? '').split(';').map((part) => part.trim());
  const seconds = /^timeout\s*=\s*(\d{1,6})$/i.exec(parameters.find((part) => /^timeout/i.test(part)) ?? '')?.[1];
  return {
    id: id === '' ? undefined : id,
    timeoutMs: seconds === undefined || Number(seconds) === 0 ? undefined : Number(seconds) * 1000,
  };
}
