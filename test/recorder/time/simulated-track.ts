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
  /** Delivered instead, in such times: a night mode, whose timestamps go on as by day. */
  readonly nights?: readonly { readonly fromMs: number; readonly toMs: number; readonly fps: number }[];
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
  let takenMs = startMs;
  let nextMs = startMs;
  for (let index = 0; ; index++) {
    takenMs = options.nights ? nextMs : startMs + (index * 1000) / fps;
    if (takenMs - startMs >= durationMs) return;
    nextMs = takenMs + 1000 / (options.nights?.find(isWithin(takenMs))?.fps ?? fps);
    const pause = options.pauses?.find(isWithin(takenMs));
    if (pause?.isHidden) hiddenFrames++;
    if (pause) continue;
    const jumpMs = (options.jumps ?? []).reduce((sum, { atMs, byMs }) => (takenMs >= atMs ? sum + byMs : sum), 0);
    const rtpTime = startRtp + Math.round((index - hiddenFrames) * ticksPerFrame + (jumpMs * clockRate) / 1000);
    let arrivalMs = takenMs + latencyMs + random() * jitterMs;
    arrivalMs = options.stalls?.find(isWithin(arrivalMs))?.toMs ?? arrivalMs;
    const narrow = options.narrow?.find(isWithin(lastArrivalMs));
    arrivalMs = Math.max(arrivalMs, lastArrivalMs + (narrow ? 1000 / fps / narrow.pace : 0.05));
    lastArrivalMs = arrivalMs;
    yield { index, takenMs, rtpTime, arrivalMs };
  }
}

function isWithin(atMs: number): (span: { readonly fromMs: number; readonly toMs: number }) => boolean {
  return ({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs;
}
