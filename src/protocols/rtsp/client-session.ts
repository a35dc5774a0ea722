import type { Clock } from '../../base/clock.ts';
import { AppError, isAppError, messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { AccessUnit } from '../../media/access-unit.ts';
import type { Credentials } from './authentication.ts';
import { carrierTo } from './carrier.ts';
import type { CertificateCheck } from './certificate.ts';
import { type OutgoingRequest, RtspConnection } from './connection.ts';
import { gatherBytes, READ_AT_ONCE, type SetReceiveLowWater } from './gathering.ts';
import { ask, type HandshakeOptions, type NegotiatedSession, negotiate, play, withAuthorization } from './handshake.ts';
import { keepAlive } from './keep-alive.ts';

import { Login, type LoginGate } from './login.ts';
import type { SenderReportHint } from './media-lane.ts';
import { MediaReceiver, type StreamFormats } from './media-receiver.ts';
import { parseRtspUrl, peerName, type RtspUrl, resolveLocation } from './url.ts';

export interface RtspClientOptions {
  /** Credentials in it count only where `username` is empty. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Basic authentication shows the password to everybody on the way; many cameras know nothing else. */
  readonly isBasicAllowed: boolean;
  /** For reaching the camera, and for each of its answers. */
  readonly connectTimeoutMs: number;
  /** A camera that sends no packet for so long is given up. */
  readonly silenceTimeoutMs?: number;
  readonly wantsAudio: boolean;
  /** Lets frames gather in the kernel while `isDelayAllowed`; left out, each is read as it comes. */
  readonly setReceiveLowWater?: SetReceiveLowWater | undefined;
  /** Before the first unit, and again before the first unit that needs other parameter sets. */
  readonly onFormat: (formats: StreamFormats) => void;
  /** From the first key frame on. Called while the socket is read: must not take long. */
  readonly onUnit: (unit: AccessUnit) => void;
  /** What the camera says about its clock, if it does: every few seconds, for each track. */
  readonly onSenderReport?: ((report: SenderReportHint) => void) | undefined;
  /** Once, when a session that had started ends by itself. Not after `stop()`. */
  readonly onClosed: (error: AppError) => void;
  /** `http`: through an HTTP tunnel, at port 80 (443 for `rtsps://`) unless the address names another. */
  readonly transport?: 'auto' | 'tcp' | 'udp' | 'http' | undefined;
  /** Keeps several sessions with one account from locking it together. */
  readonly loginGate?: LoginGate | undefined;
  /**
   * For `rtsps://`: SHA-256 of the certificate that `peer` (`10.0.0.5:322`) must show, 64 hexadecimal digits. Left out or undefined: any
   * is taken. Another one ends the attempt with CertificateError, before anything is sent.
   */
  readonly certificateOf?: ((peer: string) => string | undefined) | undefined;
  /** Each certificate that was taken; a redirection may lead to a second one. */
  readonly onCertificate?: ((peer: string, sha256: string) => void) | undefined;
}

export interface RtspCounters {
  readonly bytesReceived: number;
  readonly packetsReceived: number;
  /** Never came. */
  readonly packetsLost: number;
  /** Came after they had been given up; not among the lost ones. */
  readonly packetsLate: number;
  /** Pictures and packets of sound, for whatever reason. */
  readonly framesDropped: number;
  /** Pictures of which packets are missing. */
  readonly framesIncomplete: number;
  /** Pictures whose payload breaks its format, or exceeds a limit. */
  readonly framesMalformed: number;
  readonly videoFrames: number;
  readonly audioUnits: number;
}

/** Three times the pause between key frames of a slow camera would be too long to wait for a dead one. */
const DEFAULT_SILENCE_TIMEOUT_MS = 10_000;
const MAX_REDIRECTS = 3;
/** Stopping a channel must not wait for a camera. */
const TEARDOWN_TIMEOUT_MS = 1000;
const SILENCE_CHECK_MS = 1000;
/** A camera that has sent RTCP BYE and nothing after it will send no more, though it keeps the connection open. */
const GOODBYE_SILENCE_MS = 2000;

/**
 * One stream of a camera, received over one TCP connection. Lives once: after it has ended, make a new one (some cameras fail a second
 * DESCRIBE on the same connection).
 *
 *   start() → connect → negotiate (→ redirect → connect …) → PLAY → units … → stop() or onClosed
 */
export class RtspClient {
  readonly #options: RtspClientOptions;
  readonly #receiver: MediaReceiver;
  readonly #ended = new AbortController();
  #login: Login | undefined;
  #connection: RtspConnection | undefined;
  #session: NegotiatedSession | undefined;
  #state: 'new' | 'starting' | 'playing' | 'ended' = 'new';
  #isReceiving = false;
  /** Nothing was set up: whatever comes on the connection is for another viewer. */
  #isBeforeSetUp = true;
  /** The connection ended before `start()` could go on: its answer to PLAY and the end may lie in one read. */
  #lostEarly: AppError | undefined;
  #lastPacketMs = 0;
  #bytesAtCheck = 0;
  #certificate: string | undefined;

  constructor(options: RtspClientOptions) {
    this.#options = options;
    const { onFormat, onUnit, onSenderReport } = options;
    this.#receiver = new MediaReceiver({ onFormat, onUnit, onSenderReport });
  }

  /** Nobody watches live: frames may be read a tenth of a second late, several at a time. */
  isDelayAllowed = false;

  get counters(): RtspCounters {
    const { packetsReceived, packetsLost, packetsLate, videoFrames, audioUnits } = this.#receiver;
    const { framesDropped, framesIncomplete, framesMalformed } = this.#receiver;
    const bytesReceived = this.#connection?.bytesReceived ?? 0;
    const packets = { packetsReceived, packetsLost, packetsLate };
    return { bytesReceived, ...packets, videoFrames, audioUnits, framesDropped, framesIncomplete, framesMalformed };
  }

  /** SHA-256 of the certificate that the camera shows; undefined: the connection is not encrypted. */
  get certificate(): string | undefined {
    return this.#certificate;
  }

  /** How the camera let itself be convinced; `none`: it did not ask. */
  get authentication(): 'none' | 'basic' | 'digest' {
    return this.#login?.authentication ?? 'none';
  }

  /**
   * Resolves when the camera has answered PLAY. Rejects with AppError `unauthorized`, `unreachable`, `timeout`, `protocol`, `not-found`,
   * `conflict` (it serves all the viewers that it can) or `bad-input`; nothing is left open then.
   */
  async start(): Promise<void> {
    if (this.#state !== 'new') throw new AppError('internal', 'an RTSP client starts only once');
    this.#state = 'starting';
    try {
      await this.#openFollowingRedirects();
    } catch (error) {
      await this.stop();
      throw error;
    }
    if (this.#ended.signal.aborted) throw new AppError('unreachable', 'the RTSP client was stopped while it started');
    this.#state = 'playing';
    this.#lastPacketMs = this.#options.clock.monotonicMs();
    if (this.#lostEarly !== undefined) {
      this.#endBecauseOf(this.#lostEarly);
      return;
    }
    this.#runUntilEnd(this.#keepAlive());
    this.#runUntilEnd(this.#watchSilence());
  }

  /** Says goodbye, for at most a second: cameras that are not told keep the session and refuse the next. */
  async stop(): Promise<void> {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#isReceiving = false;
    this.#ended.abort();
    const connection = this.#connection;
    if (connection === undefined) return;
    connection.gather(READ_AT_ONCE);
    const [goodbye, login] = [this.#goodbye(), this.#login];
    if (goodbye !== undefined && login !== undefined) {
      await ask({ connection, login }, goodbye, { timeoutMs: TEARDOWN_TIMEOUT_MS }).catch((error: unknown) => {
        this.#options.log.debug({ reason: messageOf(error) }, 'camera did not answer TEARDOWN');
      });
    }
    connection.close();
  }

  async #openFollowingRedirects(): Promise<void> {
    let url = parseRtspUrl(this.#options.url);
    const login = this.#newLogin();
    this.#login = login;
    let reconnectsLeft = 1;
    let redirectsLeft = MAX_REDIRECTS;
    for (;;) {
      if (this.#ended.signal.aborted) throw new AppError('unreachable', 'the RTSP client was stopped while it started');
      const wasChallenged = login.hasChallenge;
      login.connectTo(url.host);
      const connection = this.#newConnection(url);
      try {
        const target = await this.#open(connection, login, url);
        if (target === undefined) return;
        connection.close();
        if (redirectsLeft-- === 0)
          throw new AppError('protocol', `${connection.peer}: more than ${MAX_REDIRECTS} redirections`);
        url = followRedirect(url, target);
      } catch (error) {
        // Some servers close the connection after a 401: the answer to it goes over a new one.
        const isClosedAfterChallenge = isAppError(error, 'unreachable') && !wasChallenged && login.hasChallenge;
        if (!isClosedAfterChallenge || reconnectsLeft-- === 0 || this.#ended.signal.aborted) throw error;
      }
    }
  }

  /** Returns the address that the camera sends us to, if it does. */
  async #open(connection: RtspConnection, login: Login, url: RtspUrl): Promise<string | undefined> {
    const { log, wantsAudio } = this.#options;
    await connection.connect();
    const { requestUrl } = url;
    const onSetUp = () => {
      this.#isBeforeSetUp = false;
    };
    const handshake: HandshakeOptions = { connection, login, requestUrl, wantsAudio, log, onSetUp };
    const result = await negotiate(handshake);
    if (result.kind === 'redirect') return result.url;
    this.#session = result;
    for (const { track, channel, ssrc, rtcpChannel } of result.tracks) {
      this.#receiver.addTrack(track, channel, ssrc, { rtcpChannel });
    }
    // Packets may overtake the answer to PLAY; those before the question belong to somebody else's session.
    this.#isReceiving = true;
    await play(handshake, result);
    return undefined;
  }

  #newConnection(url: RtspUrl): RtspConnection {
    this.#lostEarly = undefined;
    const carrier = carrierTo({
      url,
      certificateCheck: (peer) => this.#certificateCheck(peer),
      tunnelLogin: this.#tunnelLogin(url),
    });
    const connection = new RtspConnection({
      peer: carrier.peer,
      openStream: carrier.open,
      timeoutMs: this.#options.connectTimeoutMs,
      clock: this.#options.clock,
      setReceiveLowWater: this.#options.setReceiveLowWater,
      onFrame: (channel, bytes, start, end, arrivalMs) => {
        if (this.#isReceiving) {
          this.#lastPacketMs = arrivalMs;
          this.#receiver.receive(channel, bytes, start, end, arrivalMs);
        } else if (this.#isBeforeSetUp) this.#receiver.suspect(bytes, start, end);
      },
      onLost: (error) => this.#endBecauseOf(error),
    });
    this.#connection = connection;
    return connection;
  }

  /** For the host of the address, before any redirection. */
  #newLogin(): Login {
    const { isBasicAllowed, loginGate: gate } = this.#options;
    const url = parseRtspUrl(this.#options.url);
    const credentials = credentialsOf(this.#options, url);
    return new Login({ credentials, isBasicAllowed, gate, signal: this.#ended.signal }, url.host);
  }

  /** HTTP and RTSP are challenged each for itself. */
  #tunnelLogin(url: RtspUrl): Login | undefined {
    if (this.#options.transport !== 'http') return undefined;
    const login = this.#newLogin();
    login.connectTo(url.host);
    return login;
  }

  #certificateCheck(peer: string): CertificateCheck {
    const { certificateOf, onCertificate } = this.#options;
    return {
      expected: certificateOf?.(peer),
      onAccepted: (sha256) => {
        this.#certificate = sha256;
        onCertificate?.(peer, sha256);
      },
    };
  }

  #goodbye(): OutgoingRequest | undefined {
    const session = this.#session;
    if (session === undefined) return undefined;
    return { method: 'TEARDOWN', url: session.baseUrl, headers: [['Session', session.sessionId]] };
  }

  /** While starting, the request that waits for an answer fails instead. */
  #endBecauseOf(error: AppError): void {
    if (this.#state === 'starting') this.#lostEarly = error;
    if (this.#state !== 'playing') return;
    this.#state = 'ended';
    this.#isReceiving = false;
    this.#ended.abort();
    this.#connection?.close();
    this.#receiver.finish();
    this.#options.onClosed(error);
  }

  async #keepAlive(): Promise<void> {
    const [connection, login, session] = [this.#connection, this.#login, this.#session];
    if (connection === undefined || login === undefined || session === undefined) return;
    const { clock, log } = this.#options;
    await keepAlive({ connection, login, session, clock, log, signal: this.#ended.signal });
  }

  async #watchSilence(): Promise<void> {
    const { clock, silenceTimeoutMs = DEFAULT_SILENCE_TIMEOUT_MS } = this.#options;
    for (;;) {
      await clock.sleep(Math.min(SILENCE_CHECK_MS, silenceTimeoutMs), this.#ended.signal);
      this.#paceReading();
      const silentMs = clock.monotonicMs() - this.#lastPacketMs;
      const hasSaidGoodbye = (this.#receiver.goodbyeMs ?? Number.NEGATIVE_INFINITY) >= this.#lastPacketMs;
      if (silentMs < (hasSaidGoodbye ? Math.min(GOODBYE_SILENCE_MS, silenceTimeoutMs) : silenceTimeoutMs)) continue;
      const goodbye = this.#goodbye();
      if (goodbye !== undefined) {
        const authorization = this.#login?.sign(goodbye.method, goodbye.url);
        this.#connection?.post(withAuthorization(goodbye, authorization), () => undefined);
      }
      const peer = this.#connection?.peer;
      this.#endBecauseOf(
        hasSaidGoodbye
          ? new AppError('unreachable', `${peer} has ended the stream (RTCP BYE)`)
          : new AppError('timeout', `${peer} has sent no packet for ${Math.round(silentMs)} ms`),
      );
      return;
    }
  }

  /** Once a second. */
  #paceReading(): void {
    const { bytesReceived } = this.counters;
    const bytesPerSecond = (bytesReceived - this.#bytesAtCheck) / (SILENCE_CHECK_MS / 1000);
    this.#bytesAtCheck = bytesReceived;
    this.#connection?.gather(this.isDelayAllowed ? gatherBytes(bytesPerSecond) : READ_AT_ONCE);
  }

  #runUntilEnd(loop: Promise<void>): void {
    loop.catch((error: unknown) => {
      if (this.#ended.signal.aborted) return;
      throw error;
    });
  }
}

/** What was meant to be encrypted stays so. */
function followRedirect(from: RtspUrl, location: string): RtspUrl {
  const url = resolveLocation(location, from.requestUrl);
  if (!from.isEncrypted || url.isEncrypted) return url;
  throw new AppError('protocol', `${peerName(from)} redirects to ${url.requestUrl}, which is not encrypted`);
}

function credentialsOf(options: RtspClientOptions, url: RtspUrl): Credentials {
  if (options.username !== '' || url.username === undefined) {
    return { username: options.username, password: options.password };
  }
  return { username: url.username, password: url.password ?? '' };
}
