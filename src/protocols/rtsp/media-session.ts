import { randomInt } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import { AppError, messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { VideoRemark } from '../../media/video/video-remark.ts';
import type { Carrier } from './carrier.ts';
import { type OutgoingRequest, RtspConnection } from './connection.ts';
import { DatagramPath } from './datagram-path.ts';
import { READ_AT_ONCE, type SetReceiveLowWater } from './gathering.ts';
import {
  ask,
  type NegotiatedSession,
  negotiate,
  play,
  type Redirect,
  type SessionName,
  type Unsuitable,
  withAuthorization,
} from './handshake.ts';
import { InterleavedPath } from './interleaved-path.ts';
import { keepAlive } from './keep-alive.ts';
import { keepsLostSessions } from './known-servers.ts';
import type { Login } from './login.ts';
import type { MediaPath } from './media-path.ts';
import { MediaReceiver, type MediaReceiverOptions } from './media-receiver.ts';
import { sendReceiverReports } from './receiver-reports.ts';
import type { MediaTransport } from './transport-choice.ts';
import { videoRemarkWords } from './video-remark-words.ts';

export interface MediaSessionOptions extends MediaReceiverOptions {
  readonly carrier: Carrier;
  readonly requestUrl: string;
  readonly transport: MediaTransport;
  readonly login: Login;
  readonly clock: Clock;
  readonly log: Log;
  readonly connectTimeoutMs: number;
  readonly wantsAudio: boolean;
  readonly setReceiveLowWater?: SetReceiveLowWater | undefined;
  /** The connection ended for another reason than ours, or nothing of what comes can be recorded. */
  readonly onLost: (error: AppError) => void;
}

/** Stopping a channel must not wait for a camera. */
const TEARDOWN_TIMEOUT_MS = 1000;

/** A camera on the same network sends its first datagram within milliseconds: after this a firewall or a router keeps them back. */
export const FIRST_DATAGRAM_MS = 3000;
/** Datagrams that make a way for those of the camera get lost, too. */
const PUNCH_INTERVAL_MS = 500;

/**
 * One session with a camera over one connection, and in one way for the media. Some cameras fail a second DESCRIBE on a connection, so that
 * each attempt has one of its own.
 *
 *   open() → connect → OPTIONS, DESCRIBE, SETUP → PLAY (→ first datagram) → run() … → leave() or abandon()
 */
export class MediaSession {
  readonly #options: MediaSessionOptions;
  readonly #connection: RtspConnection;
  readonly #over = new AbortController();
  #path: MediaPath | undefined;
  #name: SessionName | undefined;
  #negotiated: NegotiatedSession | undefined;
  #stage: 'before-setup' | 'setting-up' | 'receiving' | 'over' = 'before-setup';
  #heard: PromiseWithResolvers<void> | undefined;
  #isExpiring = false;
  #leaving: Promise<void> | undefined;

  readonly receiver: MediaReceiver;
  lastPacketMs = 0;
  /**
   * The connection ended before anybody said so (its answer to PLAY and its end may lie in one read), or what came cannot be
   * recorded.
   */
  lost: AppError | undefined;

  constructor(options: MediaSessionOptions) {
    this.#options = options;
    this.receiver = new MediaReceiver({ ...options, onRemark: (remark) => this.#takeRemark(remark) });
    this.#connection = this.#newConnection({
      onFrame: (channel, bytes, start, end, arrivalMs) => this.#takeFrame(channel, bytes, start, end, arrivalMs),
      onLost: (error) => this.#lose(error),
    });
  }

  get peer(): string {
    return this.#connection.peer;
  }

  /** What the camera described and was asked for; undefined until it has answered. */
  get negotiated(): NegotiatedSession | undefined {
    return this.#negotiated;
  }

  get bytesReceived(): number {
    return this.#connection.bytesReceived + (this.#path?.bytesReceived ?? 0);
  }

  /**
   * `session`: the camera plays; over UDP its first packet has come. `unsuitable`: it will not send in this way, or nothing gets through;
   * `leave` is to be called then, as after an error.
   */
  async open(): Promise<NegotiatedSession | Redirect | Unsuitable> {
    const { login, wantsAudio, log, clock, transport } = this.#options;
    await this.#connection.connect();
    const path = this.#newPath();
    this.#path = path;
    const handshake = { connection: this.#connection, login, path, requestUrl: this.#options.requestUrl };
    const result = await negotiate({
      ...handshake,
      ...{ wantsAudio, log },
      onSetUp: () => {
        this.#stage = 'setting-up';
      },
      onSession: (name) => {
        this.#name = name;
      },
    });
    if (result.kind !== 'session') return result;
    this.#negotiated = result;
    for (const { track, place } of result.tracks) this.receiver.addTrack(track, place.channel, place.ssrc, place);
    // Packets may overtake the answer to PLAY; those before the question belong to somebody else's session.
    this.#stage = 'receiving';
    await play(handshake, result);
    this.lastPacketMs = clock.monotonicMs();
    if (transport !== 'udp' || (await this.#hear(path as DatagramPath))) return result;
    return { kind: 'unsuitable', reason: `${this.peer} has sent no packet over UDP within ${FIRST_DATAGRAM_MS} ms` };
  }

  /** What is due while the session lasts: keep-alives and receiver reports. Rejects when the session is over. */
  async run(): Promise<void> {
    const [connection, session, path, signal] = [this.#connection, this.#negotiated, this.#path, this.#over.signal];
    if (session === undefined || path === undefined) throw new AppError('internal', `${this.peer} does not play`);
    const { clock, log, login } = this.#options;
    await Promise.all([
      keepAlive({ connection, login, session, clock, log, signal }),
      sendReceiverReports({ receiver: this.receiver, path, clock, signal, ssrc: randomInt(2 ** 32) }),
    ]);
  }

  /** Reads the connection only when so many bytes wait; without meaning where media come beside it. */
  gather(bytes: number): void {
    if (this.#options.transport !== 'udp') this.#connection.gather(bytes);
  }

  /** Says goodbye, for at most a second: cameras that are not told keep the session and refuse the next. */
  leave(): Promise<void> {
    this.#leaving ??= this.#leave();
    return this.#leaving;
  }

  /** Ends at once; the camera is told, but not waited for. What came before is delivered. */
  abandon(): void {
    this.#end();
    const goodbye = this.#goodbye();
    if (goodbye !== undefined) {
      const authorization = this.#options.login.sign(goodbye.method, goodbye.url);
      this.#connection.post(withAuthorization(goodbye, authorization), () => undefined);
    }
    this.#close();
    this.receiver.finish();
  }

  /**
   * Where the media come beside a connection that was lost, the camera goes on sending until the session times out, and counts it as a
   * viewer; some cameras do so in any case. So it is told over a new connection, for at most two seconds.
   */
  async leaveAnew(): Promise<void> {
    const isKept = this.#options.transport === 'udp' || keepsLostSessions(this.#negotiated?.tool);
    if (!isKept || this.#name === undefined) return;
    const connection = this.#newConnection({ onFrame: () => undefined, onLost: () => undefined }, TEARDOWN_TIMEOUT_MS);
    try {
      await connection.connect();
      await this.#sayGoodbye(connection);
    } catch (error) {
      this.#options.log.debug({ reason: messageOf(error) }, 'camera cannot be told that its session is over');
    } finally {
      connection.close();
    }
  }

  #newConnection(
    events: Pick<ConstructorParameters<typeof RtspConnection>[0], 'onFrame' | 'onLost'>,
    timeoutMs = this.#options.connectTimeoutMs,
  ): RtspConnection {
    const { carrier, clock, setReceiveLowWater } = this.#options;
    return new RtspConnection({
      peer: carrier.peer,
      openStream: carrier.open,
      ...{ timeoutMs, clock, setReceiveLowWater },
      ...events,
    });
  }

  #newPath(): MediaPath {
    if (this.#options.transport !== 'udp') return new InterleavedPath(this.#connection);
    const { addresses } = this.#connection;
    if (addresses === undefined) throw new AppError('unreachable', `${this.peer} closed the connection`);
    return new DatagramPath({
      ...addresses,
      clock: this.#options.clock,
      onPacket: (channel, bytes, arrivalMs) => this.#takeDatagram(channel, bytes, arrivalMs),
    });
  }

  #lose(error: AppError): void {
    this.lost = error;
    this.#heard?.reject(error);
    this.#options.onLost(error);
  }

  #takeRemark(remark: VideoRemark): void {
    const { text, isFatal } = videoRemarkWords(remark);
    if (isFatal) this.#lose(new AppError('protocol', `${this.peer}: ${text}`));
    else this.#options.log.warn({ remark }, text);
  }

  #takeFrame(channel: number, bytes: Buffer, start: number, end: number, arrivalMs: number): void {
    if (this.#stage === 'receiving') {
      this.lastPacketMs = arrivalMs;
      this.receiver.receive(channel, bytes, start, end, arrivalMs);
    } else if (this.#stage === 'before-setup') {
      this.receiver.suspect(bytes, start, end);
    }
  }

  #takeDatagram(channel: number, bytes: Buffer, arrivalMs: number): void {
    if (this.#stage !== 'receiving') return;
    this.lastPacketMs = arrivalMs;
    this.receiver.receive(channel, bytes, 0, bytes.length, arrivalMs);
    if (this.#heard !== undefined && this.receiver.packetsReceived > 0) this.#heard.resolve();
    if (!this.#isExpiring && this.receiver.deadlineMs !== undefined) this.#ignoreEnd(this.#expireInTime());
  }

  /** Whether a packet comes in time. */
  async #hear(path: DatagramPath): Promise<boolean> {
    const { clock } = this.#options;
    const heard = Promise.withResolvers<void>();
    this.#heard = heard;
    if (this.receiver.packetsReceived > 0) heard.resolve();
    try {
      const isHeard = heard.promise.then(() => true);
      for (let waitedMs = 0; waitedMs < FIRST_DATAGRAM_MS; waitedMs += PUNCH_INTERVAL_MS) {
        path.punchHoles();
        const pause = clock.sleep(PUNCH_INTERVAL_MS, this.#over.signal).then(() => false);
        if (await Promise.race([isHeard, pause])) return true;
      }
      return false;
    } finally {
      this.#heard = undefined;
    }
  }

  /** Goes on without packets that are missing too long, also when nothing comes behind them. */
  async #expireInTime(): Promise<void> {
    const { clock } = this.#options;
    this.#isExpiring = true;
    for (let due = this.receiver.deadlineMs; due !== undefined; due = this.receiver.deadlineMs) {
      await clock.sleep(Math.max(1, due - clock.monotonicMs()), this.#over.signal);
      this.receiver.expire(clock.monotonicMs());
    }
    this.#isExpiring = false;
  }

  #ignoreEnd(loop: Promise<void>): void {
    loop.catch((error: unknown) => {
      if (!this.#over.signal.aborted) throw error;
    });
  }

  async #leave(): Promise<void> {
    this.#end();
    this.#connection.gather(READ_AT_ONCE);
    await this.#sayGoodbye(this.#connection);
    this.#close();
  }

  #goodbye(): OutgoingRequest | undefined {
    if (this.#name === undefined) return undefined;
    return { method: 'TEARDOWN', url: this.#name.baseUrl, headers: [['Session', this.#name.sessionId]] };
  }

  async #sayGoodbye(connection: RtspConnection): Promise<void> {
    const goodbye = this.#goodbye();
    if (goodbye === undefined) return;
    const { login, log } = this.#options;
    await ask({ connection, login }, goodbye, { timeoutMs: TEARDOWN_TIMEOUT_MS }).catch((error: unknown) => {
      log.debug({ reason: messageOf(error) }, 'camera did not answer TEARDOWN');
    });
  }

  #end(): void {
    this.#stage = 'over';
    this.#over.abort();
  }

  #close(): void {
    this.#connection.close();
    this.#path?.close();
  }
}
