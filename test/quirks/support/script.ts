import { headerOf, type RtspRequest } from '../../../src/protocols/rtsp/message.ts';

/** Bytes that belong together (one message, one frame), something that happens between, or a list of those. */
export type Part = Buffer | Act | readonly (Buffer | Act)[];

export type Act = { readonly act: 'wait'; readonly ms: number } | { readonly act: 'close' };

/** The clock goes on by so much, and with it whatever the client has planned. */
export const wait = (ms: number): Act => ({ act: 'wait', ms });

/** The camera ends the connection. */
export const CLOSE: Act = { act: 'close' };

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
  /** What comes behind the answer to PLAY. */
  readonly media?: readonly Part[];
}

export const VIDEO_SDP = 'v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:track1\r\n';
export const H265_SDP = VIDEO_SDP.replace('H264', 'H265');

export function usualAnswer(request: RtspRequest, script: CameraScript): Answer {
  switch (request.method) {
    case 'OPTIONS':
      return { headers: [['Public', 'DESCRIBE, SETUP, PLAY, TEARDOWN']] };
    case 'DESCRIBE':
      return { headers: [['Content-Type', 'application/sdp']], body: script.sdp ?? VIDEO_SDP };
    case 'SETUP':
      return {
        headers: [
          ['Transport', headerOf(request, 'Transport') ?? ''],
          ['Session', '7f3a'],
        ],
      };
    case 'PLAY':
    case 'TEARDOWN':
      return {};
    default:
      return { status: 501 };
  }
}
