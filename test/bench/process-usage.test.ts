import { describe, expect, it } from 'vitest';
import { parseCpuTicks, parsePssKB, startUsageMeter } from '../../bench/process-usage.ts';

describe('reading /proc', () => {
  it('adds user and system time, whatever the process calls itself', () => {
    const stat = '4242 (a) b (c) S 1 4242 4242 0 -1 4194560 9000 0 3 0 730 270 0 0 20 0 11 0 88 1000 2000';
    expect(parseCpuTicks(stat)).toBe(1_000);
  });

  it('takes the proportional set size', () => {
    expect(parsePssKB('55d0-7ffe ---p 0 00:00 0 [rollup]\nRss:   9000 kB\nPss:   5500 kB\nPss_Dirty:  4000 kB\n')).toBe(
      5_500,
    );
  });

  it('sees what this very process costs', async () => {
    const meter = await startUsageMeter([process.pid]);
    const endMs = performance.now() + 300;
    while (performance.now() < endMs);
    const usage = await meter.finish();
    expect(usage.cpuSeconds).toBeGreaterThan(0.15);
    expect(usage.memoryMB).toBeGreaterThan(10);
  });
});
