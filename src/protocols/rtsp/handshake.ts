import { AppError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { OutgoingRequest, RtspConnection } from './connection.ts';
import type { Login } from './login.ts';
import { type HeaderList, headerOf, type RtspResponse } from './message.ts';
import { parseSdp } from './sdp.ts';
import { chooseTracks, type Track } from './tracks.ts';
import { parseSessionHeader, parseTransport } from './transport.ts';
import { joinControl, repairBase } from './url.ts';

export interface HandshakeOptions {
  readonly connection: RtspConnection;
  readonly login: Login;
  readonly requestUrl: string;
  readonly wantsAudio: boolean;
  readonly log: Log;
  /** Before the first SETUP is sent. */
  readonly onSetUp: () => void;
}

/** What OPTIONS, DESCRIBE and SETUP led to. */
export interface NegotiatedSession {
  readonly kind: 'session';
  /** Where PLAY, keep-alives and TEARDOWN go. */
  readonly baseUrl: string;
  readonly sessionId: string;
  readonly timeoutMs: number;
  /** Methods that the server says it has, in upper case. */
  readonly methods: ReadonlySet<string>;
  readonly tracks: readonly TrackSetUp[];
}

export interface TrackSetUp {
  readonly track: Track;
  readonly channel: number;
  readonly rtcpChannel: number;
  readonly ssrc: number | undefined;
}

export interface Redirect {
  readonly kind: 'redirect';
  readonly url: string;
}

/**
 * OPTIONS → DESCRIBE → SETUP of video → SETUP of sound. PLAY is left to the caller, who must be ready for packets before it is sent.
 */
export async function negotiate(options: HandshakeOptions): Promise<NegotiatedSession | Redirect> {
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
  const base = repairBase(headerOf(described, 'Content-Base') ?? headerOf(described, 'Content-Location'), requestUrl);
  const wanted = [choice.video, options.wantsAudio ? choice.audio : undefined].filter((track) => track !== undefined);
  if (wanted.length === 0) {
    const found = choice.skipped.join('; ') || (choice.audio === undefined ? 'it describes none' : 'it has only sound');
    throw new AppError('protocol', `${options.connection.peer}: no stream that can be recorded (${found})`);
  }
  return await setUpTracks(options, wanted, base, {
    baseUrl: joinControl(base, description.control),
    methods,
  });
}

export async function play(options: HandshakeOptions, session: NegotiatedSession): Promise<void> {
  const headers: HeaderList = [
    ['Session', session.sessionId],
    ['Range', 'npt=0.000-'],
  ];
  assertOk(options, 'PLAY', await ask(options, { method: 'PLAY', url: session.baseUrl, headers }));
}

/** Asks with credentials where the camera wants them. Rejects with AppError `unauthorized`, or as `RtspConnection.request` does. */
export function ask(
  { connection, login }: Pick<HandshakeOptions, 'connection' | 'login'>,
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
  known: { baseUrl: string; methods: ReadonlySet<string> },
): Promise<NegotiatedSession> {
  let sessionId: string | undefined;
  let timeoutMs: number | undefined;
  const setUp: TrackSetUp[] = [];
  options.onSetUp();
  for (const [index, track] of tracks.entries()) {
    const asked = index * 2;
    // No `mode=play`: it confuses several servers.
    const headers: [string, string][] = [['Transport', `RTP/AVP/TCP;unicast;interleaved=${asked}-${asked + 1}`]];
    if (sessionId !== undefined) headers.push(['Session', sessionId]);
    const response = await ask(options, { method: 'SETUP', url: joinControl(base, track.control), headers });
    if (response.status !== 200 && setUp.length > 0) {
      options.log.warn({ status: response.status }, 'camera refuses to send sound; recording goes on without it');
      continue;
    }
    assertOk(options, 'SETUP', response);
    const transport = parseTransport(headerOf(response, 'Transport'));
    const { channel = asked, rtcpChannel = asked + 1, ssrc } = transport;
    setUp.push({ track, channel, rtcpChannel, ssrc });
    const session = parseSessionHeader(headerOf(response, 'Session'));
    // Some servers name a new session with each SETUP, and know the first.
    sessionId ??= session.id;
    timeoutMs ??= session.timeoutMs;
  }
  if (sessionId === undefined)
    throw new AppError('protocol', `${options.connection.peer}: SETUP was answered without a session`);
  return { kind: 'session', ...known, sessionId, timeoutMs: timeoutMs ?? DEFAULT_SESSION_TIMEOUT_MS, tracks: setUp };
}

/** RFC 2326 §12.37 */
const DEFAULT_SESSION_TIMEOUT_MS = 60_000;

/** RFC 2326 §11.3, and what web servers use besides. */
const REDIRECTIONS = new Set([301, 302, 303, 307, 308]);

function redirectOf(response: RtspResponse): string | undefined {
  return REDIRECTIONS.has(response.status) ? headerOf(response, 'Location') : undefined;
}

function assertOk({ connection }: HandshakeOptions, method: string, response: RtspResponse): void {
  if (response.status >= 200 && response.status < 300) return;
  const answer = `${connection.peer} answers ${method} with ${response.status} ${response.reason}`.trim();
  switch (response.status) {
    case 403: // several cameras say so for a wrong password
      throw new AppError('unauthorized', answer);
    case 404:
    case 410:
      throw new AppError('not-found', `${answer}: is the path of the address right?`);
    case 453:
    case 503:
      throw new AppError('conflict', `${answer}: the camera serves all the viewers that it can`);
    case 461:
      throw new AppError('protocol', `${answer}: it does not send over TCP`);
    default:
      throw new AppError('protocol', answer);
  }
}
