import { headerOf, type RtspRequest } from '../../../src/protocols/rtsp/message.ts';

/** Bytes that belong together (one message, one frame), something that happens between, or a list of those. */
export type Part = Buffer | Act | readonly (Buffer | Act)[];

export type Act =
  | { readonly act: 'wait'; readonly ms: number }
  | { readonly act: 'close' }
  | { readonly act: 'send-datagrams'; readonly packets: readonly Buffer[] }
  | { readonly act: 'await-datagram' };

/** The clock goes on by so much, and with it whatever the client has planned. */
export const wait = (ms: number): Act => ({ act: 'wait', ms });

/** The camera ends the connection. */
export const CLOSE: Act = { act: 'close' };

/** The same frames as datagrams, each in one. They come whole; the conversation beside them is cut. */
export function asDatagrams(...frames: readonly (readonly Buffer[])[]): Act {
  const INTERLEAVED_HEADER_BYTES = 4;
  return { act: 'send-datagrams', packets: frames.flat().map((frame) => frame.subarray(INTERLEAVED_HEADER_BYTES)) };
}

/** Nothing gets out before the viewer has sent something to the camera's port. */
export const BEHIND_A_FIREWALL: Act = { act: 'await-datagram' };

export interface Answer {
  readonly status?: number;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: string;
  /** Sent as it is, in place of a response. */
  readonly raw?: Buffer;
  readonly isSilent?: boolean;
  /** Sent in front of the response. */
  readonly before?: readonly Part[];
  readonly after?: readonly Part[];
}

export type Answerer = (request: RtspRequest, attempt: number, url: string) => Answer | undefined;

/** What one camera does. Everything that is left out is as a well-behaved camera does it. */
export interface CameraScript {
  readonly sdp?: string;
  /** By method; `attempt` counts the requests of this method from 1. Undefined: as usual. */
  readonly answers?: Readonly<Record<string, Answer | Answerer>>;
  /** Before all of these: a camera that looks at every request. */
  readonly guard?: Answerer;
  /** It has ports to send from, too. */
  readonly hasDatagrams?: boolean;
  /** What comes behind the answer to PLAY. */
  readonly media?: readonly Part[];
}

export const VIDEO_SDP = 'v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:track1\r\n';
export const H265_SDP = VIDEO_SDP.replace('H264', 'H265');

/** `serverPorts`: `6000-6001`, where the camera has some. */
export function usualAnswer(request: RtspRequest, script: CameraScript, serverPorts?: string): Answer {
  switch (request.method) {
    case 'OPTIONS':
      return { headers: [['Public', 'DESCRIBE, SETUP, PLAY, TEARDOWN']] };
    case 'DESCRIBE':
      return { headers: [['Content-Type', 'application/sdp']], body: script.sdp ?? VIDEO_SDP };
    case 'SETUP':
      return setUpAs(
        `${headerOf(request, 'Transport') ?? ''}${isForDatagrams(request) ? `;server_port=${serverPorts}` : ''}`,
      );
    case 'PLAY':
    case 'TEARDOWN':
      return {};
    default:
      return { status: 501 };
  }
}

/** SETUP is answered with this Transport. */
export function setUpAs(transport: string): Answer {
  return {
    headers: [
      ['Transport', transport],
      ['Session', '7f3a'],
    ],
  };
}

export function isForDatagrams(request: RtspRequest): boolean {
  return /client_port/.test(headerOf(request, 'Transport') ?? '');
}
