/**
 * How a live picture stays close to the present: play a little faster when there is more in the buffer than needed, a little
 * slower when it runs dry, jump when neither helps. Rates beyond these are seen and heard.
 */
export interface PacingInput {
  readonly currentS: number;
  /** Buffered ranges in media time, ascending. */
  readonly ranges: readonly { readonly startS: number; readonly endS: number }[];
  /** How much should lie ahead; grows with the jitter of the network. */
  readonly targetS: number;
}

export type PacingAction =
  | { readonly kind: 'wait' }
  | { readonly kind: 'rate'; readonly rate: number }
  | { readonly kind: 'jump'; readonly toS: number };

/** Without sound a picture may be as close as this with a network's ordinary jitter of 60 ms. */
export const TARGET_S = { pictureOnly: 0.15, withSound: 0.3 };

/** A network worse than this shows as pauses; more delay would no longer be live. */
export const TARGET_MAX_S = 0.8;

/** Later than this it is quicker to jump than to catch up. */
const LATE_S = 1.5;

/** Frames of one camera are never further apart than this inside a range; a larger hole is a loss. */
const HOLE_S = 0.02;

export function pace(input: PacingInput): PacingAction {
  const last = input.ranges.at(-1);
  if (!last) return { kind: 'wait' };
  const here = input.ranges.find((range) => input.currentS >= range.startS - HOLE_S && input.currentS < range.endS);
  if (!here) return jumpIfNew(input.currentS, Math.max(last.startS, last.endS - input.targetS));
  // What lies beyond a hole cannot be played without a jump, and frames that never came leave one for ever.
  const next = input.ranges.find((range) => range.startS > input.currentS);
  if (next && here.endS - input.currentS < HOLE_S * 2) return { kind: 'jump', toS: next.startS + 0.001 };
  const aheadS = last.endS - input.currentS;
  if (aheadS > input.targetS + LATE_S) return { kind: 'jump', toS: Math.max(last.startS, last.endS - input.targetS) };
  if (aheadS > input.targetS + 0.35) return { kind: 'rate', rate: 1.25 };
  if (aheadS > input.targetS + 0.1) return { kind: 'rate', rate: 1.08 };
  if (aheadS < input.targetS * 0.5) return { kind: 'rate', rate: 0.96 };
  return { kind: 'rate', rate: 1 };
}

/** Raised at each pause of the picture, lowered slowly while there is none. */
export function nextTarget(targetS: number, hasStalled: boolean, floorS: number): number {
  if (hasStalled) return Math.min(TARGET_MAX_S, targetS * 1.4);
  return Math.max(floorS, targetS * 0.999);
}

/** At the end of what came there is nothing to jump to: the next frame is awaited. */
function jumpIfNew(currentS: number, toS: number): PacingAction {
  return toS > currentS + HOLE_S || currentS > toS + LATE_S ? { kind: 'jump', toS } : { kind: 'wait' };
}
