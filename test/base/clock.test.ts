import { describe, expect, it } from 'vitest';
import { ManualClock, systemClock } from '../../src/base/clock.ts';

describe('ManualClock', () => {
  it('wakes sleepers in the order of their times, each at its own time', async () => {
    const clock = new ManualClock(1_000_000);
    const woken: [string, number][] = [];
    const sleeper = async (name: string, ms: number) => {
      await clock.sleep(ms);
      woken.push([name, clock.nowUtcMs()]);
    };
    const all = Promise.all([sleeper('late', 500), sleeper('early', 20)]);
    await clock.advance(600);
    await all;
    expect(woken).toEqual([
      ['early', 1_000_020],
      ['late', 1_000_500],
    ]);
    expect(clock.nowUtcMs()).toBe(1_000_600);
  });

  it('steps the wall time and leaves durations alone', () => {
    const clock = new ManualClock(5_000);
    clock.stepWall(-3_000);
    expect([clock.nowUtcMs(), clock.monotonicMs()]).toEqual([2_000, 0]);
  });

  it('wakes somebody who falls asleep again on the way', async () => {
    const clock = new ManualClock(0);
    let turns = 0;
    const loop = (async () => {
      for (; turns < 3; turns++) await clock.sleep(100);
    })();
    await clock.advance(1_000);
    await loop;
    expect(turns).toBe(3);
  });
});

describe.each([
  ['ManualClock', () => new ManualClock(0)],
  ['systemClock', () => systemClock],
])('%s', (_name, make) => {
  it('ends a sleep with the reason of its signal', async () => {
    const controller = new AbortController();
    const sleep = make().sleep(60_000, controller.signal);
    controller.abort(new Error('stopping'));
    await expect(sleep).rejects.toThrow('stopping');
  });

  it('does not begin a sleep when the signal was given before', async () => {
    await expect(make().sleep(60_000, AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
  });
});

it('systemClock sleeps about as long as asked, and its monotonic time goes on', async () => {
  const startMs = systemClock.monotonicMs();
  await systemClock.sleep(20);
  expect(systemClock.monotonicMs() - startMs).toBeGreaterThanOrEqual(19);
});
