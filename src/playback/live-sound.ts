import type { LiveUnit } from '../link/messages.ts';
import type { Run, Sample } from '../media/fmp4/fragment.ts';
import type { BrowserSound } from './browser-sound.ts';
import { LiveClock } from './live-clock.ts';

/** Until two packets are known, the first is taken to last 20 ms. */
const FIRST_PACKETS_PER_S = 50;

/** Sound waits for the next picture and travels with it; with that many packets waiting (0.2 s) it goes alone. */
const MAX_WAITING = 10;

/** Cameras put up to half a second of sound into one packet: what is later than this is taken not to come. */
const SILENT_AFTER_MS = 1_000;

/** So much sound in a row that comes too late shows that it always does: then it is waited for. */
const LATE_MS = 1_000;

/** Silence stays so far behind the picture that sound that comes again finds its place, and is ahead of what is shown. */
const SILENCE_BEHIND_MS = 150;

/** Chromium bridges less by itself. */
const MAX_HOLE_MS = 60;

/**
 * The sound of a live view. A browser that has no sound for a picture waits for it, for ever if need be: where a camera stops sending
 * sound, silence stands in for it until it sends again.
 */
export class LiveSound {
  readonly #sound: BrowserSound;
  readonly #clock: LiveClock;
  readonly #waiting: { atTicks: number; sample: Sample }[] = [];
  /** Where the sound so far ends. */
  #endTicks = 0;
  /** The newest picture. */
  #pictureMs = 0;
  #patienceMs = SILENT_AFTER_MS;
  #isSilent = false;
  /** Silence was sent up to here. */
  #silentUntilTicks = 0;
  /** Sound in a row that came when silence had taken its place. */
  #lateTicks = 0;

  constructor(sound: BrowserSound, notBeforeMs: number) {
    this.#sound = sound;
    const { clockRate } = sound.format;
    this.#clock = new LiveClock(clockRate, clockRate / FIRST_PACKETS_PER_S, notBeforeMs);
  }

  /** So much waits that it should not wait for a picture. */
  get isFull(): boolean {
    return this.#waiting.length >= MAX_WAITING;
  }

  /** A first picture is shown at this time; there is none before it. */
  begin(pictureMs: number): void {
    this.#pictureMs = pictureMs;
    this.#isSilent = false;
    this.#endTicks = Math.max(this.#endTicks, this.#toTicks(pictureMs));
  }

  /** The pictures have come to this time. */
  follow(pictureMs: number): void {
    this.#pictureMs = pictureMs;
    this.#isSilent ||= this.#toTicks(pictureMs - this.#patienceMs) > this.#endTicks;
    if (!this.#isSilent) return;
    this.#fillUpTo(this.#toTicks(pictureMs - SILENCE_BEHIND_MS));
  }

  /** `wallMs` counts from the first picture. */
  push(unit: LiveUnit, wallMs: number): void {
    const time = this.#clock.place(unit.rtpTime, wallMs);
    // What is in a packet says how long it lasts; it need not be guessed from the last one.
    const duration = this.#sound.ticksIn(unit.data) || time.durationTicks;
    if (time.atTicks < this.#silentUntilTicks) {
      this.#noteLate(time.atTicks, duration);
      return;
    }
    this.#isSilent = false;
    this.#lateTicks = 0;
    if (time.atTicks - this.#endTicks > this.#toTicks(MAX_HOLE_MS)) this.#fillUpTo(time.atTicks);
    const packet = { data: unit.data, duration, compositionOffset: 0, isKey: true };
    this.#add({ baseDecodeTime: time.atTicks, samples: [packet] });
  }

  /** What waits, for a fragment. */
  take(): Run | undefined {
    const first = this.#waiting[0];
    if (first === undefined) return undefined;
    const samples = this.#waiting.splice(0).map(({ sample }) => sample);
    return { baseDecodeTime: first.atTicks, samples };
  }

  drop(): void {
    this.#waiting.length = 0;
  }

  /** With whole packets of silence. */
  #fillUpTo(ticks: number): void {
    const { silent } = this.#sound;
    if (silent === undefined) return;
    const count = Math.floor((ticks - this.#endTicks) / silent.ticks);
    if (count < 1) return;
    const packet = { data: silent.data, duration: silent.ticks, compositionOffset: 0, isKey: true };
    this.#add({ baseDecodeTime: this.#endTicks, samples: new Array<Sample>(count).fill(packet) });
    this.#silentUntilTicks = this.#endTicks;
  }

  #add(run: Run): void {
    let atTicks = run.baseDecodeTime;
    for (const sample of this.#sound.recode(run).samples) {
      this.#waiting.push({ atTicks, sample });
      atTicks += sample.duration;
    }
    this.#endTicks = atTicks;
  }

  #noteLate(atTicks: number, duration: number): void {
    this.#lateTicks += duration;
    if (!this.#isSilent || this.#lateTicks < this.#toTicks(LATE_MS)) return;
    const behindMs = this.#pictureMs - ((atTicks + duration) * 1000) / this.#sound.format.clockRate;
    this.#patienceMs = behindMs + SILENT_AFTER_MS;
    this.#isSilent = false;
    this.#lateTicks = 0;
  }

  #toTicks(ms: number): number {
    return Math.round((ms * this.#sound.format.clockRate) / 1000);
  }
}
