/** What was sent, for comparing with what arrived. All counts are of video frames unless they say otherwise. */
export interface SessionCounters {
  readonly id: string;
  /** The client's address and port. */
  readonly client: string;
  readonly startedUtcMs: number;
  readonly endedUtcMs: number | undefined;
  readonly endCause: string | undefined;
  /** Handed to the connection whole and undisturbed. */
  readonly framesSent: number;
  readonly firstFrame: number | undefined;
  readonly lastFrame: number | undefined;
  /** Frame numbers of what was sent, first and last of each unbroken run; only the newest are kept. */
  readonly ranges: readonly (readonly [number, number])[];
  /** Left out because this client did not read. */
  readonly framesDropped: number;
  /** Left out by the fault `silent`. */
  readonly framesWithheld: number;
  /** Sent, but with packets missing or garbage in it by a fault. */
  readonly framesDamaged: number;
  readonly bytesSent: number;
}

export interface StreamCounters {
  readonly framesSent: number;
  readonly framesDropped: number;
  readonly framesWithheld: number;
  readonly framesDamaged: number;
  readonly bytesSent: number;
  /** Newest last. */
  readonly sessions: readonly SessionCounters[];
}

/** A camera that loses packets for a day would fill memory otherwise. */
const MAX_RANGES = 10_000;

export class SessionTally {
  readonly #id: string;
  readonly #client: string;
  readonly #startedUtcMs: number;
  #ended: { utcMs: number; cause: string } | undefined;
  readonly #ranges: [number, number][] = [];
  framesSent = 0;
  framesDropped = 0;
  framesWithheld = 0;
  framesDamaged = 0;
  bytesSent = 0;
  #firstFrame: number | undefined;

  constructor(session: { id: string; client: string; startedUtcMs: number }) {
    this.#id = session.id;
    this.#client = session.client;
    this.#startedUtcMs = session.startedUtcMs;
  }

  countSent(frame: number): void {
    this.framesSent++;
    this.#firstFrame ??= frame;
    const last = this.#ranges.at(-1);
    if (last && last[1] === frame - 1) last[1] = frame;
    else this.#ranges.push([frame, frame]);
    if (this.#ranges.length > MAX_RANGES) this.#ranges.shift();
  }

  end(utcMs: number, cause: string): void {
    this.#ended ??= { utcMs, cause };
  }

  read(): SessionCounters {
    return {
      id: this.#id,
      client: this.#client,
      startedUtcMs: this.#startedUtcMs,
      endedUtcMs: this.#ended?.utcMs,
      endCause: this.#ended?.cause,
      framesSent: this.framesSent,
      firstFrame: this.#firstFrame,
      lastFrame: this.#ranges.at(-1)?.[1],
      ranges: this.#ranges.map(([first, last]) => [first, last]),
      framesDropped: this.framesDropped,
      framesWithheld: this.framesWithheld,
      framesDamaged: this.framesDamaged,
      bytesSent: this.bytesSent,
    };
  }
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
    const sum = (count: (session: SessionCounters) => number) => sessions.reduce((all, one) => all + count(one), 0);
    return {
      framesSent: sum((session) => session.framesSent),
      framesDropped: sum((session) => session.framesDropped),
      framesWithheld: sum((session) => session.framesWithheld),
      framesDamaged: sum((session) => session.framesDamaged),
      bytesSent: sum((session) => session.bytesSent),
      sessions,
    };
  }
}
