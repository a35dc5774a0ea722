import { describe, expect, it } from 'vitest';
import { HOUR_MS } from '../../../../src/base/units.ts';
import { type ApiClient, ApiError } from '../../../../src/servers/admin/page/api/client.ts';
import { type Entry, formatPlaylist } from '../../../../src/servers/admin/page/playback/playlist.ts';
import { openRollingPlaylist } from '../../../../src/servers/admin/page/playback/rolling-playlist.ts';

const SECOND = 1_000;
const t0 = Date.UTC(2026, 10, 23, 12);

/** A server that has footage in entries of 4 s. */
function server(files: { seq: number; fromS: number; toS: number; sound?: 0 | 1 }[]) {
  const all: Entry[] = files.flatMap(({ seq, fromS, toS, sound = 1 }) => {
    const entries: Entry[] = [];
    for (let s = fromS; s < toS; s += 4) {
      entries.push({
        uri: `../../segments/u/1/${seq}/media.m4s?from=${s}&to=${s + 4}&sound=${sound}`,
        map: `#EXT-X-MAP:URI="../../segments/u/1/${seq}/init.mp4?sound=${sound}"`,
        isDiscontinuity: s === fromS,
        startUtcMs: t0 + s * SECOND,
        durationS: 4,
      });
    }
    return entries;
  });
  let availableS = Number.POSITIVE_INFINITY;
  const api: Pick<ApiClient, 'playlist' | 'timeline'> = {
    playlist: async (_channel, { fromUtcMs, toUtcMs }) => {
      const found = all.filter(
        (entry) =>
          entry.startUtcMs < toUtcMs &&
          entry.startUtcMs + 4_000 > fromUtcMs &&
          entry.startUtcMs + 4_000 <= t0 + availableS * SECOND,
      );
      if (found.length === 0) throw new ApiError(404, 'not-found', 'no footage in this span');
      return formatPlaylist(found, false);
    },
    timeline: async (channel, span) => ({
      channel,
      ...span,
      gaps: [],
      footage: files
        .map((file) => ({ fromUtcMs: t0 + file.fromS * SECOND, toUtcMs: t0 + file.toS * SECOND }))
        .filter((footage) => footage.toUtcMs > span.fromUtcMs && footage.fromUtcMs < span.toUtcMs),
    }),
  };
  return {
    api: api as ApiClient,
    setAvailable: (seconds: number) => {
      availableS = seconds;
    },
  };
}

const open = (api: ApiClient, atS: number, nowS: number) =>
  openRollingPlaylist({
    api,
    channel: 1,
    atUtcMs: t0 + atS * SECOND,
    nowUtcMs: t0 + nowS * SECOND,
    signal: new AbortController().signal,
  });

describe('rolling playlist', () => {
  it('begins well before the time that was clicked, so that one can go back', async () => {
    const { api } = server([{ seq: 1, fromS: 0, toS: 100 }]);
    const playlist = await open(api, 60, 100);
    expect(playlist?.entries[0]?.startUtcMs).toBe(t0);
  });

  it('a time in a long gap leads to the footage after it', async () => {
    const { api } = server([
      { seq: 1, fromS: 0, toS: 100 },
      { seq: 2, fromS: 20_000, toS: 20_100 },
    ]);
    const playlist = await open(api, 10_000, 30_000);
    expect(playlist?.entries[0]?.startUtcMs).toBe(t0 + 20_000 * SECOND);
  });

  it('says that there is nothing when nothing follows', async () => {
    const { api } = server([{ seq: 1, fromS: 0, toS: 100 }]);
    expect(await open(api, 10_000, 30_000)).toBeUndefined();
  });

  it('passes on any other refusal', async () => {
    const api = { playlist: () => Promise.reject(new ApiError(0, 'unreachable', 'away')) } as unknown as ApiClient;
    await expect(open(api, 0, 10)).rejects.toThrow('away');
  });

  it('grows while the recorder writes, by whole entries, none of them twice', async () => {
    const { api, setAvailable } = server([
      { seq: 1, fromS: 0, toS: 60 },
      { seq: 2, fromS: 60, toS: 120 },
    ]);
    setAvailable(58);
    const playlist = (await open(api, 30, 58))!;
    expect(await playlist.extend(t0 + 59 * SECOND)).toBe(false);
    setAvailable(120);
    expect(await playlist.extend(t0 + 120 * SECOND)).toBe(true);
    const starts = playlist.entries.map((entry) => (entry.startUtcMs - t0) / SECOND);
    expect(starts).toEqual(Array.from({ length: 30 }, (_, i) => i * 4));
  });

  it('goes on after a gap that is longer than what it asks for at a time', async () => {
    const later = (5 * HOUR_MS) / SECOND;
    const { api } = server([
      { seq: 1, fromS: 0, toS: 40 },
      { seq: 2, fromS: later, toS: later + 40 },
    ]);
    const playlist = (await open(api, 30, later + 60))!;
    expect(await playlist.extend(t0 + (later + 60) * SECOND)).toBe(true);
    expect(playlist.endUtcMs).toBe(t0 + (later + 40) * SECOND);
  });

  it('closes where sound begins or ends: a player cannot go on over that', async () => {
    const { api, setAvailable } = server([
      { seq: 1, fromS: 0, toS: 40, sound: 0 },
      { seq: 2, fromS: 40, toS: 80, sound: 1 },
    ]);
    setAvailable(40);
    const playlist = (await open(api, 10, 40))!;
    setAvailable(80);
    await playlist.extend(t0 + 80 * SECOND);
    expect(playlist.isOpen).toBe(false);
    expect(playlist.text()).toContain('#EXT-X-ENDLIST');
    expect(playlist.endUtcMs).toBe(t0 + 40 * SECOND);
  });
});
