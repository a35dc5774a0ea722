import { expect } from 'vitest';
import type { ApiClient } from '../../../scripts/lib/api-client.ts';
import type { GapEntry } from '../../../src/archive/entries.ts';
import type { System } from './system.ts';

/**
 * The frames of a channel on the bays are one run without a hole, up to the last that the camera sent (but for what was in sockets).
 * Older frames may have been deleted; nothing in the middle may. Call it after the recorder was stopped.
 */
export async function expectOneRun(system: System, channel: number): Promise<void> {
  const numbers = [...((await system.recordedFrames()).get(channel)?.numbers ?? [])].sort((a, b) => a - b);
  expect(numbers.length, `frames of channel ${channel}`).toBeGreaterThan(0);
  const holes = numbers.flatMap((n, i) => (i > 0 && n !== numbers[i - 1]! + 1 ? [[numbers[i - 1], n]] : []));
  expect(holes, `holes between frames of channel ${channel}`).toEqual([]);
  const { lostRanges } = await system.compareFrames(channel);
  const first = numbers[0]!;
  expect(
    lostRanges.filter(([, to]) => to >= first),
    `frames lost by channel ${channel}`,
  ).toEqual([]);
}

export interface Timeline {
  readonly footage: { fromUtcMs: number; toUtcMs: number }[];
  readonly gaps: Pick<GapEntry, 'id' | 'fromUtcMs' | 'toUtcMs' | 'cause' | 'detail'>[];
}

export function timelineOf(api: ApiClient, channel: number, fromUtcMs: number, toUtcMs: number): Promise<Timeline> {
  return api.get<Timeline>(`/channels/${channel}/timeline?from=${Math.round(fromUtcMs)}&to=${Math.round(toUtcMs)}`);
}
