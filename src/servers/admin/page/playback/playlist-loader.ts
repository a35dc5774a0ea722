import type { HlsConfig, Loader, LoaderCallbacks, LoaderConfiguration, LoadStats, PlaylistLoaderContext } from 'hls.js';
import type { RollingPlaylist } from './rolling-playlist.ts';

type PlaylistLoader = NonNullable<HlsConfig['pLoader']>;

/** Hands the player the playlist that the page keeps, instead of asking the server for it each few seconds. */
export function playlistLoader(playlist: RollingPlaylist): PlaylistLoader {
  return class implements Loader<PlaylistLoaderContext> {
    context: PlaylistLoaderContext | null = null;
    stats: LoadStats = emptyStats();
    #timer: number | undefined;

    load(
      context: PlaylistLoaderContext,
      _config: LoaderConfiguration,
      callbacks: LoaderCallbacks<PlaylistLoaderContext>,
    ): void {
      this.context = context;
      const nowMs = performance.now();
      this.stats = { ...emptyStats(), loading: { start: nowMs, first: nowMs, end: nowMs } };
      // Later, as from a network: the player does not expect an answer before it has finished asking.
      this.#timer = window.setTimeout(() => {
        const data = playlist.text();
        this.stats = { ...this.stats, loaded: data.length, total: data.length };
        callbacks.onSuccess({ url: new URL(playlist.url, location.href).href, data }, this.stats, context, null);
      });
    }
    abort(): void {
      window.clearTimeout(this.#timer);
    }
    destroy(): void {
      this.abort();
    }
  };
}

function emptyStats(): LoadStats {
  return {
    aborted: false,
    loaded: 0,
    retry: 0,
    total: 0,
    chunkCount: 0,
    bwEstimate: 0,
    loading: { start: 0, first: 0, end: 0 },
    parsing: { start: 0, end: 0 },
    buffering: { start: 0, first: 0, end: 0 },
  };
}
