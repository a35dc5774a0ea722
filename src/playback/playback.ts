import type { Clock } from '../base/clock.ts';
import { Exporter } from './exporter.ts';
import { type FootageCatalog, FootageFinder } from './footage-finder.ts';
import { PlaylistMaker } from './playlist-maker.ts';
import { SegmentShelf } from './segment-shelf.ts';

/** The ways to recorded footage; they share the segments that are open. */
export interface Playback {
  readonly shelf: SegmentShelf;
  readonly finder: FootageFinder;
  readonly playlists: PlaylistMaker;
  readonly exporter: Exporter;
  start(): void;
  stop(): Promise<void>;
}

export function createPlayback(options: { catalog: FootageCatalog; clock: Clock }): Playback {
  const { catalog, clock } = options;
  const shelf = new SegmentShelf({ clock });
  const finder = new FootageFinder({ catalog, shelf });
  return {
    shelf,
    finder,
    playlists: new PlaylistMaker({ finder, shelf, clock }),
    exporter: new Exporter({ finder, shelf }),
    start: () => shelf.start(),
    stop: () => shelf.stop(),
  };
}
