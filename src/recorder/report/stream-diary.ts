import type { Log } from '../../base/log.ts';
import { MINUTE_MS } from '../../base/units.ts';
import type { ClockFigures } from '../time/camera-timeline.ts';
import type { Loss } from './loss-totals.ts';

/** A camera that loses packets all the time must not fill the log with them. */
const EVERY_MS = MINUTE_MS;

interface Told {
  readonly jumps: number;
  readonly wallSteps: number;
  readonly isByArrival: boolean;
  readonly ratio: number;
  readonly packetsLost: number;
  readonly framesDropped: number;
}

/** What an owner may want to read later about a stream: in the log, what has happened since the last line, once a minute at most. */
export class StreamDiary {
  readonly #log: Log;
  #told: Told = { jumps: 0, wallSteps: 0, isByArrival: false, ratio: 1, packetsLost: 0, framesDropped: 0 };
  #nextMs = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Figures and loss over all sessions. */
  note(nowMs: number, clock: ClockFigures, loss: Loss): void {
    if (nowMs < this.#nextMs) return;
    const before = this.#told;
    const { incomplete, undecodable, malformed } = loss.framesDropped;
    const now: Told = {
      jumps: clock.timestampJumps,
      wallSteps: clock.wallSteps,
      isByArrival: clock.isByArrival,
      ratio: clock.ratio,
      packetsLost: loss.packetsLost,
      framesDropped: incomplete + undecodable + malformed,
    };
    this.#told = now;
    const isSaid = [this.#sayClock(before, now, clock), this.#sayLoss(before, now, loss)].includes(true);
    if (isSaid) this.#nextMs = nowMs + EVERY_MS;
  }

  #sayClock(before: Told, now: Told, clock: ClockFigures): boolean {
    const log = this.#log;
    const isJumped = now.jumps > before.jumps;
    const isSet = now.wallSteps > before.wallSteps;
    const isOtherRate = now.ratio !== 1 && Math.abs(now.ratio / before.ratio - 1) > 0.01;
    const isOtherSource = now.isByArrival !== before.isByArrival;
    if (isJumped) {
      const lastJumpMs = Math.round(clock.lastJumpMs);
      log.warn({ jumps: now.jumps - before.jumps, lastJumpMs }, "the camera's timestamps jumped; its footage goes on");
    }
    if (isSet) {
      const largestStepMs = Math.round(clock.largestWallStepMs);
      log.info({ steps: now.wallSteps - before.wallSteps, largestStepMs }, "the camera's own clock was set");
    }
    if (isOtherRate) {
      const share = Number((1 / now.ratio).toFixed(3));
      log.info(
        { share },
        'the camera delivers another frame rate than its timestamps are made for; arrival corrects it',
      );
    }
    if (isOtherSource && now.isByArrival)
      log.warn({}, "the camera's timestamps cannot be used; arrival counts instead");
    if (isOtherSource && !now.isByArrival) log.info({}, "the camera's timestamps can be used again");
    return isJumped || isSet || isOtherRate || isOtherSource;
  }

  #sayLoss(before: Told, now: Told, loss: Loss): boolean {
    const packetsLost = now.packetsLost - before.packetsLost;
    const picturesLost = now.framesDropped - before.framesDropped;
    if (packetsLost === 0 && picturesLost === 0) return false;
    this.#log.warn({ packetsLost, picturesLost, inAll: loss }, 'packets or pictures of the camera were lost');
    return true;
  }
}
