import type { ReceiverReport } from './rtp/receiver-report.ts';
import type { TrackName } from './rtsp/session-description.ts';

/** First and last frame number of an unbroken run. */
export type FrameRange = readonly [number, number];

/** What was sent, for comparing with what arrived. All counts are of video frames unless they say otherwise. */
export interface SessionCounters {
  readonly id: string;
  /** The client's address and port. */
  readonly client: string;
  readonly transport: 'tcp' | 'udp' | 'http';
  readonly startedUtcMs: number;
  readonly endedUtcMs: number | undefined;
  readonly endCause: string | undefined;
  /** Handed to the connection whole and undisturbed. */
  readonly framesSent: number;
  readonly firstFrame: number | undefined;
  readonly lastFrame: number | undefined;
  /** Frame numbers of what was sent; only the newest runs are kept. */
  readonly ranges: readonly FrameRange[];
  /** Numbers of the key frames among those that were sent, whole or not; only the newest are kept. */
  readonly keyFrames: readonly number[];
  /** Left out because this client did not read. */
  readonly framesDropped: number;
  /** Left out by the fault `silent`, or because nothing is sent over UDP. */
  readonly framesWithheld: number;
  /** Sent, but by a fault with packets missing, with garbage in it, or over a connection in disorder. */
  readonly framesDamaged: number;
  readonly damagedRanges: readonly FrameRange[];
  /** The frames with which the fault `restart-stream` began anew. */
  readonly restarts: readonly number[];
  /** RTP of picture and sound, with those that a fault has left out: their sequence numbers are used up. */
  readonly packetsSent: number;
  /** Left out on purpose by a fault. */
  readonly packetsLost: number;
  readonly bytesSent: number;
  /** What the client says of what it gets; the newest of each track. */
  readonly receiverReports: number;
  readonly lastReports: Readonly<Partial<Record<TrackName, ReceiverReport>>>;
  /** Datagrams that came to an RTP port. */
  readonly holePunches: number;
}

type Sum =
  | 'framesSent'
  | 'framesDropped'
  | 'framesWithheld'
  | 'framesDamaged'
  | 'packetsSent'
  | 'packetsLost'
  | 'bytesSent';

export interface StreamCounters extends Readonly<Record<Sum, number>> {
  /** Newest last. */
  readonly sessions: readonly SessionCounters[];
}

/** A camera that loses packets for a day would fill memory otherwise. */
const MAX_RANGES = 10_000;

export class SessionTally {
  readonly #about: Pick<SessionCounters, 'id' | 'client' | 'transport' | 'startedUtcMs'>;
  #ended: { utcMs: number; cause: string } | undefined;
  readonly #sent: [number, number][] = [];
  readonly #damaged: [number, number][] = [];
  readonly #keyFrames: number[] = [];
  readonly #restarts: number[] = [];
  readonly #lastReports: Partial<Record<TrackName, ReceiverReport>> = {};
  #framesSent = 0;
  #framesDamaged = 0;
  #firstFrame: number | undefined;
  #receiverReports = 0;
  #holePunches = 0;
  framesDropped = 0;
  framesWithheld = 0;
  packetsSent = 0;
  packetsLost = 0;
  bytesSent = 0;

  constructor(about: Pick<SessionCounters, 'id' | 'client' | 'transport' | 'startedUtcMs'>) {
    this.#about = about;
  }

  countSent(frame: number): void {
    this.#framesSent++;
    this.#firstFrame ??= frame;
    append(this.#sent, frame);
  }

  countKeyFrame(frame: number): void {
    this.#keyFrames.push(frame);
    if (this.#keyFrames.length > MAX_RANGES) this.#keyFrames.shift();
  }

  countRestart(frame: number): void {
    this.#restarts.push(frame);
    if (this.#restarts.length > MAX_RANGES) this.#restarts.shift();
  }

  countDamaged(frame: number): void {
    this.#framesDamaged++;
    append(this.#damaged, frame);
  }

  countReport(track: TrackName, report: ReceiverReport): void {
    this.#receiverReports++;
    this.#lastReports[track] = report;
  }

  countHolePunch(): void {
    this.#holePunches++;
  }

  end(utcMs: number, cause: string): void {
    this.#ended ??= { utcMs, cause };
  }

  read(): SessionCounters {
    const { framesDropped, framesWithheld, packetsSent, packetsLost, bytesSent } = this;
    return {
      ...this.#about,
      endedUtcMs: this.#ended?.utcMs,
      endCause: this.#ended?.cause,
      framesSent: this.#framesSent,
      firstFrame: this.#firstFrame,
      lastFrame: this.#sent.at(-1)?.[1],
      ranges: this.#sent.map(([first, last]) => [first, last]),
      keyFrames: [...this.#keyFrames],
      ...{ framesDropped, framesWithheld },
      framesDamaged: this.#framesDamaged,
      damagedRanges: this.#damaged.map(([first, last]) => [first, last]),
      restarts: [...this.#restarts],
      ...{ packetsSent, packetsLost, bytesSent },
      receiverReports: this.#receiverReports,
      lastReports: { ...this.#lastReports },
      holePunches: this.#holePunches,
    };
  }
}

function append(ranges: [number, number][], frame: number): void {
  const last = ranges.at(-1);
  if (last && last[1] === frame - 1) last[1] = frame;
  else ranges.push([frame, frame]);
  if (ranges.length > MAX_RANGES) ranges.shift();
}

/** Old sessions beyond this are forgotten, and with them their part of the sums. */
const MAX_SESSIONS = 1000;

export class StreamTally {
  readonly #sessions: SessionTally[] = [];

  add(session: SessionTally): void {
    this.#sessions.push(session);
    if (this.#sessions.length > MAX_SESSIONS) this.#sessions.shift();
  }

  read(): StreamCounters {
    const sessions = this.#sessions.map((session) => session.read());
    const sum = (count: Sum) => sessions.reduce((all, session) => all + session[count], 0);
    return {
      framesSent: sum('framesSent'),
      framesDropped: sum('framesDropped'),
      framesWithheld: sum('framesWithheld'),
      framesDamaged: sum('framesDamaged'),
      packetsSent: sum('packetsSent'),
      packetsLost: sum('packetsLost'),
      bytesSent: sum('bytesSent'),
      sessions,
    };
  }
}
