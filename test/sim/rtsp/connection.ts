import { isAppError } from '../../../src/base/errors.ts';
import type { LiveStream } from '../live-stream.ts';
import type { ClientWire } from '../transport/wire.ts';
import { Doorkeeper } from './authentication.ts';
import { RequestReader, type RtspRequest } from './request-reader.ts';
import { formatResponse, type Response } from './responses.ts';
import type { ServedCamera } from './served-camera.ts';
import { RtspSession } from './session.ts';
import { describeStream, TRACK_CONTROLS, type TrackName } from './session-description.ts';
import { SESSION_TIMEOUT_SECONDS } from './session-shelf.ts';
import { chooseOffer, parseTransportOffers } from './transport.ts';

const METHODS = 'OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, SET_PARAMETER, TEARDOWN';

/** Where a camera that redirects has its streams. */
export const MOVED = '/moved';

/** One client's RTSP connection to one camera, with at most one session. */
export class RtspConnection {
  readonly #wire: ClientWire;
  readonly #camera: ServedCamera;
  readonly #reader = new RequestReader();
  readonly #doorkeeper: Doorkeeper;
  #lastHeardMs: number;
  #session: RtspSession | undefined;
  /** Requests are answered one after the other: a SETUP that opens ports takes a moment. */
  #answering: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(wire: ClientWire, camera: ServedCamera) {
    this.#wire = wire;
    this.#camera = camera;
    this.#doorkeeper = new Doorkeeper(camera.auth, camera.clock);
    this.#lastHeardMs = camera.clock.monotonicMs();
  }

  receive(chunk: Buffer): void {
    this.#hear();
    if (this.#camera.faults.get('silent')?.hang) return;
    try {
      for (const item of this.#reader.push(chunk)) {
        if (item.kind === 'request') this.#answering = this.#answering.then(() => this.#serve(item));
        else this.#session?.takeInterleaved(item.channel, item.bytes);
      }
    } catch (error) {
      if (!isAppError(error, 'protocol')) throw error;
      this.#wire.end(formatResponse({ status: 400 }, undefined));
    }
  }

  close(cause: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#endSession(cause);
    this.#wire.close();
  }

  /** The client has gone, with or without a word. */
  noteGone(): void {
    const session = this.#session;
    if (session?.isOverUdp && this.#camera.sessionsOutlive) {
      this.#camera.sessions.orphan(session);
      this.#session = undefined;
    }
    this.close('connection closed by client');
  }

  closeIfSilent(): void {
    const silentMs = this.#camera.clock.monotonicMs() - this.#lastHeardMs;
    if (silentMs > SESSION_TIMEOUT_SECONDS * 1000) this.close(`nothing heard for ${SESSION_TIMEOUT_SECONDS} s`);
  }

  #hear(): void {
    this.#lastHeardMs = this.#camera.clock.monotonicMs();
  }

  async #serve(request: RtspRequest): Promise<void> {
    if (this.#isClosed) return;
    const response = this.#authorize(request) ?? (await this.#answer(request));
    this.#wire.write(formatResponse(response, request.headers.get('cseq')));
  }

  #authorize(request: RtspRequest): Response | undefined {
    if (request.method === 'OPTIONS') return undefined;
    const result = this.#camera.faults.has('refuse-password') ? 'refused' : this.#doorkeeper.check(request);
    if (result === 'granted') return undefined;
    const lines = this.#doorkeeper.challenges(result === 'stale');
    return { status: 401, headers: lines.map((line) => ['WWW-Authenticate', line] as const) };
  }

  async #answer(request: RtspRequest): Promise<Response> {
    switch (request.method) {
      case 'OPTIONS':
        return { status: 200, headers: [['Public', METHODS]] };
      case 'DESCRIBE':
        return this.#describe(request);
      case 'SETUP':
        return await this.#setUp(request);
      case 'PLAY':
        return this.#play(request);
      case 'GET_PARAMETER':
      case 'SET_PARAMETER':
        return { status: 200, headers: this.#sessionHeader() };
      case 'TEARDOWN':
        return this.#tearDown(request);
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
    if (this.#camera.redirects && !path.startsWith(MOVED)) {
      return { status: 302, headers: [['Location', request.uri.replace(path, `${MOVED}${path}`)]] };
    }
    const base = request.uri.endsWith('/') ? request.uri : `${request.uri}/`;
    return {
      status: 200,
      headers: [
        ['Content-Base', base],
        ['Content-Type', 'application/sdp'],
      ],
      body: describeStream(stream.prepared, this.#camera),
    };
  }

  async #setUp(request: RtspRequest): Promise<Response> {
    const { path, track } = splitUri(request.uri);
    const stream = this.#camera.streamAt(path);
    if (!stream || !track || (track === 'sound' && !stream.prepared.sound)) return { status: 404 };
    if (this.#session && (this.#session.isPlaying || this.#session.stream !== stream)) return { status: 455 };
    const offers = parseTransportOffers(request.headers.get('transport') ?? '');
    const offer = chooseOffer(offers, this.#wire.allowsUdp ? this.#camera.transport : 'tcp');
    if (!offer) return { status: 461 };
    if (!this.#session && !this.#camera.sessions.hasRoom) return { status: 453 };
    this.#session ??= this.#newSession(stream);
    const transport = await this.#session.setUp(track, offer);
    return { status: 200, headers: [['Transport', transport], ...this.#sessionHeader()] };
  }

  #newSession(stream: LiveStream): RtspSession {
    const { sessions } = this.#camera;
    const session: RtspSession = new RtspSession({
      camera: this.#camera,
      stream,
      wire: this.#wire,
      onHeard: () => {
        this.#hear();
        sessions.hear(session);
      },
    });
    sessions.add(session);
    return session;
  }

  /** Also of a session whose connection is gone: whoever knows its number may end it. */
  #tearDown(request: RtspRequest): Response {
    const { sessions } = this.#camera;
    const orphan = sessions.findOrphan(sessionIdOf(request));
    if (orphan) sessions.end(orphan, 'TEARDOWN');
    else if (this.#isOwnSession(request)) this.#endSession('TEARDOWN');
    else return { status: 454 };
    return { status: 200 };
  }

  #play(request: RtspRequest): Response {
    if (!this.#session) return { status: 455 };
    if (!this.#isOwnSession(request)) return { status: 454 };
    if (this.#session.isPlaying) return { status: 200, headers: this.#sessionHeader() };
    const info = this.#session.play(request.uri.replace(/\/$/, ''));
    return {
      status: 200,
      headers: [...this.#sessionHeader(), ['Range', 'npt=now-'], ['RTP-Info', info]],
    };
  }

  #sessionHeader(): [string, string][] {
    return this.#session ? [['Session', `${this.#session.id};timeout=${SESSION_TIMEOUT_SECONDS}`]] : [];
  }

  #isOwnSession(request: RtspRequest): boolean {
    return sessionIdOf(request) === this.#session?.id;
  }

  #endSession(cause: string): void {
    if (this.#session) this.#camera.sessions.end(this.#session, cause);
    this.#session = undefined;
  }
}

function sessionIdOf(request: RtspRequest): string | undefined {
  return request.headers.get('session')?.split(';')[0]?.trim();
}

/** The stream's path and the track at its end, if any. Works for a whole address as well as for a path alone. */
function splitUri(uri: string): { path: string; track: TrackName | undefined } {
  const path = uri.replace(/^[a-z]+:\/\/[^/]*/i, '').replace(/\?.*$/, '');
  for (const track of ['video', 'sound'] as const) {
    if (path.endsWith(`/${TRACK_CONTROLS[track]}`)) {
      return { path: path.slice(0, -TRACK_CONTROLS[track].length - 1), track };
    }
  }
  return { path: path.replace(/\/$/, ''), track: undefined };
}
