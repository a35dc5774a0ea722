import type { Clock } from '../base/clock.ts';
import { SECOND_MS } from '../base/units.ts';
import { browserSound } from './browser-sound.ts';
import type { FootageFinder, FoundSegment } from './footage-finder.ts';
import { MAX_PLAYLIST_MS, type Playlist, type PlaylistFile, pictureGroups, planPlaylist } from './hls.ts';
import type { SegmentPart } from './overlap.ts';
import type { SegmentShelf } from './segment-shelf.ts';

/** What the recorder has received by now is on the drive, in whole fragments, after this. */
const SETTLED_MS = 10 * SECOND_MS;

/** Footage that ended longer ago than this is not being continued: the playlist has an end, and the player need not ask again. */
const QUIET_MS = 60 * SECOND_MS;

/** Playlists of a channel's footage. */
export class PlaylistMaker {
  readonly #finder: FootageFinder;
  readonly #shelf: SegmentShelf;
  readonly #clock: Clock;

  constructor(options: { finder: FootageFinder; shelf: SegmentShelf; clock: Clock }) {
    this.#finder = options.finder;
    this.#shelf = options.shelf;
    this.#clock = options.clock;
  }

  /** Of at most MAX_PLAYLIST_MS from the start of the span. AppError `not-found`, with the nearest footage, when there is none. */
  async make(span: { channelId: string; fromUtcMs: number; toUtcMs: number; wantsSound: boolean }): Promise<Playlist> {
    const { channelId, fromUtcMs, wantsSound } = span;
    const toUtcMs = Math.min(span.toUtcMs, fromUtcMs + MAX_PLAYLIST_MS);
    const parts = await this.#finder.readableParts(channelId, fromUtcMs, toUtcMs);
    const files: PlaylistFile[] = [];
    for (const part of parts) files.push(await this.#fileOf(part));

    const now = this.#clock.nowUtcMs();
    const endUtcMs = parts.at(-1)?.toUtcMs ?? 0;
    const isGrowing = toUtcMs > now - SETTLED_MS && endUtcMs > now - QUIET_MS;
    const playlist = planPlaylist({ files, fromUtcMs, toUtcMs, isGrowing, wantsSound });
    if (playlist.entries.length === 0) throw await this.#finder.nothingFound(channelId, fromUtcMs, toUtcMs);
    return playlist;
  }

  #fileOf({ segment, fromUtcMs, toUtcMs }: SegmentPart<FoundSegment>): Promise<PlaylistFile> {
    return this.#shelf.use(segment, ({ formats, fragments, isClosed }) => ({
      unit: segment.unit,
      boot: segment.boot,
      seq: segment.seq,
      videoCodec: formats.video.codec,
      audioCodec: (formats.audio && browserSound(formats.audio))?.format.codec ?? null,
      isClosed,
      fromUtcMs,
      toUtcMs,
      groups: pictureGroups(fragments, isClosed),
    }));
  }
}
