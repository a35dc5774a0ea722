import { describe, expect, it } from 'vitest';
import type { ChannelGap } from '../../../../src/servers/admin/page/api/types.ts';
import { listChannels, totalGaps } from '../../../../src/servers/admin/page/overview/gap-totals.ts';

const span = { fromUtcMs: 1_000, toUtcMs: 101_000 };
const gap = (change: Partial<ChannelGap>): ChannelGap => ({
  id: 'g',
  channel: 1,
  fromUtcMs: 10_000,
  toUtcMs: 20_000,
  cause: 'no-data',
  detail: '',
  ...change,
});

describe('gaps of a span, per cause', () => {
  it('adds up the same cause over channels', () =>
    expect(totalGaps([gap({}), gap({ channel: 3 }), gap({ channel: 2 })], span)).toEqual([
      { cause: 'no-data', count: 3, channels: [1, 2, 3], durationMs: 30_000 },
    ]));
  it('the longest comes first', () =>
    expect(totalGaps([gap({}), gap({ cause: 'schedule', toUtcMs: 90_000 })], span).map((total) => total.cause)).toEqual(
      ['schedule', 'no-data'],
    ));
  it('one that still lasts counts up to the end of the span', () =>
    expect(totalGaps([gap({ toUtcMs: null })], span)[0]?.durationMs).toBe(91_000));
  it('what lies before the span does not count', () =>
    expect(totalGaps([gap({ fromUtcMs: 0, toUtcMs: 2_000 }), gap({ fromUtcMs: 0, toUtcMs: 500 })], span)).toMatchObject(
      [{ count: 1, durationMs: 1_000 }],
    ));
  it('a channel that was removed has no number', () =>
    expect(totalGaps([gap({ channel: null })], span)[0]?.channels).toEqual([]));
});

describe('list of channels', () => {
  const cases: [number[], string][] = [
    [[], 'channels that were removed'],
    [[4], 'channel 4'],
    [[1, 2, 3], 'channels 1, 2, 3'],
    [[1, 2, 3, 4, 5, 6, 7, 8], 'channels 1, 2, 3, 4, 5, 6 and 2 more'],
  ];
  it.each(cases)('%j', (channels, text) => expect(listChannels(channels)).toBe(text));
});
