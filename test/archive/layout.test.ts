import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isDay, parseSegmentPath, segmentPath } from '../../src/archive/layout.ts';
import { segmentName } from './temporary-drive.ts';

describe('the path of a segment', () => {
  it('is what the documentation says', () => {
    expect(segmentPath(segmentName({ startUtcMs: Date.UTC(2026, 2, 1, 14, 5, 7, 40) }))).toBe(
      'holdfast/footage/0a1b2c3d/7f3a91c2-loading-dock/2026-03-01/14-05-07.040Z-3-12.mp4',
    );
  });

  it('gives back the name that it was made from', () => {
    const hex = fc.stringMatching(/^[0-9a-f]{8}$/);
    const name = fc.record({
      unit: hex,
      channelId: fc.oneof(hex, fc.stringMatching(/^[0-9a-f]{8}-[a-z0-9-]{1,30}$/)),
      stream: fc.constant('main' as const),
      boot: fc.nat({ max: 2 ** 31 }),
      seq: fc.nat({ max: 2 ** 31 }),
      startUtcMs: fc.nat({ max: Date.UTC(9999, 11, 31) }),
    });
    fc.assert(
      fc.property(name, (value) => {
        expect(parseSegmentPath(segmentPath(value))).toEqual(value);
      }),
    );
  });

  it.each([
    ['a day that does not exist', 'holdfast/footage/0a1b2c3d/7f3a91c2/2026-02-30/14-05-07.040Z-3-12.mp4'],
    ['an hour that does not exist', 'holdfast/footage/0a1b2c3d/7f3a91c2/2026-03-01/24-00-00.000Z-3-12.mp4'],
    ['a minute that does not exist', 'holdfast/footage/0a1b2c3d/7f3a91c2/2026-03-01/14-60-07.040Z-3-12.mp4'],
    ['a unit of another shape', 'holdfast/footage/unit/7f3a91c2/2026-03-01/14-05-07.040Z-3-12.mp4'],
    ['a channel that climbs out', 'holdfast/footage/0a1b2c3d/../2026-03-01/14-05-07.040Z-3-12.mp4'],
    ['another ending', 'holdfast/footage/0a1b2c3d/7f3a91c2/2026-03-01/14-05-07.040Z-3-12.mp4.new'],
    [
      'a stream that this version does not know',
      'holdfast/footage/0a1b2c3d/7f3a91c2/2026-03-01/14-05-07.040Z-3-12-sub.mp4',
    ],
    ['one folder too few', 'holdfast/footage/0a1b2c3d/2026-03-01/14-05-07.040Z-3-12.mp4'],
    ['a leading slash', '/holdfast/footage/0a1b2c3d/7f3a91c2/2026-03-01/14-05-07.040Z-3-12.mp4'],
    ['nothing', ''],
  ])('is refused with %s', (_name, path) => {
    expect(parseSegmentPath(path)).toBeUndefined();
  });

  it('is parsed or refused, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 120 }), (text) => {
        expect(parseSegmentPath(text)).toBeUndefined();
      }),
    );
  });
});

it.each([
  ['2026-02-28', true],
  ['2026-02-29', false],
  ['2024-02-29', true],
  ['2026-13-01', false],
  ['2026-3-1', false],
])('%s is a day: %s', (text, expected) => {
  expect(isDay(text)).toBe(expected);
});
