import { expect } from 'vitest';
import { findUnexplained, type Span, totalSeconds } from '../../../scripts/lib/coverage.ts';
import { waitFor } from '../../../scripts/lib/wait-for.ts';
import type { System } from './system.ts';

/** What is younger may still wait for its fragment. */
export const NOT_YET_WRITTEN_MS = 3_000;
/** The longest pause before a recorder asks a camera again, and what it takes to get its first key frame. */
const RECOVERY_TIMEOUT_MS = 60_000;

/** Every channel records again, and the ledger says so. */
export async function waitUntilNoGapIsOpen(system: System, channels: readonly number[]): Promise<void> {
  await waitFor('every channel records again', RECOVERY_TIMEOUT_MS, async () => {
    const gaps = (await Promise.all(channels.map((number) => system.gapsOf(number)))).flat();
    const open = gaps.filter(({ toUtcMs }) => toUtcMs === null);
    if (open.length > 0) throw new Error(`open gaps: ${JSON.stringify(open)}`);
    return true;
  });
  await system.waitUntilRecording(channels);
}

/** Each second of the window is footage or a gap. Call it after the recorder was stopped. */
export async function expectEverySecondExplained(system: System, channel: number, window: Span): Promise<void> {
  const gaps = (await system.gapsOf(channel)).map((gap) => ({ ...gap, toUtcMs: gap.toUtcMs ?? window.toUtcMs }));
  const { spans } = await system.footageOf(channel);
  const unexplained = findUnexplained(window, spans, gaps);
  expect(totalSeconds(unexplained), `channel ${channel}: ${JSON.stringify({ unexplained, gaps, spans })}`).toBe(0);
}
