import type { GapCause } from '../archive/entries.ts';
import { Backoff } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import { AppError, messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { SECOND_MS } from '../base/units.ts';
import { loadLibc } from '../disk/libc.ts';
import type { StreamReport } from '../link/stream-report.ts';
import type { AccessUnit, AudioFormat, VideoFormat } from '../media/access-unit.ts';
import { RtspClient, type RtspCounters } from '../protocols/rtsp/client-session.ts';
import type { SenderReportHint } from '../protocols/rtsp/media-lane.ts';
import type { Track } from '../protocols/rtsp/tracks.ts';
import type { TransportMemory, TransportSetting } from '../protocols/rtsp/transport-choice.ts';

/** A camera that was switched off is asked again at least this often; 64 of them do not come at the same moment. */
const BACKOFF = { firstMs: 500, maxMs: 15 * SECOND_MS, jitter: 0.3 };
/** Cameras lock an account after a few wrong passwords: one attempt a minute stays below every known limit. */
const REFUSED_RETRY_MS = 60 * SECOND_MS;
/** Cameras on a LAN answer within milliseconds; a busy one may take seconds. */
const CONNECT_TIMEOUT_MS = 5_000;
/** A session that lasted this long was a good one: the next failure begins with a short delay again. */
const GOOD_SESSION_MS = 10 * SECOND_MS;

export interface CameraAddress {
  readonly url: string;
  readonly username: string;
  readonly password: string;
  /** How the media shall come; left out: whatever works. */
  readonly transport?: TransportSetting | undefined;
}

/** Why a camera does not deliver: the cause for the ledger, and plain words. */
export interface SessionFailure {
  readonly cause: GapCause;
  readonly detail: string;
}

/** How the connection came about, and what was counted in it. */
export interface SessionFacts {
  readonly connection: Pick<
    StreamReport,
    'transport' | 'isEncrypted' | 'certificate' | 'authentication' | 'skippedMedia'
  >;
  /** The sound that the camera described, whether it comes or not. */
  readonly soundTrack: Track | undefined;
  readonly counters: RtspCounters;
}

export interface CameraSessionOptions {
  readonly address: CameraAddress;
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

/** Keeps one connection to a camera stream, for ever: connects, plays, and connects anew after a delay. */
export class CameraSession {
  readonly #options: CameraSessionOptions;
  readonly #stopping = new AbortController();
  readonly #backoff = new Backoff(BACKOFF);
  readonly #transportMemory: TransportMemory = {};
  #client: RtspClient | undefined;
  #endSession: ((failure: SessionFailure) => void) | undefined;
  #running: Promise<void> | undefined;

  constructor(options: CameraSessionOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#endSession?.({ cause: 'recorder-not-running', detail: 'stopped' });
    await this.#running;
  }

  /** Of the connection that is under way, up to and including `onDown`. */
  get facts(): SessionFacts | undefined {
    const client = this.#client;
    if (!client) return undefined;
    const { counters, certificate, authentication, transportInUse, soundTrack, skippedMedia } = client;
    const connection = {
      transport: transportInUse,
      isEncrypted: certificate !== undefined,
      certificate: certificate ?? null,
      authentication,
      skippedMedia: [...skippedMedia],
    };
    return { connection, soundTrack, counters };
  }

  /** Whether frames may be read a little late, several at a time, because nobody watches live. */
  allowDelay(isAllowed: boolean): void {
    if (this.#client) this.#client.isDelayAllowed = isAllowed;
  }

  /** Nothing useful comes: begin anew. */
  restart(reason: SessionFailure): void {
    this.#endSession?.(reason);
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const startMs = clock.monotonicMs();
      const attemptUtcMs = clock.nowUtcMs();
      const { cause, detail } = await this.#runOnce();
      if (signal.aborted) return;
      if (clock.monotonicMs() - startMs > GOOD_SESSION_MS) this.#backoff.reset();
      const delayMs = cause === 'refused-password' ? REFUSED_RETRY_MS : this.#backoff.nextMs();
      log.warn({ cause, detail, retryInMs: Math.round(delayMs) }, 'camera not delivering');
      this.#options.onDown({ cause, detail }, attemptUtcMs);
      this.#client = undefined;
      try {
        await clock.sleep(delayMs, signal);
      } catch {
        return; // stopped
      }
    }
  }

  /** One connection, to its end; returns why it ended. */
  async #runOnce(): Promise<SessionFailure> {
    const { address, clock, log, onFormat, onUnit, onUp } = this.#options;
    let isOver = false;
    const ended = new Promise<SessionFailure>((resolve) => {
      this.#endSession = (failure) => {
        isOver = true;
        resolve(failure);
      };
    });
    const client = new RtspClient({
      ...address,
      transportMemory: this.#transportMemory,
      clock,
      log,
      isBasicAllowed: true,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      silenceTimeoutMs: Number.POSITIVE_INFINITY, // the channel watches over silence itself
      wantsAudio: true,
      setReceiveLowWater: loadLibc()?.setReceiveLowWater,
      onFormat: (format) => {
        if (!isOver) onFormat(format);
      },
      onUnit: (unit) => {
        if (!isOver) onUnit(unit);
      },
      onSenderReport: this.#options.onSenderReport,
      onClosed: (error) => this.#endSession?.(failureOf(error)),
    });
    this.#client = client;
    try {
      await client.start();
      if (!isOver) onUp();
      return await ended;
    } catch (error) {
      isOver = true;
      return failureOf(
        error instanceof AppError ? error : new AppError('internal', messageOf(error), { cause: error }),
      );
    } finally {
      await client.stop();
    }
  }
}

function failureOf(error: AppError): SessionFailure {
  return { cause: causeOf(error), detail: error.message };
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
