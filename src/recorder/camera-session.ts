import type { GapCause } from '../archive/entries.ts';
import type { Clock } from '../base/clock.ts';
import { AppError, messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { SECOND_MS } from '../base/units.ts';
import { loadLibc } from '../disk/libc.ts';
import type { StreamReport } from '../link/stream-report.ts';
import type { AccessUnit, AudioFormat, VideoFormat } from '../media/access-unit.ts';
import { CertificateError } from '../protocols/rtsp/certificate.ts';
import { RtspClient, type RtspCounters } from '../protocols/rtsp/client-session.ts';
import type { SenderReportHint } from '../protocols/rtsp/media-lane.ts';
import type { Track } from '../protocols/rtsp/tracks.ts';
import type { TransportMemory, TransportSetting } from '../protocols/rtsp/transport-choice.ts';
import type { AccountGate, LoginLimiter } from './camera/login-limiter.ts';
import { RetryPolicy } from './camera/retry-policy.ts';

/** Cameras on a LAN answer within milliseconds; a busy one may take seconds. */
const CONNECT_TIMEOUT_MS = 5 * SECOND_MS;

export interface CameraAddress {
  readonly url: string;
  readonly username: string;
  readonly password: string;
  /** How the media shall come; left out: whatever works. */
  readonly transport?: TransportSetting | undefined;
  /** The one that a person has accepted; it stands above the one that was shown first. */
  readonly certificate?: string | null;
}

/** What all sessions with cameras share, or what outlives one. */
export interface CameraAccess {
  readonly limiter: LoginLimiter;
  /** Of this channel's camera, by `host:port`. */
  readonly certificates: {
    expected(peer: string): string | undefined;
    keep(peer: string, sha256: string): void;
  };
}

/** Why a camera does not deliver: the cause for the ledger, and plain words. */
export interface SessionFailure {
  readonly cause: GapCause;
  readonly detail: string;
  /** The certificate that the camera shows, although another one is expected. */
  readonly presentedCertificate?: string;
}

/** How the connection came about, and what was counted in it. */
export interface SessionFacts {
  readonly connection: Pick<
    StreamReport,
    'transport' | 'isEncrypted' | 'certificate' | 'authentication' | 'skippedMedia'
  >;
  /** What the camera described and is received, whether it comes or not. */
  readonly tracks: readonly Track[];
  readonly counters: RtspCounters;
}

export interface CameraSessionOptions {
  /** As the plan has it now. */
  address(): CameraAddress;
  readonly access: CameraAccess;
  readonly clock: Clock;
  readonly log: Log;
  /** PLAY was answered; media follows. */
  onUp(): void;
  onFormat(format: { video?: VideoFormat; audio?: AudioFormat }): void;
  onUnit(unit: AccessUnit): void;
  onSenderReport?(report: SenderReportHint): void;
  /** Also called when the first attempt fails; `attemptUtcMs` is when it began. */
  onDown(failure: SessionFailure, attemptUtcMs: number): void;
}

interface End {
  readonly failure: SessionFailure;
  readonly error: AppError;
}

/** Keeps one connection to a camera stream, for ever: connects, plays, and connects anew after a delay. */
export class CameraSession {
  readonly #options: CameraSessionOptions;
  readonly #stopping = new AbortController();
  readonly #retry = new RetryPolicy();
  readonly #transportMemory: TransportMemory = {};
  #client: RtspClient | undefined;
  #gate: AccountGate | undefined;
  #upMs: number | undefined;
  #hasToldOfClearPassword = false;
  #endSession: ((end: End) => void) | undefined;
  #running: Promise<void> | undefined;

  constructor(options: CameraSessionOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.restart({ cause: 'recorder-not-running', detail: 'stopped' });
    await this.#running;
  }

  /** Of the connection that is under way, up to and including `onDown`. */
  get facts(): SessionFacts | undefined {
    const client = this.#client;
    if (!client) return undefined;
    const { counters, certificate, authentication, transportInUse, tracks, skippedMedia } = client;
    const connection = {
      transport: transportInUse,
      isEncrypted: certificate !== undefined,
      certificate: certificate ?? null,
      authentication,
      skippedMedia: [...skippedMedia],
    };
    return { connection, tracks, counters };
  }

  /** Whether frames may be read a little late, several at a time, because nobody watches live. */
  allowDelay(isAllowed: boolean): void {
    if (this.#client) this.#client.isDelayAllowed = isAllowed;
  }

  /** Nothing useful comes: begin anew. */
  restart(reason: SessionFailure): void {
    this.#endSession?.({ failure: reason, error: new AppError('timeout', reason.detail) });
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const attemptUtcMs = clock.nowUtcMs();
      this.#upMs = undefined;
      const { failure, error } = await this.#runOnce();
      if (signal.aborted) return;
      const playedMs = this.#upMs === undefined ? 0 : clock.monotonicMs() - this.#upMs;
      this.#upMs = undefined;
      const delayMs = this.#retry.nextMs({ error, playedMs, accountWaitMs: this.#gate?.waitMs() ?? 0 });
      const { cause, detail } = failure;
      log.warn({ cause, detail, retryInMs: Math.round(delayMs) }, 'camera not delivering');
      this.#options.onDown(failure, attemptUtcMs);
      this.#client = undefined;
      try {
        await clock.sleep(delayMs, signal);
      } catch {
        return; // stopped
      }
    }
  }

  /** One connection, to its end; returns why it ended. */
  async #runOnce(): Promise<End> {
    const { clock, onUp } = this.#options;
    const ended = Promise.withResolvers<End>();
    let isOver = false;
    this.#endSession = (end) => {
      isOver = true;
      ended.resolve(end);
    };
    const certificates = new Map<string, string>();
    const client = this.#newClient(certificates, () => isOver);
    this.#client = client;
    try {
      await client.start();
      this.#upMs = clock.monotonicMs();
      this.#noteCertificates(certificates);
      this.#tellOfClearPassword(client);
      if (!isOver) onUp();
      return await ended.promise;
    } catch (error) {
      isOver = true;
      return endOf(error instanceof AppError ? error : new AppError('internal', messageOf(error), { cause: error }));
    } finally {
      await client.stop();
    }
  }

  #newClient(shown: Map<string, string>, isOver: () => boolean): RtspClient {
    const { access, clock, log, onFormat, onUnit, onSenderReport } = this.#options;
    const { url, username, password, transport, certificate } = this.#options.address();
    this.#gate = access.limiter.gateFor({ username, password });
    return new RtspClient({
      url,
      username,
      password,
      transport,
      transportMemory: this.#transportMemory,
      clock,
      log,
      // Cheap cameras know nothing else; that the password goes in clear is said.
      isBasicAllowed: true,
      loginGate: this.#gate,
      certificateOf: (peer) => certificate ?? access.certificates.expected(peer),
      onCertificate: (peer, sha256) => shown.set(peer, sha256),
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      silenceTimeoutMs: Number.POSITIVE_INFINITY, // the channel watches over silence itself
      wantsAudio: true,
      setReceiveLowWater: loadLibc()?.setReceiveLowWater,
      onFormat: (format) => {
        if (!isOver()) onFormat(format);
      },
      onUnit: (unit) => {
        if (!isOver()) onUnit(unit);
      },
      onSenderReport,
      onClosed: (error) => this.#endSession?.(endOf(error)),
    });
  }

  /** Kept once a whole session was set up: what merely answered at the address is not necessarily the camera. */
  #noteCertificates(shown: ReadonlyMap<string, string>): void {
    for (const [peer, sha256] of shown) this.#options.access.certificates.keep(peer, sha256);
  }

  #tellOfClearPassword({ authentication, certificate }: RtspClient): void {
    if (authentication !== 'basic' || certificate !== undefined || this.#hasToldOfClearPassword) return;
    this.#hasToldOfClearPassword = true;
    this.#options.log.warn(
      {},
      'the camera knows basic authentication only: its password goes over the network in clear',
    );
  }
}

function endOf(error: AppError): End {
  const failure = { cause: causeOf(error), detail: error.message };
  return error instanceof CertificateError
    ? { error, failure: { ...failure, presentedCertificate: error.shown } }
    : { error, failure };
}

function causeOf(error: AppError): GapCause {
  switch (error.kind) {
    case 'unauthorized':
    case 'forbidden':
      return 'refused-password';
    case 'unreachable':
    case 'timeout':
    case 'conflict': // it serves all the viewers that it can
      return 'camera-unreachable';
    default:
      return 'stream-error';
  }
}
