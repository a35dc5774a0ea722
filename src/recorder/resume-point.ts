import type { GapEntry } from '../archive/entries.ts';

export interface EarlierRun {
  /** Left open by an earlier run, if any. */
  readonly openGap: GapEntry | undefined;
  /** When the recorder was last known to be alive. */
  readonly aliveUtcMs: number;
  /** End of the footage of earlier runs, as the drives and the heartbeat tell; 0 when there is none. */
  readonly footageEndUtcMs: number;
}

export interface ResumePoint {
  /** The gap of the earlier run, ended. */
  readonly closed: GapEntry | undefined;
  /** From here to this start the recorder was not running; undefined for a channel that never recorded. */
  readonly fromUtcMs: number | undefined;
}

/** Where a channel's account goes on. A gap that was open ends where the recorder was last alive, or where footage came after it. */
export function resumePoint({ openGap, aliveUtcMs, footageEndUtcMs }: EarlierRun): ResumePoint {
  if (openGap) {
    const endUtcMs = Math.max(openGap.fromUtcMs, aliveUtcMs, footageEndUtcMs);
    return { closed: { ...openGap, toUtcMs: endUtcMs }, fromUtcMs: endUtcMs };
  }
  return { closed: undefined, fromUtcMs: footageEndUtcMs > 0 ? footageEndUtcMs : undefined };
}
