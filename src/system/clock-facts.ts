import { access } from 'node:fs/promises';
import type { Clock } from '../base/clock.ts';
import { SECOND_MS } from '../base/units.ts';

/** systemd-timesyncd makes this file when a time server has answered since the start. */
const SYNCHRONIZED_FILE = '/run/systemd/timesync/synchronized';

/** Wall time and monotonic time may drift apart by this much between two looks before it counts as a step. */
const STEP_MS = 2 * SECOND_MS;

/** `unknown` where nothing says so, as in development. */
export async function isClockSynchronized(path = SYNCHRONIZED_FILE): Promise<'synced' | 'unknown'> {
  try {
    await access(path);
    return 'synced';
  } catch {
    return 'unknown'; // the file is not there: nobody has confirmed the time
  }
}

/** Tells by how much the wall time was stepped since the last call, 0 when it just went on. */
export function stepDetector(clock: Clock): () => number {
  let offsetMs = clock.nowUtcMs() - clock.monotonicMs();
  return () => {
    const nowOffsetMs = clock.nowUtcMs() - clock.monotonicMs();
    const stepMs = nowOffsetMs - offsetMs;
    offsetMs = nowOffsetMs;
    return Math.abs(stepMs) >= STEP_MS ? stepMs : 0;
  };
}
