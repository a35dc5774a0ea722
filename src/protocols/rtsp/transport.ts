import { isIP } from 'node:net';

/** What a camera answers to the Transport of SETUP (RFC 2326 §12.39). */
export interface AnsweredTransport {
  /** How the packets will come; undefined where the answer does not say: then as they were asked for. */
  readonly way: 'interleaved' | 'datagrams' | 'multicast' | undefined;
  /** Interleaved channel of the RTP packets. */
  readonly channel: number | undefined;
  /** Of the RTCP packets. */
  readonly rtcpChannel: number | undefined;
  readonly ssrc: number | undefined;
  /** Where the camera sends from, and listens to RTCP. */
  readonly serverPorts: PortNumbers | undefined;
  /** The address that packets come from, where it is not that of the connection. */
  readonly source: string | undefined;
}

export interface PortNumbers {
  readonly rtp: number;
  readonly rtcp: number;
}

/**
 * `RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=1A2B3C4D` or `RTP/AVP;unicast;client_port=5000-5001;server_port=6970-6971;source=10.0.0.5`, with
 * parameters in any order, spaces between, `/TCP` left out, one number instead of two, no server port (OpenIPC), or nothing of use at all.
 * Which ports of ours it repeats does not matter: what we hear comes to those that we opened.
 */
export function parseTransport(value: string | undefined): AnsweredTransport {
  const text = value ?? '';
  const [channel, rtcpChannel] = pairOf(text, 'interleaved', { min: 0, max: 255 });
  const [rtp, rtcp] = pairOf(text, 'server_port', { min: 1, max: 65_535 });
  const ssrc = parameterOf(text, 'ssrc', '(?:0x)?([0-9a-f]{1,8})\\b')?.[1];
  return {
    way: wayOf(text, channel !== undefined),
    channel,
    rtcpChannel,
    ssrc: ssrc === undefined ? undefined : Number.parseInt(ssrc, 16),
    serverPorts: rtp === undefined || rtcp === undefined ? undefined : { rtp, rtcp },
    source: sourceOf(text),
  };
}

/** The parameters say more than the name: some cameras call it `RTP/AVP` and mean TCP (Escam Q6). */
function wayOf(text: string, hasChannel: boolean): AnsweredTransport['way'] {
  if (hasChannel) return 'interleaved';
  if (/(?:^|[;,\s])multicast\b/i.test(text)) return 'multicast';
  if (/\/TCP\b/i.test(text)) return 'interleaved';
  if (/\/UDP\b|(?:client|server)_port/i.test(text)) return 'datagrams';
  return undefined;
}

/** A second number that is missing or out of range is the one behind the first, where there is one. */
function pairOf(text: string, name: string, range: { min: number; max: number }): (number | undefined)[] {
  const match = parameterOf(text, name, '(\\d{1,5})(?:\\s*-\\s*(\\d{1,5}))?');
  const within = (value: number) => (value >= range.min && value <= range.max ? value : undefined);
  const first = within(Number(match?.[1] ?? Number.NaN));
  if (first === undefined) return [];
  return [first, within(Number(match?.[2] ?? Number.NaN)) ?? within(first + 1)];
}

function sourceOf(text: string): string | undefined {
  const address = parameterOf(text, 'source', '"?\\[?([0-9a-f.:]+)')?.[1];
  const isUsable = address !== undefined && isIP(address) !== 0 && !/^[0.:]+$/.test(address);
  return isUsable ? address : undefined;
}

function parameterOf(text: string, name: string, value: string): RegExpExecArray | null {
  return new RegExp(`(?:^|[;,\\s])${name}\\s*=\\s*${value}`, 'i').exec(text);
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
