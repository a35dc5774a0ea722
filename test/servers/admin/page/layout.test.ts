import { describe, expect, it } from 'vitest';
import { defaultTiles, onScreen, screenCount } from '../../../../src/servers/admin/page/live/layout.ts';

describe('grid of live pictures', () => {
  it.each([
    [1, 1],
    [2, 4],
    [5, 9],
    [16, 16],
    [64, 16],
  ])('%i channels begin with %i tiles', (channels, tiles) => expect(defaultTiles(channels)).toBe(tiles));

  const channels = Array.from({ length: 20 }, (_, i) => i + 1);
  it('the last screen holds the rest', () => expect(onScreen(channels, 9, 3)).toEqual([19, 20]));
  it('a screen beyond the last is the last', () => expect(onScreen(channels, 16, 7)).toEqual([17, 18, 19, 20]));
  it('an empty unit has one screen', () => expect(screenCount(0, 4)).toBe(1));
});
