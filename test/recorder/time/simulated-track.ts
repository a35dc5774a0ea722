import { seededRandom } from '../../seeded.ts';

/** What a camera's frames look like from outside: when each was taken, what time it bears, and when it arrives. */
export interface SimulatedFrame {
  readonly index: number;
  /** True time at which it was taken. */
  readonly takenMs: number;
  readonly rtpTime: number;
  readonly arrivalMs: number;
}

export interface SimulatedTrackOptions {
  /** Delivered. */
  readonly fps?: number;
  /** What the timestamps are made for; left out: the same. */
  readonly declaredFps?: number;
  readonly clockRate?: number;
  readonly driftPpm?: number;
  readonly latencyMs?: number;
  /** Added to the latency, evenly distributed. */
  readonly jitterMs?: number;
  readonly startMs?: number;
  readonly startRtp?: number;
  readonly seed?: number;
  /** Nothing arrives in this time; what was taken meanwhile arrives at its end, in order. */
  readonly stalls?: readonly { readonly fromMs: number; readonly toMs: number }[];
  /** The network lets frames through at so many times the pace at which they are taken; what does not fit waits. */
  readonly narrow?: readonly { readonly fromMs: number; readonly toMs: number; readonly pace: number }[];
  /** The camera takes no picture, and its timestamps stand still (`hidden`) or go on. */
  readonly pauses?: readonly { readonly fromMs: number; readonly toMs: number; readonly isHidden: boolean }[];
  /** Milliseconds that the timestamps jump by, at a time. */
  readonly jumps?: readonly { readonly atMs: number; readonly byMs: number }[];
}

/** Frames in the order of arrival, for `durationMs` of true time. */
export function* simulateTrack(durationMs: number, options: SimulatedTrackOptions = {}): Generator<SimulatedFrame> {
  const { fps = 25, clockRate = 90_000, driftPpm = 0, latencyMs = 20, jitterMs = 0 } = options;
  const { declaredFps = fps, startMs = 0, startRtp = 1_000_000, seed = 1 } = options;
  const random = seededRandom(seed);
  const ticksPerFrame = (clockRate / declaredFps) * (1 + driftPpm / 1e6);
  let hiddenFrames = 0;
  let lastArrivalMs = 0;
  for (let index = 0; ; index++) {
    const takenMs = startMs + (index * 1000) / fps;
    if (takenMs - startMs >= durationMs) return;
    const pause = options.pauses?.find(({ fromMs, toMs }) => takenMs >= fromMs && takenMs < toMs);
    if (pause?.isHidden) hiddenFrames++;
    if (pause) continue;
    const jumpMs = (options.jumps ?? []).reduce((sum, { atMs, byMs }) => (takenMs >= atMs ? sum + byMs : sum), 0);
    const rtpTime = startRtp + Math.round((index - hiddenFrames) * ticksPerFrame + (jumpMs * clockRate) / 1000);
    let arrivalMs = takenMs + latencyMs + random() * jitterMs;
    for (const stall of options.stalls ?? [])
      if (arrivalMs >= stall.fromMs && arrivalMs < stall.toMs) arrivalMs = stall.toMs;
    const narrow = options.narrow?.find(({ fromMs, toMs }) => lastArrivalMs >= fromMs && lastArrivalMs < toMs);
    arrivalMs = Math.max(arrivalMs, lastArrivalMs + (narrow ? 1000 / fps / narrow.pace : 0.05));
    lastArrivalMs = arrivalMs;
    yield { index, takenMs, rtpTime, arrivalMs };
  }
}
