import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findHoles, findUnexplained, mergeSpans, type Span, totalSeconds } from '../../scripts/lib/coverage.ts';

const spans = (...pairs: [number, number][]): Span[] => pairs.map(([fromUtcMs, toUtcMs]) => ({ fromUtcMs, toUtcMs }));
const [window] = spans([10_000, 20_000]) as [Span];

describe('findUnexplained', () => {
  const cases: [string, Span[], Span[], Span[]][] = [
    ['nothing when footage covers all', spans([9_000, 21_000]), [], []],
    ['nothing when neighbours are a frame apart', spans([10_000, 15_000], [15_040, 20_000]), [], []],
    ['a hole in the middle', spans([10_000, 12_000], [15_000, 20_000]), [], spans([12_000, 15_000])],
    ['a late beginning and an early end', spans([13_000, 15_000]), [], spans([10_000, 13_000], [15_000, 20_000])],
    ['nothing when a gap row covers the hole', spans([10_000, 12_000], [15_000, 20_000]), spans([12_000, 15_000]), []],
    [
      'what a gap row leaves over',
      spans([10_000, 12_000], [18_000, 20_000]),
      spans([12_000, 14_000]),
      spans([14_000, 18_000]),
    ],
    ['the whole window when there is nothing at all', [], [], [window]],
    ['no part of what lies outside of the window', spans([0, 5_000], [25_000, 30_000], [10_000, 20_000]), [], []],
  ];
  it.each(cases)('finds %s', (_name, footage, gaps, expected) => {
    expect(findUnexplained(window, footage, gaps)).toEqual(expected);
  });
});

describe('mergeSpans', () => {
  it('joins over small holes when it is told to', () => {
    expect(mergeSpans(spans([0, 10], [15, 20], [40, 50]), 5)).toEqual(spans([0, 20], [40, 50]));
  });

  it('and the holes between its spans fill the window exactly', () => {
    const span = fc
      .tuple(fc.nat(100), fc.nat(100))
      .map(([from, length]) => ({ fromUtcMs: from, toUtcMs: from + length }));
    fc.assert(
      fc.property(fc.array(span), (list) => {
        const all = { fromUtcMs: 0, toUtcMs: 200 };
        const covered = totalSeconds(mergeSpans(list));
        const missing = totalSeconds(findHoles(all, list, 0));
        expect(covered + missing).toBeCloseTo(0.2, 9);
      }),
    );
  });
});
