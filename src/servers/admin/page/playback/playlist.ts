/**
 * The player's playlist grows while it plays. The server answers closed playlists of a span; here they are taken apart into
 * entries, joined, and written again as one that is still open, so that the player goes on across the ends of spans, and up to
 * the footage that is being recorded, without being loaded anew.
 */
export interface Entry {
  readonly uri: string;
  /** `#EXT-X-MAP` in force. */
  readonly map: string;
  readonly isDiscontinuity: boolean;
  readonly startUtcMs: number;
  readonly durationS: number;
}

export function parsePlaylist(text: string): Entry[] {
  const entries: Entry[] = [];
  let map = '';
  let isDiscontinuity = false;
  let durationS = 0;
  let nextUtcMs = 0;
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith('#EXT-X-MAP:')) map = line;
    else if (line === '#EXT-X-DISCONTINUITY') isDiscontinuity = true;
    else if (line.startsWith('#EXT-X-PROGRAM-DATE-TIME:')) nextUtcMs = Date.parse(line.slice(line.indexOf(':') + 1));
    else if (line.startsWith('#EXTINF:')) durationS = Number.parseFloat(line.slice('#EXTINF:'.length));
    else if (line !== '' && !line.startsWith('#')) {
      entries.push({ uri: line, map, isDiscontinuity, startUtcMs: nextUtcMs, durationS });
      nextUtcMs += durationS * 1000;
      isDiscontinuity = false;
    }
  }
  return entries;
}

export function endUtcMs(entry: Entry): number {
  return entry.startUtcMs + entry.durationS * 1000;
}

/** Appends what begins at or after the end of what is there; half a frame of rounding is allowed. */
export function joinEntries(entries: readonly Entry[], more: readonly Entry[]): Entry[] {
  const last = entries.at(-1);
  if (!last) return [...more];
  const fresh = more.filter((entry) => entry.startUtcMs > endUtcMs(last) - JOIN_TOLERANCE_MS);
  return [
    ...entries,
    ...fresh.map((entry, i) => (i === 0 ? { ...entry, isDiscontinuity: entry.map !== last.map } : entry)),
  ];
}

const JOIN_TOLERANCE_MS = 20;

/** `isOpen`: more may come, the player asks again. */
export function formatPlaylist(entries: readonly Entry[], isOpen: boolean): string {
  const targetS = Math.max(1, ...entries.map((entry) => Math.ceil(entry.durationS)));
  const lines = [
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    `#EXT-X-TARGETDURATION:${targetS}`,
    `#EXT-X-PLAYLIST-TYPE:${isOpen ? 'EVENT' : 'VOD'}`,
    '#EXT-X-MEDIA-SEQUENCE:0',
    '#EXT-X-INDEPENDENT-SEGMENTS',
  ];
  let map = '';
  for (const [i, entry] of entries.entries()) {
    if (i > 0 && entry.isDiscontinuity) lines.push('#EXT-X-DISCONTINUITY');
    if (entry.map !== map) lines.push(entry.map);
    map = entry.map;
    lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(entry.startUtcMs).toISOString()}`);
    lines.push(`#EXTINF:${entry.durationS.toFixed(6)},`, entry.uri);
  }
  if (!isOpen) lines.push('#EXT-X-ENDLIST');
  return `${lines.join('\n')}\n`;
}

/** Players cannot go on from entries with sound to entries without it, nor back. */
export function soundOf(entry: Entry): string {
  return /[?&]sound=(\d)/.exec(entry.uri)?.[1] ?? '';
}
