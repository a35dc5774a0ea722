import type { Clock } from '../../base/clock.ts';
import { AppError, isAppError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { AccessUnit } from '../../media/access-unit.ts';
import type { Credentials } from './authentication.ts';
import { carrierTo } from './carrier.ts';
import type { CertificateCheck } from './certificate.ts';
import { gatherBytes, READ_AT_ONCE, type SetReceiveLowWater } from './gathering.ts';
import type { Unsuitable } from './handshake.ts';
import { Login, type LoginGate } from './login.ts';
import type { SenderReportHint } from './media-lane.ts';
import type { StreamFormats } from './media-receiver.ts';
import { MediaSession } from './media-session.ts';
import type { Track } from './tracks.ts';
import {
  type MediaTransport,
  type TransportMemory,
  type TransportSetting,
  transportsToTry,
} from './transport-choice.ts';
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
  /**
   * How media shall come; `auto` by default. `http`: through an HTTP tunnel, at port 80 (443 for `rtsps://`) unless the address names
   * another.
   */
  readonly transport?: TransportSetting | undefined;
  /** Shared by the sessions with one camera, so that each of them need not learn anew what does not work; the client writes to it. */
  readonly transportMemory?: TransportMemory | undefined;
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
  /** Of the picture alone, whether a picture can be made of them or not. */
  readonly videoPackets: number;
  /** Of what packets carry, without their headers. */
  readonly payloadBytes: number;
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
const SILENCE_CHECK_MS = 1000;
/** A camera that has sent RTCP BYE and nothing after it will send no more, though it keeps the connection open. */
const GOODBYE_SILENCE_MS = 2000;

const NO_COUNTERS: RtspCounters = {
  ...{ bytesReceived: 0, payloadBytes: 0, packetsReceived: 0, videoPackets: 0, packetsLost: 0, packetsLate: 0 },
  ...{ videoFrames: 0, audioUnits: 0, framesDropped: 0, framesIncomplete: 0, framesMalformed: 0 },
};

/**
 * One stream of a camera. Lives once: after it has ended, make a new one.
 *
 *   start() → session (→ redirect → session …) (→ other transport → session …) → units … → stop() or onClosed
 */
export class RtspClient {
  readonly #options: RtspClientOptions;
  readonly #ended = new AbortController();
  #login: Login | undefined;
  /** HTTP and RTSP are challenged each for itself. */
  #tunnelLogin: Login | undefined;
  #session: MediaSession | undefined;
  #state: 'new' | 'starting' | 'playing' | 'ended' = 'new';
  #farewell: Promise<void> | undefined;
  #bytesAtCheck = 0;
  #certificate: string | undefined;
  #transportInUse: MediaTransport = 'tcp';

  constructor(options: RtspClientOptions) {
    this.#options = options;
  }

  /** Nobody watches live: frames may be read a tenth of a second late, several at a time. */
  isDelayAllowed = false;

  get counters(): RtspCounters {
    if (this.#session === undefined) return NO_COUNTERS;
    const { receiver, bytesReceived } = this.#session;
    const { packetsReceived, videoPackets, payloadBytes, packetsLost, packetsLate, videoFrames, audioUnits } = receiver;
    const { framesDropped, framesIncomplete, framesMalformed } = receiver;
    const packets = { payloadBytes, packetsReceived, videoPackets, packetsLost, packetsLate };
    return { bytesReceived, ...packets, videoFrames, audioUnits, framesDropped, framesIncomplete, framesMalformed };
  }

  /** How media come, whatever was asked for. */
  get transportInUse(): MediaTransport {
    return this.#transportInUse;
  }

  /** What the camera described and is received, whether it comes or not. */
  get tracks(): readonly Track[] {
    return this.#session?.negotiated?.tracks.map(({ track }) => track) ?? [];
  }

  /** Media of the camera that are not received, with the reason. */
  get skippedMedia(): readonly string[] {
    return this.#session?.negotiated?.skippedMedia ?? [];
  }

  /** SHA-256 of the certificate that the camera shows; undefined: the connection is not encrypted. */
  get certificate(): string | undefined {
    return this.#certificate;
  }

  /** How the camera let itself be convinced, in its weakest part; `none`: it did not ask. */
  get authentication(): 'none' | 'basic' | 'digest' {
    const used = [this.#login?.authentication, this.#tunnelLogin?.authentication];
    return (['basic', 'digest'] as const).find((scheme) => used.includes(scheme)) ?? 'none';
  }

  /**
   * Resolves when the camera has answered PLAY; over UDP, when its first packet has come, too. Rejects with AppError `unauthorized`,
   * `unreachable`, `timeout`, `protocol`, `not-found`, `conflict` (it serves all the viewers that it can) or `bad-input`; nothing is left
   * open then.
   */
  async start(): Promise<void> {
    if (this.#state !== 'new') throw new AppError('internal', 'an RTSP client starts only once');
    this.#state = 'starting';
    let session: MediaSession;
    try {
      session = await this.#openByAnyTransport();
      this.#assertNotStopped();
    } catch (error) {
      await this.stop();
      throw error;
    }
    this.#state = 'playing';
    if (session.lost !== undefined) {
      this.#endBecauseOf(session.lost);
      return;
    }
    this.#runUntilEnd(session.run());
    this.#runUntilEnd(this.#watchSilence(session));
  }

  /** Tells the camera, for at most a second or two. */
  async stop(): Promise<void> {
    if (this.#state !== 'ended') {
      this.#state = 'ended';
      this.#ended.abort();
      this.#farewell = this.#session?.leave();
    }
    await this.#farewell;
  }

  async #openByAnyTransport(): Promise<MediaSession> {
    const { clock, log, transport = 'auto', transportMemory: memory = {} } = this.#options;
    const url = parseRtspUrl(this.#options.url);
    const login = this.#newLogin();
    this.#login = login;
    if (transport === 'udp' && url.isEncrypted)
      log.info({}, 'media stay in the connection: it is encrypted, UDP is not');
    const reasons: string[] = [];
    for (const way of transportsToTry(transport, url.isEncrypted, memory, clock.monotonicMs())) {
      this.#transportInUse = way;
      const result = await this.#openFollowingRedirects(url, login, way);
      if (result instanceof MediaSession) return result;
      reasons.push(result.reason);
      if (way === 'udp') memory.udpFailedMs = clock.monotonicMs();
      else memory.tcpRefusedMs = clock.monotonicMs();
      log.info({ transport: way, reason: result.reason }, 'camera does not send in this way');
      await this.#session?.leave();
    }
    throw new AppError('protocol', `${reasons.join('; ')}: no way is left for its media (transport: ${transport})`);
  }

  async #openFollowingRedirects(start: RtspUrl, login: Login, way: MediaTransport): Promise<MediaSession | Unsuitable> {
    let url = start;
    let reconnectsLeft = 1;
    let redirectsLeft = MAX_REDIRECTS;
    for (;;) {
      this.#assertNotStopped();
      if (way === 'udp' && url.isEncrypted) {
        return { kind: 'unsuitable', reason: `${peerName(url)} is encrypted, and UDP would not be` };
      }
      const wasChallenged = login.hasChallenge;
      login.connectTo(url.host);
      const session = this.#newSession(url, login, way);
      try {
        const result = await session.open();
        if (result.kind === 'session') return session;
        if (result.kind === 'unsuitable') return result;
        await session.leave();
        if (redirectsLeft-- === 0)
          throw new AppError('protocol', `${session.peer}: more than ${MAX_REDIRECTS} redirections`);
        url = followRedirect(url, result.url);
      } catch (error) {
        // Some servers close the connection after a 401: the answer to it goes over a new one.
        const isClosedAfterChallenge = isAppError(error, 'unreachable') && !wasChallenged && login.hasChallenge;
        this.#assertNotStopped();
        if (!isClosedAfterChallenge || reconnectsLeft-- === 0) throw error;
      }
    }
  }

  #newSession(url: RtspUrl, login: Login, transport: MediaTransport): MediaSession {
    const tunnelLogin = transport === 'http' ? this.#newLogin() : undefined;
    tunnelLogin?.connectTo(url.host);
    this.#tunnelLogin = tunnelLogin;
    const carrier = carrierTo({ url, certificateCheck: (peer) => this.#certificateCheck(peer), tunnelLogin });
    const session = new MediaSession({
      ...this.#options,
      ...{ carrier, requestUrl: url.requestUrl, login, transport },
      onLost: (error) => this.#endBecauseOf(error),
    });
    this.#session = session;
    return session;
  }

  /** For the host of the address, before any redirection: no other gets the credentials. */
  #newLogin(): Login {
    const { isBasicAllowed, loginGate: gate } = this.#options;
    const url = parseRtspUrl(this.#options.url);
    const credentials = credentialsOf(this.#options, url);
    return new Login({ credentials, isBasicAllowed, gate, signal: this.#ended.signal }, url.host);
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

  #assertNotStopped(): void {
    if (this.#ended.signal.aborted) throw new AppError('unreachable', 'the RTSP client was stopped while it started');
  }

  /** While starting, the request that waits for an answer fails instead. */
  #endBecauseOf(error: AppError): void {
    if (this.#state !== 'playing') return;
    this.#state = 'ended';
    this.#ended.abort();
    this.#session?.abandon();
    if (this.#session?.lost !== undefined) this.#farewell = this.#session.leaveAnew();
    this.#options.onClosed(error);
  }

  async #watchSilence(session: MediaSession): Promise<void> {
    const { clock, silenceTimeoutMs = DEFAULT_SILENCE_TIMEOUT_MS } = this.#options;
    for (;;) {
      await clock.sleep(Math.min(SILENCE_CHECK_MS, silenceTimeoutMs), this.#ended.signal);
      this.#paceReading(session);
      const silentMs = clock.monotonicMs() - session.lastPacketMs;
      const hasSaidGoodbye = (session.receiver.goodbyeMs ?? Number.NEGATIVE_INFINITY) >= session.lastPacketMs;
      if (silentMs < (hasSaidGoodbye ? Math.min(GOODBYE_SILENCE_MS, silenceTimeoutMs) : silenceTimeoutMs)) continue;
      this.#endBecauseOf(
        hasSaidGoodbye
          ? new AppError('unreachable', `${session.peer} has ended the stream (RTCP BYE)`)
          : new AppError('timeout', `${session.peer} has sent no packet for ${Math.round(silentMs)} ms`),
      );
      return;
    }
  }

  /** Once a second. */
  #paceReading(session: MediaSession): void {
    const { bytesReceived } = session;
    const bytesPerSecond = (bytesReceived - this.#bytesAtCheck) / (SILENCE_CHECK_MS / 1000);
    this.#bytesAtCheck = bytesReceived;
    session.gather(this.isDelayAllowed ? gatherBytes(bytesPerSecond) : READ_AT_ONCE);
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
