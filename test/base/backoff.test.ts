import { describe, expect, it } from 'vitest';
import { Backoff } from '../../src/base/backoff.ts';

const delays = (backoff: Backoff, count: number) => Array.from({ length: count }, () => backoff.nextMs());

describe('Backoff', () => {
  it('doubles from the first delay up to the longest', () => {
    expect(delays(new Backoff({ firstMs: 500, maxMs: 3_000, jitter: 0 }), 5)).toEqual([
      500, 1_000, 2_000, 3_000, 3_000,
    ]);
  });

  it('begins anew after a success', () => {
    const backoff = new Backoff({ firstMs: 500, maxMs: 3_000, jitter: 0 });
    delays(backoff, 4);
    backoff.reset();
    expect(backoff.nextMs()).toBe(500);
  });

  it('takes at most the jitter off, so that cameras which left together do not return together', () => {
    const backoff = new Backoff({ firstMs: 1_000, maxMs: 1_000, jitter: 0.25, random: () => 1 });
    expect(backoff.nextMs()).toBe(750);
  });

  it('stays finite after a week of failures', () => {
    const backoff = new Backoff({ firstMs: 1, maxMs: 60_000, jitter: 0 });
    expect(delays(backoff, 5_000).at(-1)).toBe(60_000);
  });
});
