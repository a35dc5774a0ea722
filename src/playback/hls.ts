import type { FragmentInfo } from '../archive/contents-table.ts';

/**
 * HLS playlist of a span of one channel, after what players were found to do:
 * - an entry is one or more whole groups of pictures: with less, a seek shows the wrong picture or never ends;
 * - each file gets EXT-X-DISCONTINUITY and EXT-X-MAP: files start at media time 0 and may differ in size and profile;
 * - sound that is there in one file and not in the next, or of another codec, is a fatal error in browsers.
 */
export interface PlaylistFile {
  readonly unit: string;
  readonly boot: number;
  readonly seq: number;
  readonly videoCodec: string;
  /** As it is sent: `flac` in place of G.711. Null without sound. */
  readonly audioCodec: string | null;
  /** False while it is being written. */
  readonly isClosed: boolean;
  /** What this file shows of the channel: outside of it a newer file does. */
  readonly fromUtcMs: number;
  readonly toUtcMs: number;
  /** Whole groups of pictures, ascending. */
  readonly groups: readonly PictureGroup[];
}

/** From a key frame up to the next one. */
export interface PictureGroup {
  readonly firstFragment: number;
  /** Exclusive. */
  readonly endFragment: number;
  readonly startUtcMs: number;
  readonly durationMs: number;
}

export interface PlaylistEntry {
  readonly file: PlaylistFile;
  readonly firstFragment: number;
  readonly endFragment: number;
  readonly startUtcMs: number;
  readonly durationMs: number;
  /** First entry of a file, or of another part of one. */
  readonly isNewFile: boolean;
}

export interface Playlist {
  readonly entries: readonly PlaylistEntry[];
  readonly hasSound: boolean;
  /** False when more will be there for this span later: the player asks again. */
  readonly isComplete: boolean;
  /** Into the first entry, to the time asked for. */
  readonly startOffsetMs: number;
}

/**
 * An entry takes groups until it is this long. Short enough that a seek loads little, long enough that two hours stay below 2,500
 * entries. That a group ends an entry depends on what is before it alone: so a playlist that grows never changes its entries.
 */
export const ENTRY_MIN_MS = 3_000;

/** Longer spans are played in pieces: the index of each file has to be read before the first byte of a playlist. */
export const MAX_PLAYLIST_MS = 2 * 3_600_000;

/**
 * `files` ascending, without overlap. `isGrowing`: footage of the span may still be added. Then entries only ever get added, so
 * that a player that loads the playlist again goes on without a stall; what would change the earlier ones (sound that ends)
 * closes the playlist instead, and the player asks for a new one from there.
 */
export function planPlaylist(input: {
  readonly files: readonly PlaylistFile[];
  readonly fromUtcMs: number;
  readonly toUtcMs: number;
  readonly isGrowing: boolean;
  readonly wantsSound: boolean;
}): Playlist {
  const { fromUtcMs, toUtcMs, isGrowing } = input;
  const shown = input.files
    .map((file) => ({ file, groups: file.groups.filter((group) => isShown(group, file, fromUtcMs, toUtcMs)) }))
    .filter(({ groups }) => groups.length > 0);

  const first = shown[0]?.file;
  const isLike = ({ file }: { file: PlaylistFile }) =>
    file.videoCodec === first?.videoCodec && (!isGrowing || file.audioCodec === first?.audioCodec);
  const changeAt = shown.findIndex((item) => !isLike(item));
  const played = changeAt < 0 ? shown : shown.slice(0, changeAt);

  const entries = joinGroups(played);
  const last = entries.at(-1);
  const mayTakeMore = last !== undefined && !last.file.isClosed && last.durationMs < ENTRY_MIN_MS && entries.length > 1;
  if (isGrowing && changeAt < 0 && mayTakeMore) entries.pop();

  const isEverywhere = played.every(({ file }) => file.audioCodec === first?.audioCodec);
  return {
    entries,
    hasSound: input.wantsSound && isEverywhere && first !== undefined && first.audioCodec !== null,
    isComplete: !isGrowing || changeAt >= 0,
    startOffsetMs: Math.max(0, fromUtcMs - (entries[0]?.startUtcMs ?? fromUtcMs)),
  };
}

/** A group at the border to a newer file belongs to the file that holds its middle; one at an end of the span is shown whole. */
function isShown(group: PictureGroup, file: PlaylistFile, fromUtcMs: number, toUtcMs: number): boolean {
  const endUtcMs = group.startUtcMs + group.durationMs;
  const middleUtcMs = (group.startUtcMs + endUtcMs) / 2;
  const isOfFile = file.fromUtcMs <= middleUtcMs && middleUtcMs < file.toUtcMs;
  return isOfFile && endUtcMs > fromUtcMs && group.startUtcMs < toUtcMs;
}

/** The first entry is a single group, so that playing begins as soon as that one is there. */
function joinGroups(played: readonly { file: PlaylistFile; groups: readonly PictureGroup[] }[]): PlaylistEntry[] {
  const entries: PlaylistEntry[] = [];
  for (const { file, groups } of played) {
    for (const group of groups) {
      const last = entries.at(-1);
      const isNext = last !== undefined && last.file === file && last.endFragment === group.firstFragment;
      if (isNext && entries.length > 1 && last.durationMs < ENTRY_MIN_MS) {
        const durationMs = last.durationMs + group.durationMs;
        entries[entries.length - 1] = { ...last, endFragment: group.endFragment, durationMs };
      } else {
        entries.push({ file, ...group, isNewFile: !isNext });
      }
    }
  }
  return entries;
}

/** `baseUri` leads to the API's root, relative to the playlist. */
export function formatPlaylist(playlist: Playlist, baseUri: string): string {
  const longestMs = playlist.entries.reduce((max, entry) => Math.max(max, entry.durationMs), ENTRY_MIN_MS);
  const sound = playlist.hasSound ? 1 : 0;
  const lines = [
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    `#EXT-X-TARGETDURATION:${Math.ceil(longestMs / 1000)}`,
    '#EXT-X-MEDIA-SEQUENCE:0',
    `#EXT-X-PLAYLIST-TYPE:${playlist.isComplete ? 'VOD' : 'EVENT'}`,
    '#EXT-X-INDEPENDENT-SEGMENTS',
    `#EXT-X-START:TIME-OFFSET=${(playlist.startOffsetMs / 1000).toFixed(3)},PRECISE=YES`,
  ];
  playlist.entries.forEach((entry, index) => {
    const { unit, boot, seq } = entry.file;
    const segmentUri = `${baseUri}/segments/${unit}/${boot}/${seq}`;
    if (entry.isNewFile) {
      if (index > 0) lines.push('#EXT-X-DISCONTINUITY');
      lines.push(`#EXT-X-MAP:URI="${segmentUri}/init.mp4?sound=${sound}"`);
    }
    lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(entry.startUtcMs).toISOString()}`);
    lines.push(`#EXTINF:${(entry.durationMs / 1000).toFixed(6)},`);
    lines.push(`${segmentUri}/media.m4s?from=${entry.firstFragment}&to=${entry.endFragment}&sound=${sound}`);
  });
  if (playlist.isComplete) lines.push('#EXT-X-ENDLIST');
  return `${lines.join('\n')}\n`;
}

/** What a playlist needs to know of a fragment. */
export type FragmentTimes = Pick<FragmentInfo, 'startsWithKey' | 'wallUtcMs' | 'mediaTime90k' | 'duration90k'>;

/**
 * The last group of a file that is still being written is not whole. Pictures before the first key frame (a file that was cut
 * without one) cannot be played and are in no group.
 */
export function pictureGroups(fragments: readonly FragmentTimes[], isClosed: boolean): PictureGroup[] {
  const groups: PictureGroup[] = [];
  const keyAt = fragments.flatMap((fragment, index) => (fragment.startsWithKey ? [index] : []));
  keyAt.forEach((firstFragment, i) => {
    const next = keyAt[i + 1];
    if (next === undefined && !isClosed) return;
    const endFragment = next ?? fragments.length;
    const first = fragments[firstFragment]!;
    const last = fragments[endFragment - 1]!;
    const end90k = fragments[endFragment]?.mediaTime90k ?? last.mediaTime90k + last.duration90k;
    const durationMs = (end90k - first.mediaTime90k) / 90;
    groups.push({ firstFragment, endFragment, startUtcMs: first.wallUtcMs, durationMs });
  });
  return groups;
}
