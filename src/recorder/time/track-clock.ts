import { SECOND_MS } from '../../base/units.ts';
import { ArrivalWindows } from './arrival-windows.ts';
import { judgeClock, MIN_RATE_ERROR } from './clock-verdict.ts';
import { DriftMeter } from './drift-meter.ts';
import { JumpCounter } from './jump-counter.ts';
import { RtpMap } from './rtp-map.ts';

/*
 * Gives each unit of one track its place in time.
 *
 *   RTP time ──(RtpMap: × ratio, + shift)──▶ ticks ──(÷ rate, + epoch)──▶ wall time
 *
 * The second step never changes: a file is as long as the wall time that it covers, to the tick. The first keeps the camera's own
 * distances between frames (ratio 1, shift constant) and moves only as far as it must:
 *
 *   a clock that drifts             small differences are slewed, at most a tenth of a frame's duration at a time
 *   a wrong frame rate              the ratio is learned from arrival
 *   a jump, a restart, a new sender the time that really passed takes its place, and `jumps` counts it
 *   frames in front of their time   held at MAX_AHEAD_MS before their arrival: no network delivers the future
 *   a clock that stands still       arrival alone counts, until the clock can be used again
 *
 * Within a session ticks only grow, but for pictures that are shown before one that was sent before them.
 */

/** A frame may be placed before its arrival by this much before it counts as impossible: the first frames' delay was an unlucky one. */
const MAX_AHEAD_MS = 100;
/** … and one step by so much more than the time that passed, and by twice that time, is a jump of the camera's clock. */
const MIN_JUMP_MS = 250;
/** A frame that is later than this was not held by a network: the camera's clock stood still, or went back unseen. */
const MAX_LATE_MS = 10 * SECOND_MS;
/** A clock that stood still for longer is set right at once, for less it is slewed. */
const MIN_STEP_MS = SECOND_MS;
/** What is sent after a key frame and shown before it: 16 pictures at 16 per second. */
const LEADING_MS = SECOND_MS;
/** Two frames, less their jitter; and how many units it takes to know what a frame is. */
const ROOM_FRAMES = 1.5;
const UNITS_TO_LEARN = 16;
/** Frames that are held back by `MAX_AHEAD_MS` still follow each other; so closely that those of a camera gone mad do not run ahead of time. */
const MIN_FRAME_MS = 0.2;

/** Declared and delivered frame rates that differ by more are no frame rates. */
const MAX_RATIO = 2.5;
/** The same timestamp, so many times and for so long: the clock stands still. */
const STILL_UNITS = 4;
const STILL_MS = 500;
/** A clock that was given up is used again after so many windows on a line. */
const WINDOWS_TO_TRUST = 8;
const MAX_BESIDE_TO_TRUST_MS = 50;

export class TrackClock {
  readonly #ticksPerMs: number;
  readonly #map: RtpMap;
  readonly #windows = new ArrivalWindows();
  readonly #drift = new DriftMeter();
  /** Of the camera's media clock; each was set right at once. */
  readonly jumps = new JumpCounter();

  /** Wall time of tick 0. */
  #epochUtcMs = Number.NaN;
  /** Wall time of RTP time 0, by the least delayed of the first units. */
  #firstBaseMs: number | undefined;

  /** The unit that is shown last, of those that came. */
  #maxRtp = 0;
  #maxTicks = 0;
  #maxArrivalMs = 0;
  /** The one before it: what lies between the two is reordered, what lies before both went back. */
  #floorRtp = 0;
  #floorTicks = Number.NEGATIVE_INFINITY;
  #lastRtp = 0;
  /** Between any two units: a frame. */
  #leastStep = Number.POSITIVE_INFINITY;
  #units = 0;

  /** By how much frames are to be placed before arrival. */
  #leadMs = 0;
  /** What the scale of arrival was moved by: by `rescale`, and by that and `step` together. */
  #slewedMs = 0;
  #scaleMs = 0;
  #lagOriginRtp = 0;
  #lagOriginMs = 0;
  #repeats = 0;
  #isByArrival = false;

  constructor(options: { clockRate: number }) {
    this.#ticksPerMs = options.clockRate / 1000;
    this.#map = new RtpMap(this.#ticksPerMs);
  }

  /** How much faster the camera's media clock runs than ours; undefined in the first minutes. */
  get driftPpm(): number | undefined {
    return this.#drift.ppm;
  }

  /** True while the camera's timestamps cannot be used. */
  get isByArrival(): boolean {
    return this.#isByArrival;
  }

  get ratio(): number {
    return this.#map.ratio;
  }

  get leadMs(): number {
    return this.#leadMs;
  }

  wallUtcMs(ticks: number): number {
    return this.#epochUtcMs + ticks / this.#ticksPerMs;
  }

  /** Where an RTP time belongs, corrections that are not made yet included; undefined when that cannot be told. */
  wallUtcMsOf(rtpTime: number): number | undefined {
    if (Number.isNaN(this.#epochUtcMs) || this.#isByArrival) return undefined;
    return this.wallUtcMs(this.#map.ticksOf(rtpTime)) + this.#map.debtMs;
  }

  /**
   * Shows a unit before it is placed: of the first ones, the least delayed counts. A camera that begins with a second of buffered
   * frames would otherwise be a second ahead of its time.
   */
  prime(rtpTime: number, arrivalUtcMs: number): void {
    const baseMs = arrivalUtcMs - rtpTime / this.#ticksPerMs;
    const earlierMs = (this.#firstBaseMs ?? baseMs) - baseMs;
    if (earlierMs >= 0 && earlierMs <= MAX_LATE_MS) this.#firstBaseMs = baseMs;
  }

  /** `afterUtcMs`: where the channel's time has got to. Only the first unit can be moved by it. */
  place(rtpTime: number, arrivalUtcMs: number, afterUtcMs = Number.NEGATIVE_INFINITY): number {
    if (Number.isNaN(this.#epochUtcMs)) return this.#begin(rtpTime, arrivalUtcMs, afterUtcMs);
    if (this.#isByArrival) return this.#placeByArrival(rtpTime, arrivalUtcMs);
    if (rtpTime === this.#maxRtp || rtpTime === this.#lastRtp) return this.#placeRepeated(rtpTime, arrivalUtcMs);
    return this.#isReordered(rtpTime) ? this.#placeBetween(rtpTime) : this.#placeNext(rtpTime, arrivalUtcMs);
  }

  /** Our own wall clock was slewed: times follow, smoothly. */
  rescale(byMs: number): void {
    this.#slewedMs += byMs;
    this.#scaleMs += byMs;
    this.#maxArrivalMs += byMs;
    this.#map.owe(byMs);
  }

  /** Our own wall clock was stepped: times follow at once, ticks go on. */
  step(byMs: number): void {
    this.#scaleMs += byMs;
    this.#maxArrivalMs += byMs;
    this.#epochUtcMs += byMs;
  }

  /** Units of this track belong by so much before (after, when negative) where arrival puts them. */
  aim(leadMs: number): void {
    this.#map.owe(leadMs - this.#leadMs);
    this.#leadMs = leadMs;
  }

  #begin(rtpTime: number, arrivalUtcMs: number, afterUtcMs: number): number {
    this.prime(rtpTime, arrivalUtcMs);
    const primedMs = this.#firstBaseMs! + rtpTime / this.#ticksPerMs;
    const firstMs = Math.abs(arrivalUtcMs - primedMs) <= MAX_LATE_MS ? primedMs : arrivalUtcMs;
    this.#epochUtcMs = Math.max(firstMs, afterUtcMs + MIN_FRAME_MS);
    this.#map.owe(firstMs - this.#epochUtcMs);
    this.#lagOriginMs = firstMs;
    this.#beginAt(rtpTime, 0, arrivalUtcMs);
    this.#floorTicks = Number.NEGATIVE_INFINITY;
    return 0;
  }

  #placeNext(rtpTime: number, arrivalUtcMs: number): number {
    const passedMs = Math.max(0, arrivalUtcMs - this.#maxArrivalMs);
    const mapped = this.#map.ticksOf(rtpTime);
    const stepMs = (mapped - this.#maxTicks) / this.#ticksPerMs;
    const aheadMs = this.wallUtcMs(mapped) - arrivalUtcMs - this.#leadMs;
    if (rtpTime < this.#maxRtp || (aheadMs > MAX_AHEAD_MS && stepMs - passedMs > Math.max(MIN_JUMP_MS, passedMs))) {
      return this.#jumpTo(rtpTime, this.#maxTicks + this.#toTicks(passedMs), arrivalUtcMs, stepMs - passedMs);
    }
    if (aheadMs < -MAX_LATE_MS) {
      return this.#jumpTo(rtpTime, mapped - this.#toTicks(aheadMs), arrivalUtcMs, aheadMs);
    }
    let ticks = mapped;
    if (aheadMs > MAX_AHEAD_MS) {
      ticks = Math.max(mapped - this.#toTicks(aheadMs - MAX_AHEAD_MS), this.#maxTicks + this.#toTicks(MIN_FRAME_MS));
      this.#map.oweOnly(Math.max(0, this.#map.debtMs));
    }
    ticks += this.#map.pay((ticks - this.#maxTicks) / this.#ticksPerMs);
    this.#map.moveBy(ticks - mapped);
    this.#learnStep(rtpTime);
    this.#advanceTo(rtpTime, ticks, arrivalUtcMs);
    this.#observe(rtpTime, ticks, arrivalUtcMs);
    return ticks;
  }

  /**
   * Where a picture lies between the newest two that moved time on, there is room for it: they are more than a frame apart. Otherwise
   * the clock was set back by less than a frame, as happens with slow cameras.
   */
  #isReordered(rtpTime: number): boolean {
    if (rtpTime > this.#maxRtp || rtpTime <= this.#floorRtp) return false;
    return this.#units < UNITS_TO_LEARN || this.#maxRtp - this.#floorRtp >= ROOM_FRAMES * this.#leastStep;
  }

  #learnStep(rtpTime: number): void {
    this.#units++;
    this.#leastStep = Math.min(this.#leastStep, Math.abs(rtpTime - this.#lastRtp));
    this.#lastRtp = rtpTime;
  }

  /** Shown before one that came before it. A ratio that was learned in between must not change the order. */
  #placeBetween(rtpTime: number): number {
    this.#learnStep(rtpTime);
    return Math.min(Math.max(this.#map.ticksOf(rtpTime), this.#floorTicks + 1), this.#maxTicks - 1);
  }

  #placeRepeated(rtpTime: number, arrivalUtcMs: number): number {
    const stillMs = arrivalUtcMs - this.#maxArrivalMs;
    if (++this.#repeats < STILL_UNITS || stillMs < STILL_MS) return this.#maxTicks;
    this.#giveUpClock();
    return this.#placeByArrival(rtpTime, arrivalUtcMs);
  }

  #placeByArrival(rtpTime: number, arrivalUtcMs: number): number {
    const arrivalTicks = this.#toTicks(arrivalUtcMs + this.#leadMs - this.#epochUtcMs);
    const ticks = Math.max(arrivalTicks, this.#maxTicks + this.#toTicks(MIN_FRAME_MS));
    if (rtpTime < this.#maxRtp) this.#measureFrom(rtpTime);
    this.#advanceTo(rtpTime, ticks, arrivalUtcMs);
    const lagMs = this.#lagMs(rtpTime, arrivalUtcMs);
    if (this.#windows.push(arrivalUtcMs - this.#scaleMs, lagMs, lagMs, 0)) this.#trustAgain(rtpTime, ticks);
    return ticks;
  }

  /** The camera's clock was somewhere else: the line begins anew. */
  #jumpTo(rtpTime: number, wantedTicks: number, arrivalUtcMs: number, jumpMs: number): number {
    const ticks = Math.max(wantedTicks, this.#maxTicks + this.#toTicks(MIN_FRAME_MS));
    this.jumps.note(jumpMs, arrivalUtcMs);
    this.#beginAt(rtpTime, ticks, arrivalUtcMs);
    if (this.jumps.areTooMany) this.#giveUpClock();
    return ticks;
  }

  #beginAt(rtpTime: number, ticks: number, arrivalUtcMs: number): void {
    this.#map.pivotAt(rtpTime, ticks);
    this.#measureFrom(rtpTime);
    this.#advanceTo(rtpTime, ticks, arrivalUtcMs);
    this.#lastRtp = rtpTime;
    this.#floorRtp = rtpTime - LEADING_MS * this.#ticksPerMs;
  }

  #giveUpClock(): void {
    this.#isByArrival = true;
    this.#measureFrom(this.#maxRtp);
  }

  #trustAgain(rtpTime: number, ticks: number): void {
    if (this.#windows.count < WINDOWS_TO_TRUST) return;
    const { slope, worst } = this.#windows.lag.line(WINDOWS_TO_TRUST);
    const ratio = 1 / (1 - slope);
    if (worst > MAX_BESIDE_TO_TRUST_MS || !isRatio(ratio)) return;
    this.#isByArrival = false;
    this.jumps.forgetRecent();
    this.#map.oweOnly(0);
    this.#map.turn(Math.abs(ratio - 1) < MIN_RATE_ERROR ? 1 : ratio, rtpTime, ticks);
    this.#windows.clear();
  }

  /** Once for each unit that moves time on; what follows from it is decided once a second. */
  #observe(rtpTime: number, ticks: number, arrivalUtcMs: number): void {
    const lateMs = arrivalUtcMs + this.#leadMs - this.wallUtcMs(ticks);
    const lagMs = this.#lagMs(rtpTime, arrivalUtcMs);
    // What was moved because our clock was slewed, or for the lead, answers no lateness of the camera.
    const correctedMs = this.#map.movedMs - this.#slewedMs - this.#leadMs;
    if (!this.#windows.push(arrivalUtcMs - this.#scaleMs, lateMs, lagMs, correctedMs)) return;
    this.#drift.note(this.#windows.lag.x(0), this.#windows.lag.y(0));
    const verdict = judgeClock(this.#windows, this.#map.ratio, correctedMs + this.#map.debtMs);
    switch (verdict.kind) {
      case 'fine':
        return;
      case 'slew':
        this.#map.owe(verdict.byMs);
        return;
      case 'rate':
        if (isRatio(verdict.ratio)) this.#learn(verdict.ratio, rtpTime, ticks);
        else this.#giveUpClock();
        return;
      case 'late':
        this.#catchUp(verdict.byMs, rtpTime, arrivalUtcMs);
        return;
    }
  }

  #learn(ratio: number, rtpTime: number, ticks: number): void {
    this.#map.turn(ratio, rtpTime, ticks);
    this.#map.oweOnly(this.#windows.late.y(0));
    this.#windows.clear();
  }

  /** The camera stood still, and its clock with it. */
  #catchUp(byMs: number, rtpTime: number, arrivalUtcMs: number): void {
    if (byMs < MIN_STEP_MS) {
      this.#map.owe(byMs);
      return;
    }
    this.jumps.note(-byMs, arrivalUtcMs);
    this.#map.moveBy(this.#toTicks(byMs));
    this.#measureFrom(rtpTime);
  }

  #measureFrom(rtpTime: number): void {
    this.#windows.clear();
    this.#drift.clear();
    this.#lagOriginRtp = rtpTime;
  }

  #advanceTo(rtpTime: number, ticks: number, arrivalUtcMs: number): void {
    this.#floorRtp = this.#maxRtp;
    this.#floorTicks = this.#maxTicks;
    this.#maxRtp = rtpTime;
    this.#maxTicks = ticks;
    this.#maxArrivalMs = arrivalUtcMs;
    this.#repeats = 0;
  }

  /** Arrival minus the camera's own time, from an origin of no meaning. */
  #lagMs(rtpTime: number, arrivalUtcMs: number): number {
    return arrivalUtcMs - this.#scaleMs - this.#lagOriginMs - (rtpTime - this.#lagOriginRtp) / this.#ticksPerMs;
  }

  #toTicks(ms: number): number {
    return Math.round(ms * this.#ticksPerMs);
  }
}

function isRatio(ratio: number): boolean {
  return ratio <= MAX_RATIO && ratio >= 1 / MAX_RATIO;
}
