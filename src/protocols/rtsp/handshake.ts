import { AppError, isAppError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { OutgoingRequest, RtspConnection } from './connection.ts';
import type { Login } from './login.ts';
import type { LanePlace } from './media-lane.ts';
import type { MediaPath } from './media-path.ts';
import { fromByteString, type HeaderList, headerOf, type RtspResponse } from './message.ts';
import { parseSdp } from './sdp.ts';
import { chooseTracks, type Track } from './tracks.ts';
import { parseSessionHeader, parseTransport } from './transport.ts';
import { joinControl, repairBase } from './url.ts';

/** Whom to ask, and as whom. */
export interface Asking {
  readonly connection: RtspConnection;
  readonly login: Login;
}

export interface HandshakeOptions extends Asking {
  /** How the media shall come. */
  readonly path: MediaPath;
  readonly requestUrl: string;
  readonly wantsAudio: boolean;
  readonly log: Log;
  /** Before the first SETUP is sent. */
  readonly onSetUp: () => void;
  /** As soon as the camera has a session for us, which it must be told to end, whatever becomes of it. */
  readonly onSession: (name: SessionName) => void;
}

export interface SessionName {
  /** Where PLAY, keep-alives and TEARDOWN go. */
  readonly baseUrl: string;
  readonly sessionId: string;
}

/** What OPTIONS, DESCRIBE and SETUP led to. */
export interface NegotiatedSession extends SessionName {
  readonly kind: 'session';
  readonly timeoutMs: number;
  /** Methods that the server says it has, in upper case. */
  readonly methods: ReadonlySet<string>;
  readonly tracks: readonly TrackSetUp[];
  /** Media of the camera that are not received, with the reason. */
  readonly skippedMedia: readonly string[];
  /** What the server calls itself. */
  readonly tool: string | undefined;
}

export interface TrackSetUp {
  readonly track: Track;
  readonly place: LanePlace;
}

/** The camera does not send in the way that it was asked for; `reason` names it and says so. */
export interface Unsuitable {
  readonly kind: 'unsuitable';
  readonly reason: string;
}

export interface Redirect {
  readonly kind: 'redirect';
  readonly url: string;
}

/**
 * OPTIONS → DESCRIBE → SETUP of video → SETUP of sound. PLAY is left to the caller, who must be ready for packets before it is sent.
 */
export async function negotiate(options: HandshakeOptions): Promise<NegotiatedSession | Redirect | Unsuitable> {
  const { requestUrl, log } = options;
  const methods = await askForMethods(options);
  const described = await ask(options, {
    method: 'DESCRIBE',
    url: requestUrl,
    headers: [['Accept', 'application/sdp']],
  });
  const redirect = redirectOf(described);
  if (redirect !== undefined) return { kind: 'redirect', url: redirect };
  assertOk(options, 'DESCRIBE', described);
  const description = parseSdp(described.body.toString('utf8'));
  const choice = chooseTracks(description);
  if (choice.skipped.length > 0) log.debug({ skipped: choice.skipped }, 'media of the camera that are not received');
  const base = repairBase(addressIn(described, 'Content-Base') ?? addressIn(described, 'Content-Location'), requestUrl);
  const wanted = [choice.video, options.wantsAudio ? choice.audio : undefined].filter((track) => track !== undefined);
  if (wanted.length === 0) {
    const found = choice.skipped.join('; ') || (choice.audio === undefined ? 'it describes none' : 'it has only sound');
    throw new AppError('protocol', `${options.connection.peer}: no stream that can be recorded (${found})`);
  }
  return await setUpTracks(options, wanted, base, {
    baseUrl: joinControl(base, description.control),
    methods,
    skippedMedia: choice.skipped,
    tool: description.tool,
  });
}

export async function play(options: Asking, session: NegotiatedSession): Promise<void> {
  const headers: HeaderList = [
    ['Session', session.sessionId],
    ['Range', 'npt=0.000-'],
  ];
  assertOk(options, 'PLAY', await ask(options, { method: 'PLAY', url: session.baseUrl, headers }));
}

/** Asks with credentials where the camera wants them. Rejects with AppError `unauthorized`, or as `RtspConnection.request` does. */
export function ask(
  { connection, login }: Asking,
  request: OutgoingRequest,
  known: { readonly answered?: RtspResponse; readonly timeoutMs?: number } = {},
): Promise<RtspResponse> {
  return login.exchange({
    peer: connection.peer,
    method: request.method,
    uri: request.url,
    ask: (authorization) => connection.request(withAuthorization(request, authorization), known.timeoutMs),
    ...(known.answered && { answered: known.answered }),
  });
}

export function withAuthorization(request: OutgoingRequest, value: string | undefined): OutgoingRequest {
  return value === undefined ? request : { ...request, headers: [...request.headers, ['Authorization', value]] };
}

/** Servers without OPTIONS exist; only a refused password ends the attempt here. */
async function askForMethods(options: HandshakeOptions): Promise<ReadonlySet<string>> {
  const response = await ask(options, { method: 'OPTIONS', url: options.requestUrl, headers: [] });
  const list = response.status === 200 ? (headerOf(response, 'Public') ?? '') : '';
  return new Set(list.split(/[\s,]+/).map((method) => method.toUpperCase()));
}

async function setUpTracks(
  options: HandshakeOptions,
  tracks: readonly Track[],
  base: string,
  known: Pick<NegotiatedSession, 'baseUrl' | 'methods' | 'skippedMedia' | 'tool'>,
): Promise<NegotiatedSession | Unsuitable> {
  const { connection, path, log } = options;
  let sessionId: string | undefined;
  let timeoutMs: number | undefined;
  const setUp: TrackSetUp[] = [];
  options.onSetUp();
  for (const [index, track] of tracks.entries()) {
    const offer = await path.offer(index).catch(noteNoWay);
    if (typeof offer !== 'string') return offer;
    const headers: [string, string][] = [['Transport', offer]];
    if (sessionId !== undefined) headers.push(['Session', sessionId]);
    const response = await ask(options, { method: 'SETUP', url: joinControl(base, track.control), headers });
    if (response.status !== 200 && setUp.length > 0) {
      log.warn({ status: response.status }, 'camera refuses to send sound; recording goes on without it');
      continue;
    }
    if (response.status === UNSUPPORTED_TRANSPORT)
      return { kind: 'unsuitable', reason: describe(options, 'SETUP', response) };
    assertOk(options, 'SETUP', response);
    const session = parseSessionHeader(headerOf(response, 'Session'));
    if (sessionId === undefined && session.id !== undefined) {
      // Some servers name a new session with each SETUP, and know the first.
      sessionId = session.id;
      options.onSession({ baseUrl: known.baseUrl, sessionId });
    }
    timeoutMs ??= session.timeoutMs;
    const answer = headerOf(response, 'Transport');
    const place = path.accept(index, parseTransport(answer));
    if (place === undefined) {
      return { kind: 'unsuitable', reason: `${connection.peer} answers SETUP with another transport (${answer})` };
    }
    setUp.push({ track, place });
  }
  if (sessionId === undefined)
    throw new AppError('protocol', `${connection.peer}: SETUP was answered without a session`);
  return { kind: 'session', ...known, sessionId, timeoutMs: timeoutMs ?? DEFAULT_SESSION_TIMEOUT_MS, tracks: setUp };
}

/** Without a port for its datagrams a camera is better received in another way than not at all. */
function noteNoWay(error: unknown): Unsuitable {
  if (!isAppError(error)) throw error;
  return { kind: 'unsuitable', reason: error.message };
}

/** RFC 2326 §11.3.14 */
const UNSUPPORTED_TRANSPORT = 461;

/** RFC 2326 §12.37 */
const DEFAULT_SESSION_TIMEOUT_MS = 60_000;

/** RFC 2326 §11.3, and what web servers use besides. */
const REDIRECTIONS = new Set([301, 302, 303, 307, 308]);

function redirectOf(response: RtspResponse): string | undefined {
  return REDIRECTIONS.has(response.status) ? addressIn(response, 'Location') : undefined;
}

function describe({ connection }: Asking, method: string, { status, reason }: RtspResponse): string {
  return `${connection.peer} answers ${method} with ${status} ${reason}`.trim();
}

function addressIn(response: RtspResponse, name: string): string | undefined {
  const value = headerOf(response, name);
  return value === undefined ? undefined : fromByteString(value);
}

function assertOk(asking: Asking, method: string, response: RtspResponse): void {
  if (response.status >= 200 && response.status < 300) return;
  const answer = describe(asking, method, response);
  switch (response.status) {
    case 403: // several cameras say so for a wrong password
      throw new AppError('unauthorized', answer);
    case 404:
    case 410:
      throw new AppError('not-found', `${answer}: is the path of the address right?`);
    case 453:
    case 503:
      throw new AppError('conflict', `${answer}: the camera serves all the viewers that it can`);
    default:
      throw new AppError('protocol', answer);
  }
}
