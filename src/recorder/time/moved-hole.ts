import { GAP_THRESHOLD_MS } from '../gap-tracker.ts';
import type { Hole } from './timed-unit.ts';

/** From the pictures before to the next one. */
export interface PictureSteps {
  /** As they were given their times; to the newest of them. */
  readonly wallMs: number;
  /** As they arrived; to the last. */
  readonly arrivalMs: number;
  /** As the camera stamped them; to the last. */
  readonly cameraMs: number;
}

/**
 * A hole that neither arrival nor the camera's own timestamps know comes from here: times that ran behind were set right at once, and what
 * came in the hole lies in front of it, too close together. Then it was not the camera that sent nothing.
 */
export function movedHole({ wallMs, arrivalMs, cameraMs }: PictureSteps): Hole | undefined {
  if (wallMs < GAP_THRESHOLD_MS) return undefined;
  const movedMs = wallMs - Math.max(arrivalMs, cameraMs);
  // What lies in it for the most part names it.
  if (movedMs < wallMs / 2) return undefined;
  return {
    cause: 'clock',
    detail: `pictures came, and the camera's timestamps cannot be used: its time had fallen ${(movedMs / 1000).toFixed(1)} s behind and was set right`,
  };
}
