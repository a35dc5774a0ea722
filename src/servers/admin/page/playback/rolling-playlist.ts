import { DAY_MS, MINUTE_MS } from '../../../../base/units.ts';
import { type ApiClient, ApiError, playlistUrl } from '../api/client.ts';
import type { Span } from '../api/types.ts';
import { type Entry, endUtcMs, formatPlaylist, joinEntries, parsePlaylist, soundOf } from './playlist.ts';

const BEFORE_MS = 30 * MINUTE_MS;
const AHEAD_MS = 60 * MINUTE_MS;
/** Footage beyond a longer hole is found by a click on the timeline. */
const SEARCH_MS = 7 * DAY_MS;
/** Past the last picture of what is there, short of the first of what comes. */
const INTO_NEXT_MS = 20;

export interface RollingPlaylist {
  /** Playlist as the player shall see it at this moment. */
  text(): string;
  /** Path of the API that the entries' addresses are relative to. */
  readonly url: string;
  readonly entries: readonly Entry[];
  /** False when what follows needs a player of its own: it has sound and this has none, or the other way round. */
  readonly isOpen: boolean;
  readonly endUtcMs: number;
  /** Asks for what follows; true when something was added. */
  extend(nowUtcMs: number): Promise<boolean>;
}

/**
 * Playlist around a wall time. Undefined when there is no footage at that time nor in the week after it. A time within a gap
 * gives a playlist that goes on with the footage that follows.
 */
export async function openRollingPlaylist(options: {
  readonly api: ApiClient;
  readonly channel: number;
  readonly atUtcMs: number;
  readonly nowUtcMs: number;
  readonly signal: AbortSignal;
}): Promise<RollingPlaylist | undefined> {
  const { api, channel, atUtcMs, nowUtcMs, signal } = options;
  const fetchSpan = (span: Span) => fetchEntries(api, channel, span, signal);

  async function firstEntries(): Promise<{ span: Span; entries: Entry[] } | undefined> {
    // Without what lies before it when the camera was set anew in between: the server closes a playlist there.
    for (const fromUtcMs of [atUtcMs - BEFORE_MS, atUtcMs]) {
      const span = { fromUtcMs, toUtcMs: atUtcMs + AHEAD_MS };
      const entries = await fetchSpan(span);
      if (entries.some((entry) => endUtcMs(entry) > atUtcMs)) return { span, entries };
    }
    const next = await findFootage(api, channel, atUtcMs, nowUtcMs, signal);
    if (next === undefined) return undefined;
    const span = { fromUtcMs: next, toUtcMs: next + AHEAD_MS };
    const entries = await fetchSpan(span);
    return entries.length > 0 ? { span, entries } : undefined;
  }

  const first = await firstEntries();
  if (!first) return undefined;
  let entries = first.entries;
  let isOpen = true;
  const lastMs = () => endUtcMs(entries.at(-1)!);
  return {
    text: () => formatPlaylist(entries, isOpen),
    url: playlistUrl(channel, first.span),
    get entries() {
      return entries;
    },
    get isOpen() {
      return isOpen;
    },
    get endUtcMs() {
      return lastMs();
    },
    async extend(now) {
      if (!isOpen) return false;
      const fromUtcMs = lastMs() + INTO_NEXT_MS;
      let more = await fetchSpan({ fromUtcMs, toUtcMs: fromUtcMs + AHEAD_MS });
      if (more.length === 0 && fromUtcMs + AHEAD_MS < now) {
        const next = await findFootage(api, channel, fromUtcMs, now, signal);
        if (next !== undefined) more = await fetchSpan({ fromUtcMs: next, toUtcMs: next + AHEAD_MS });
      }
      const joined = joinEntries(entries, more);
      if (joined.length === entries.length) return false;
      isOpen = soundOf(joined[entries.length]!) === soundOf(entries.at(-1)!);
      if (isOpen) entries = joined;
      return true;
    },
  };
}

/** Empty where the span has no footage; other refusals are thrown. */
async function fetchEntries(api: ApiClient, channel: number, span: Span, signal: AbortSignal): Promise<Entry[]> {
  try {
    return parsePlaylist(await api.playlist(channel, span, signal));
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return [];
    throw error;
  }
}

async function findFootage(
  api: ApiClient,
  channel: number,
  fromUtcMs: number,
  nowUtcMs: number,
  signal: AbortSignal,
): Promise<number | undefined> {
  const toUtcMs = Math.min(fromUtcMs + SEARCH_MS, nowUtcMs);
  if (toUtcMs <= fromUtcMs) return undefined;
  const timeline = await api.timeline(channel, { fromUtcMs, toUtcMs }, signal);
  const next = timeline.footage.find((span) => span.toUtcMs > fromUtcMs);
  return next && Math.max(fromUtcMs, next.fromUtcMs);
}
