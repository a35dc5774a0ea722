import { describe, expect, it } from 'vitest';
import { formatBytes, mbps } from '../../src/base/units.ts';

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1_000, '1.0 kB'],
    [48_000_000, '48.0 MB'],
    [4_000_787_030_016, '4.0 TB'],
    [2_500_000_000_000_000, '2500.0 TB'],
  ])('prints %d as a drive maker does: %s', (bytes, expected) => {
    expect(formatBytes(bytes)).toBe(expected);
  });
});

describe('mbps', () => {
  it('is millions of bits a second', () => {
    expect(mbps(250_000, 1_000)).toBe(2);
  });

  it('is nothing over no time, instead of infinite', () => {
    expect(mbps(250_000, 0)).toBe(0);
  });
});
