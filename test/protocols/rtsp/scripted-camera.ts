import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import {
  encodeInterleaved,
  encodeRequest,
  encodeResponse,
  headerOf,
  type RtspRequest,
} from '../../../src/protocols/rtsp/message.ts';
import { StreamFramer } from '../../../src/protocols/rtsp/stream-framer.ts';
import { h264Payloads, rtpPacket } from '../../media/rtp/rtp-packets.ts';

export interface Answer {
  status?: number;
  headers?: [string, string][];
  body?: string;
  /** Sent as it is, instead of a response. */
  raw?: Buffer;
  /** Sent behind the response. */
  afterwards?: (call: CameraCall) => void;
  /** No answer at all. */
  isSilent?: boolean;
}

export type Script = (request: RtspRequest, call: CameraCall) => Answer | undefined;

/** SPS and PPS of a 640x480 baseline stream, a key frame, and another picture. */
export const SPS = Buffer.from('6742c01ed900a03db016e1000003000100000300328f162e48', 'hex');
export const PPS = Buffer.from('68cb83cb20', 'hex');
export const IDR = Buffer.concat([Buffer.from('6588', 'hex'), Buffer.alloc(3000, 0x55)]);
export const DELTA = Buffer.from('419a1122334455', 'hex');

export const VIDEO_SDP = 'v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:track1\r\n';
export const AUDIO_SDP = 'm=audio 0 RTP/AVP 0\r\na=control:track2\r\n';

/** What a well-behaved camera answers; a script overrides single answers. */
const USUAL: Record<string, Answer> = {
  OPTIONS: { headers: [['Public', 'OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN']] },
  DESCRIBE: { headers: [['Content-Type', 'application/sdp']], body: VIDEO_SDP },
  PLAY: {},
  TEARDOWN: {},
};

/** One connection of a client. */
export class CameraCall {
  readonly socket: Socket;
  #sequence = 65_500;

  constructor(socket: Socket) {
    this.socket = socket;
  }

  /** A picture as interleaved frames. */
  picture(time: number, nals: readonly Buffer[], channel = 0): Buffer {
    const payloads = nals.flatMap((nal) => h264Payloads(nal));
    return Buffer.concat(
      payloads.map((payload, i) => {
        const marker = i === payloads.length - 1;
        return encodeInterleaved(channel, rtpPacket({ sequence: this.#sequence++, timestamp: time, marker, payload }));
      }),
    );
  }

  send(...parts: Buffer[]): void {
    this.socket.write(Buffer.concat(parts));
  }

  ask(method: string, sequence: number): void {
    this.send(encodeRequest({ method, url: '*', headers: [['CSeq', String(sequence)]] }));
  }
}

/** A camera for one test: answers as scripted, and keeps what it was asked. */
export class ScriptedCamera {
  readonly #script: Script;
  readonly #server: Server;
  readonly #isEncrypted: boolean;
  readonly #sockets = new Set<Socket>();
  /** `METHOD url`, of all connections. */
  readonly requests: RtspRequest[] = [];
  /** Status codes that clients answered to questions of ours. */
  readonly answers: number[] = [];
  /** Packets that clients sent inside of their connections. */
  readonly frames: { channel: number; bytes: Buffer }[] = [];
  connections = 0;

  /** With `tls` (a key and a certificate at least) everything is encrypted. */
  constructor(script: Script = () => undefined, tls?: TlsOptions) {
    this.#script = script;
    this.#isEncrypted = tls !== undefined;
    const serve = (socket: Socket) => this.serve(socket);
    this.#server = tls === undefined ? createServer(serve) : createTlsServer(tls, serve);
  }

  get methods(): string[] {
    return this.requests.map((request) => request.method);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `${this.#isEncrypted ? 'rtsps' : 'rtsp'}://127.0.0.1:${this.port}/live`;
  }

  /** At any free port, or at the one that another camera had. */
  async start(port = 0): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(port, resolve));
    return this;
  }

  cutConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.cutConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** A connection, or what stands for one. */
  serve(socket: Socket): void {
    this.connections++;
    this.#sockets.add(socket);
    const call = new CameraCall(socket);
    const framer = new StreamFramer({
      onFrame: (channel, bytes, start, end) => {
        this.frames.push({ channel, bytes: Buffer.from(bytes.subarray(start, end)) });
      },
      onMessage: (message) => {
        if (message.kind === 'response') this.answers.push(message.status);
        else this.#answer(message, call);
      },
    });
    socket.on('data', (chunk) => framer.feed(chunk));
    socket.on('error', () => undefined); // clients cut connections on purpose
  }

  #answer(request: RtspRequest, call: CameraCall): void {
    this.requests.push(request);
    const answer = this.#script(request, call) ?? usualAnswer(request);
    if (answer.isSilent) return;
    const sequence = headerOf(request, 'CSeq') ?? '';
    const status = answer.status ?? 200;
    const headers: [string, string][] = [['CSeq', sequence], ...(answer.headers ?? [])];
    const response = encodeResponse({
      status,
      reason: `Reason ${status}`,
      headers,
      body: Buffer.from(answer.body ?? ''),
    });
    call.send(answer.raw ?? response);
    answer.afterwards?.(call);
  }
}

export function usualAnswer(request: RtspRequest): Answer {
  if (request.method !== 'SETUP') return USUAL[request.method] ?? { status: 501 };
  const transport = headerOf(request, 'Transport') ?? '';
  return {
    headers: [
      ['Transport', transport],
      ['Session', '7f3a;timeout=60'],
    ],
  };
}
