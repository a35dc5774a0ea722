export const TILE_COUNTS = [1, 4, 9, 16] as const;

/** The smallest grid that holds all channels, up to 16 a screen. */
export function defaultTiles(channelCount: number): number {
  return TILE_COUNTS.find((tiles) => tiles >= channelCount) ?? 16;
}

export function screenCount(channelCount: number, tiles: number): number {
  return Math.max(1, Math.ceil(channelCount / tiles));
}

export function onScreen<T>(channels: readonly T[], tiles: number, screen: number): readonly T[] {
  const current = Math.min(Math.max(1, screen), screenCount(channels.length, tiles));
  return channels.slice((current - 1) * tiles, current * tiles);
}
