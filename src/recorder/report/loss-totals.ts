import type { StreamReport } from '../../link/stream-report.ts';
import type { RtspCounters } from '../../protocols/rtsp/client-session.ts';

export type Loss = StreamReport['loss'];

/** What is counted of a session. */
export type LossCounters = Pick<
  RtspCounters,
  'packetsReceived' | 'packetsLost' | 'packetsLate' | 'framesDropped' | 'framesIncomplete' | 'framesMalformed'
>;

const NONE: LossCounters = {
  packetsReceived: 0,
  packetsLost: 0,
  packetsLate: 0,
  framesDropped: 0,
  framesIncomplete: 0,
  framesMalformed: 0,
};

/** Counters of a channel over all its sessions, each of which counts from 0. */
export class LossTotals {
  #ended: LossCounters = NONE;

  /** `last`: what the session's counters ended with. */
  endSession(last: LossCounters): void {
    this.#ended = sumOf(this.#ended, last);
  }

  /** `current`: the counters of the session that is under way. */
  with(current: LossCounters | undefined): LossCounters {
    return current ? sumOf(this.#ended, current) : this.#ended;
  }
}

/** `undecodable`: pictures that came whole, and that refer to what was lost, or whose format changed too often. */
export function lossOf(counters: LossCounters, undecodable: number): Loss {
  const { packetsReceived, packetsLost, packetsLate, framesIncomplete, framesMalformed } = counters;
  return {
    packetsReceived,
    packetsLost,
    packetsLate,
    framesDropped: { incomplete: framesIncomplete, undecodable, malformed: framesMalformed },
  };
}

function sumOf(a: LossCounters, b: LossCounters): LossCounters {
  return {
    packetsReceived: a.packetsReceived + b.packetsReceived,
    packetsLost: a.packetsLost + b.packetsLost,
    packetsLate: a.packetsLate + b.packetsLate,
    framesDropped: a.framesDropped + b.framesDropped,
    framesIncomplete: a.framesIncomplete + b.framesIncomplete,
    framesMalformed: a.framesMalformed + b.framesMalformed,
  };
}
