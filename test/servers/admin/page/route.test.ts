import { describe, expect, it } from 'vitest';
import { formatRoute, parseRoute, type Route } from '../../../../src/servers/admin/page/state/route.ts';

describe('address of a page', () => {
  const routes: [string, Route][] = [
    ['#/overview', { page: 'overview', stream: undefined }],
    ['#/overview?stream=3', { page: 'overview', stream: 3 }],
    ['#/live', { page: 'live', tiles: undefined, screen: 1 }],
    ['#/live?tiles=9&screen=2', { page: 'live', tiles: 9, screen: 2 }],
    ['#/playback?channel=3&at=1790000000000', { page: 'playback', channel: 3, atUtcMs: 1_790_000_000_000 }],
  ];
  it.each(routes)('%s is written and read', (hash, route) => {
    expect(parseRoute(hash)).toEqual(route);
    expect(formatRoute(route)).toBe(hash);
  });

  it.each(['', '#', '#/', '#/nowhere'])('%j leads to the overview', (hash) =>
    expect(parseRoute(hash)).toEqual({ page: 'overview', stream: undefined }),
  );
  it.each(['0', '-1', '1.5', 'x', '9'.repeat(20)])('a channel number of %s is left out', (number) =>
    expect(parseRoute(`#/playback?channel=${number}`)).toMatchObject({ channel: undefined }),
  );
});
