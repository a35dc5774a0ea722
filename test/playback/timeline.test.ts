import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { resolveOverlaps, type SegmentSpan } from '../../src/playback/overlap.ts';
import { buildTimeline, MAX_TIMELINE_ROWS, mergeFootage, type TimelineGap } from '../../src/playback/timeline.ts';

const segment = (seq: number, startUtcMs: number, endUtcMs: number, boot = 1): SegmentSpan => ({
  unit: '01234567',
  boot,
  seq,
  startUtcMs,
  endUtcMs,
});
const gap = (id: string, fromUtcMs: number, toUtcMs: number | null, cause = 'no-data'): TimelineGap => ({
  id,
  fromUtcMs,
  toUtcMs,
  cause,
  detail: `detail of ${id}`,
});

describe('which segment shows which span', () => {
  const cases: { name: string; segments: SegmentSpan[]; parts: [seq: number, from: number, to: number][] }[] = [
    { name: 'nothing recorded', segments: [], parts: [] },
    {
      name: 'files that follow each other, given in any order',
      segments: [segment(2, 100, 200), segment(1, 0, 100)],
      parts: [
        [1, 0, 100],
        [2, 100, 200],
      ],
    },
    {
      name: 'the tail of a lost drive, written again: the newer file from its start on',
      segments: [segment(1, 0, 100), segment(2, 80, 200)],
      parts: [
        [1, 0, 80],
        [2, 80, 200],
      ],
    },
    {
      name: 'a newer file within an older one',
      segments: [segment(1, 0, 100), segment(2, 40, 60)],
      parts: [
        [1, 0, 40],
        [2, 40, 60],
        [1, 60, 100],
      ],
    },
    {
      name: 'a later boot counts as newer whatever its numbers',
      segments: [segment(9, 0, 100, 1), segment(1, 50, 150, 2)],
      parts: [
        [9, 0, 50],
        [1, 50, 150],
      ],
    },
    {
      name: 'copies count once, the longest one',
      segments: [segment(1, 0, 90), segment(1, 0, 100), segment(1, 0, 95)],
      parts: [[1, 0, 100]],
    },
    {
      name: 'a clock that was stepped back over three files',
      segments: [segment(1, 100, 200), segment(2, 200, 300), segment(3, 300, 400), segment(4, 150, 350)],
      parts: [
        [1, 100, 150],
        [4, 150, 350],
        [3, 350, 400],
      ],
    },
  ];
  test.each(cases)('$name', ({ segments, parts }) => {
    expect(resolveOverlaps(segments, 0, 1000).map((p) => [p.segment.seq, p.fromUtcMs, p.toUtcMs])).toEqual(parts);
  });

  test('every instant shows the newest segment that has it, and no other', () => {
    const spans = fc.array(fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 3 })), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(spans, fc.nat(40), fc.integer({ min: 1, max: 60 }), (list, from, length) => {
        const segments = list.map(([start, duration, boot], i) => segment(i, start, start + duration, boot));
        const to = from + length;
        const parts = resolveOverlaps(segments, from, to);
        for (let at = 0; at < 100; at++) {
          const newest = segments
            .filter((s) => s.startUtcMs <= at && at < s.endUtcMs && from <= at && at < to)
            .sort((a, b) => b.boot - a.boot || b.seq - a.seq)[0];
          const shown = parts.filter((p) => p.fromUtcMs <= at && at < p.toUtcMs);
          expect(shown.map((p) => p.segment)).toEqual(newest ? [newest] : []);
        }
        expect(parts.every((p, i) => i === 0 || parts[i - 1]!.toUtcMs <= p.fromUtcMs)).toBe(true);
      }),
    );
  });
});

describe('timeline', () => {
  const cases: { name: string; segments: SegmentSpan[]; footage: [number, number][] }[] = [
    {
      name: 'a hole of less than a second is no hole',
      segments: [segment(1, 0, 10_000), segment(2, 10_999, 20_000)],
      footage: [[0, 20_000]],
    },
    {
      name: 'a hole of a second is one',
      segments: [segment(1, 0, 10_000), segment(2, 11_000, 20_000)],
      footage: [
        [0, 10_000],
        [11_000, 20_000],
      ],
    },
    {
      name: 'footage is clipped to what was asked for',
      segments: [segment(1, -50_000, 5_000), segment(2, 55_000, 90_000)],
      footage: [
        [0, 5_000],
        [55_000, 60_000],
      ],
    },
  ];
  test.each(cases)('$name', ({ segments, footage }) => {
    const timeline = buildTimeline({ segments, gaps: [], fromUtcMs: 0, toUtcMs: 60_000 });
    expect(timeline.footage.map((f) => [f.fromUtcMs, f.toUtcMs])).toEqual(footage);
  });

  test('a gap keeps its own times, one that lasts has no end, one outside the span is left out', () => {
    const gaps = [
      gap('lasts', 50_000, null),
      gap('before', -9, 0),
      gap('over the start', -9, 9),
      gap('after', 60_000, null),
    ];
    const timeline = buildTimeline({ segments: [], gaps, fromUtcMs: 0, toUtcMs: 60_000 });
    expect(timeline.gaps.map((g) => [g.id, g.fromUtcMs, g.toUtcMs])).toEqual([
      ['over the start', -9, 9],
      ['lasts', 50_000, null],
    ]);
  });

  test('at a coarse resolution neighbours with one cause become one row, others stay', () => {
    const gaps = [gap('a', 0, 100), gap('b', 500, 600), gap('c', 700, 800, 'no-drive'), gap('d', 9_000, 9_001)];
    const timeline = buildTimeline({ segments: [], gaps, fromUtcMs: 0, toUtcMs: 60_000, resolutionMs: 2_000 });
    expect(timeline.gaps.map((g) => [g.id, g.fromUtcMs, g.toUtcMs, g.count])).toEqual([
      ['a', 0, 600, 2],
      ['c', 700, 800, 1],
      ['d', 9_000, 9_001, 1],
    ]);
  });

  test('a camera that drops every 10 seconds for a month stays within the bound, with each gap counted', () => {
    const count = 100_000;
    const segments = Array.from({ length: count }, (_, i) => segment(i, i * 10_000, i * 10_000 + 7_000));
    const gaps = Array.from({ length: count }, (_, i) => gap(String(i), i * 10_000 + 7_000, (i + 1) * 10_000));
    const timeline = buildTimeline({ segments, gaps, fromUtcMs: 0, toUtcMs: count * 10_000 });
    expect(timeline.footage.length).toBeLessThanOrEqual(MAX_TIMELINE_ROWS);
    expect(timeline.gaps.length).toBeLessThanOrEqual(MAX_TIMELINE_ROWS);
    expect(timeline.gaps.reduce((sum, row) => sum + row.count, 0)).toBe(count);
    expect(timeline.resolutionMs).toBeGreaterThan(0);
  });

  test('merging loses no footage and joins exactly the holes below the limit', () => {
    const input = fc.tuple(
      fc.array(fc.tuple(fc.nat(50), fc.integer({ min: 1, max: 50 }))),
      fc.integer({ min: 1, max: 40 }),
    );
    fc.assert(
      fc.property(input, ([steps, holeMs]) => {
        let at = 0;
        const spans = steps.map(([hole, length]) => {
          const fromUtcMs = at + hole;
          at = fromUtcMs + length;
          return { fromUtcMs, toUtcMs: at };
        });
        const merged = mergeFootage(spans, holeMs);
        for (const span of spans) {
          expect(merged.some((m) => m.fromUtcMs <= span.fromUtcMs && span.toUtcMs <= m.toUtcMs)).toBe(true);
        }
        expect(merged.every((m, i) => i === 0 || m.fromUtcMs - merged[i - 1]!.toUtcMs >= holeMs)).toBe(true);
        const holes = spans.filter((s, i) => i > 0 && s.fromUtcMs - spans[i - 1]!.toUtcMs >= holeMs).length;
        expect(merged.length).toBe(spans.length === 0 ? 0 : holes + 1);
      }),
    );
  });
});
