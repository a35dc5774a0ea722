import { randomBytes, randomInt } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Clock } from '../../../src/base/clock.ts';
import { isAppError } from '../../../src/base/errors.ts';
import type { ActiveFaults } from '../active-faults.ts';
import type { LiveStream } from '../live-stream.ts';
import { PlaySession, type TrackSetup } from '../play-session.ts';
import { type AuthScheme, type Credentials, challenges, checkAuthorization } from './authentication.ts';
import { RequestReader, type RtspRequest } from './request-reader.ts';
import { formatResponse, type Response } from './responses.ts';
import { describeStream, TRACK_CONTROLS } from './session-description.ts';
import { findInterleaved } from './transport.ts';

/** What a connection needs to know of its camera. */
export interface ServedCamera {
  readonly name: string;
  readonly address: string;
  readonly startAtKey: boolean;
  readonly credentials: Credentials | undefined;
  readonly authScheme: AuthScheme;
  readonly faults: ActiveFaults;
  readonly clock: Clock;
  streamAt(path: string): LiveStream | undefined;
}

/** A client that says nothing for so long has gone (RFC 2326, 12.37: the default). */
const SESSION_TIMEOUT_SECONDS = 60;
const METHODS = 'OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, SET_PARAMETER, TEARDOWN';

/** One client's RTSP connection to one camera, with at most one session. */
export class RtspConnection {
  readonly #socket: Socket;
  readonly #camera: ServedCamera;
  readonly #reader = new RequestReader();
  readonly #nonce = randomBytes(16).toString('hex');
  readonly #client: string;
  #lastHeardMs: number;
  #setup: { id: string; stream: LiveStream; video?: TrackSetup; sound?: TrackSetup } | undefined;
  #session: PlaySession | undefined;

  constructor(socket: Socket, camera: ServedCamera) {
    this.#socket = socket;
    this.#camera = camera;
    this.#client = `${socket.remoteAddress}:${socket.remotePort}`;
    this.#lastHeardMs = camera.clock.monotonicMs();
  }

  start(onClosed: () => void): void {
    this.#socket.setNoDelay(true);
    this.#socket.on('data', (chunk) => this.#read(chunk));
    this.#socket.on('error', () => undefined); // 'close' follows, and says enough: a client that goes away is no fault of ours
    this.#socket.on('close', () => {
      this.#endSession('connection closed by client');
      onClosed();
    });
  }

  close(cause: string): void {
    this.#endSession(cause);
    this.#socket.destroy();
  }

  closeIfSilent(): void {
    const silentMs = this.#camera.clock.monotonicMs() - this.#lastHeardMs;
    if (silentMs > SESSION_TIMEOUT_SECONDS * 1000) this.close(`nothing heard for ${SESSION_TIMEOUT_SECONDS} s`);
  }

  #read(chunk: Buffer): void {
    this.#lastHeardMs = this.#camera.clock.monotonicMs();
    if (this.#camera.faults.get('silent')?.hang) return;
    try {
      for (const item of this.#reader.push(chunk)) if (item.kind === 'request') this.#serve(item);
    } catch (error) {
      if (!isAppError(error, 'protocol')) throw error;
      this.#socket.end(formatResponse({ status: 400 }, undefined));
    }
  }

  #serve(request: RtspRequest): void {
    const response = this.#authorize(request) ?? this.#answer(request);
    this.#socket.write(formatResponse(response, request.headers.get('cseq')));
  }

  #authorize(request: RtspRequest): Response | undefined {
    if (request.method === 'OPTIONS') return undefined;
    const { credentials, authScheme, faults } = this.#camera;
    const refusesAll = faults.has('refuse-password');
    if (!credentials && !refusesAll) return undefined;
    const result =
      credentials && !refusesAll ? checkAuthorization(request, credentials, authScheme, this.#nonce) : 'refused';
    if (result === 'granted') return undefined;
    const lines = challenges(authScheme, this.#nonce, result === 'stale');
    return { status: 401, headers: lines.map((line) => ['WWW-Authenticate', line] as const) };
  }

  #answer(request: RtspRequest): Response {
    switch (request.method) {
      case 'OPTIONS':
        return { status: 200, headers: [['Public', METHODS]] };
      case 'DESCRIBE':
        return this.#describe(request);
      case 'SETUP':
        return this.#setUp(request);
      case 'PLAY':
        return this.#play(request);
      case 'GET_PARAMETER':
      case 'SET_PARAMETER':
        return { status: 200, headers: this.#sessionHeader() };
      case 'TEARDOWN':
        if (!this.#isOwnSession(request)) return { status: 454 };
        this.#endSession('TEARDOWN');
        this.#setup = undefined;
        return { status: 200 };
      case 'PAUSE':
      case 'RECORD':
      case 'ANNOUNCE':
        return { status: 405, headers: [['Allow', METHODS]] };
      default:
        return { status: 501 };
    }
  }

  #describe(request: RtspRequest): Response {
    const { path } = splitUri(request.uri);
    const stream = this.#camera.streamAt(path);
    if (!stream) return { status: 404 };
    const base = request.uri.endsWith('/') ? request.uri : `${request.uri}/`;
    return {
      status: 200,
      headers: [
        ['Content-Base', base],
        ['Content-Type', 'application/sdp'],
      ],
      body: describeStream(stream.prepared, this.#camera.address, this.#camera.name),
    };
  }

  #setUp(request: RtspRequest): Response {
    const { path, track } = splitUri(request.uri);
    const stream = this.#camera.streamAt(path);
    if (!stream || !track || (track === 'sound' && !stream.prepared.sound)) return { status: 404 };
    if (this.#session || (this.#setup && this.#setup.stream !== stream)) return { status: 455 };
    const offer = findInterleaved(request.headers.get('transport') ?? '');
    if (!offer) return { status: 461 };
    const channel = offer.channel ?? (track === 'video' ? 0 : 2);
    const setup = { channel, ssrc: randomBytes(4).readUInt32BE(0), firstSequence: randomInt(0x10000) };
    this.#setup ??= { id: randomBytes(8).toString('hex'), stream };
    this.#setup[track] = setup;
    const ssrc = setup.ssrc.toString(16).padStart(8, '0').toUpperCase();
    const transport = `RTP/AVP/TCP;unicast;interleaved=${channel}-${channel + 1};ssrc=${ssrc}`;
    return { status: 200, headers: [['Transport', transport], ...this.#sessionHeader()] };
  }

  #play(request: RtspRequest): Response {
    const setup = this.#setup;
    if (!setup) return { status: 455 };
    if (!this.#isOwnSession(request)) return { status: 454 };
    if (this.#session) return { status: 200, headers: this.#sessionHeader() };
    const { startAtKey, faults, clock } = this.#camera;
    const socket = this.#socket;
    this.#session = new PlaySession({
      id: setup.id,
      client: this.#client,
      outlet: {
        write: (bytes) => {
          if (!socket.destroyed) socket.write(bytes);
        },
        get backlogBytes() {
          return socket.writableLength;
        },
      },
      clock,
      prepared: setup.stream.prepared,
      faults,
      video: setup.video,
      sound: setup.sound,
      startAtKey,
    });
    const start = setup.stream.join(this.#session, startAtKey);
    const base = request.uri.replace(/\/$/, '');
    const info = (['video', 'sound'] as const).flatMap((track) => {
      const chosen = setup[track];
      const rtptime = track === 'video' ? start.videoTimestamp : start.soundTimestamp;
      return chosen ? [`url=${base}/${TRACK_CONTROLS[track]};seq=${chosen.firstSequence};rtptime=${rtptime}`] : [];
    });
    return {
      status: 200,
      headers: [...this.#sessionHeader(), ['Range', 'npt=now-'], ['RTP-Info', info.join(',')]],
    };
  }

  #sessionHeader(): [string, string][] {
    return this.#setup ? [['Session', `${this.#setup.id};timeout=${SESSION_TIMEOUT_SECONDS}`]] : [];
  }

  #isOwnSession(request: RtspRequest): boolean {
    return request.headers.get('session')?.split(';')[0]?.trim() === this.#setup?.id;
  }

  #endSession(cause: string): void {
    if (!this.#session) return;
    this.#session.tally.end(this.#camera.clock.nowUtcMs(), cause);
    this.#setup?.stream.leave(this.#session);
    this.#session = undefined;
  }
}

/** The stream's path and the track at its end, if any. Works for a whole address as well as for a path alone. */
function splitUri(uri: string): { path: string; track: 'video' | 'sound' | undefined } {
  const path = uri.replace(/^[a-z]+:\/\/[^/]*/i, '').replace(/\?.*$/, '');
  for (const track of ['video', 'sound'] as const) {
    if (path.endsWith(`/${TRACK_CONTROLS[track]}`)) {
      return { path: path.slice(0, -TRACK_CONTROLS[track].length - 1), track };
    }
  }
  return { path: path.replace(/\/$/, ''), track: undefined };
}
