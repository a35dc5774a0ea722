import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ENTRY_MIN_MS,
  type FragmentTimes,
  formatPlaylist,
  type PictureGroup,
  type PlaylistFile,
  pictureGroups,
  planPlaylist,
} from '../../src/playback/hls.ts';

const START = Date.UTC(2026, 2, 1, 12);

/** Groups of `groupMs` with two fragments each. */
function file(
  seq: number,
  startMs: number,
  groupMs: readonly number[],
  more: Partial<PlaylistFile> = {},
): PlaylistFile {
  let atMs = startMs;
  const groups = groupMs.map((durationMs, i): PictureGroup => {
    const group = { firstFragment: i * 2, endFragment: i * 2 + 2, startUtcMs: START + atMs, durationMs };
    atMs += durationMs;
    return group;
  });
  return {
    unit: '01234567',
    boot: 3,
    seq,
    videoCodec: 'h264',
    audioCodec: 'aac',
    isClosed: true,
    fromUtcMs: START + startMs,
    toUtcMs: START + atMs,
    groups,
    ...more,
  };
}

/** `7:0-4` is fragments 0 to 4 (exclusive) of sequence 7; `|` stands for a discontinuity. */
function summary(files: PlaylistFile[], fromMs: number, toMs: number, isGrowing = false) {
  const playlist = planPlaylist({
    files,
    fromUtcMs: START + fromMs,
    toUtcMs: START + toMs,
    isGrowing,
    wantsSound: true,
  });
  const entries = playlist.entries
    .map((e) => `${e.isNewFile ? '| ' : ''}${e.file.seq}:${e.firstFragment}-${e.endFragment}`)
    .join(' ');
  return { entries, sound: playlist.hasSound, complete: playlist.isComplete };
}

describe('what a playlist holds', () => {
  const second = (count: number) => Array.from({ length: count }, () => 1000);
  const mute = { audioCodec: null };
  const cases: {
    name: string;
    files: PlaylistFile[];
    span: [number, number];
    isGrowing?: boolean;
    entries: string;
    sound?: boolean;
    complete?: boolean;
  }[] = [
    {
      name: 'groups of a second are joined to three seconds, but for the first, which starts quickly',
      files: [file(7, 0, second(9))],
      span: [0, 10_000],
      entries: '| 7:0-2 7:2-8 7:8-14 7:14-18',
    },
    {
      name: 'a group longer than that is an entry of its own',
      files: [file(7, 0, [4800, 4800, 1000])],
      span: [0, 99_000],
      entries: '| 7:0-2 7:2-4 7:4-6',
    },
    {
      name: 'it starts at the group that holds the first instant, and ends with the one that holds the last',
      files: [file(7, 0, second(10))],
      span: [2500, 4500],
      entries: '| 7:4-6 7:6-10',
    },
    {
      name: 'the end of the span is exclusive',
      files: [file(7, 0, second(10))],
      span: [2000, 3000],
      entries: '| 7:4-6',
    },
    {
      name: 'entries do not reach over a border between files',
      files: [file(7, 0, second(2)), file(8, 2000, second(2))],
      span: [0, 4000],
      entries: '| 7:0-2 7:2-4 | 8:0-4',
    },
    {
      name: 'what was written again is played from the newer file only',
      files: [file(7, 0, second(4), { toUtcMs: START + 2000 }), file(8, 2000, second(4))],
      span: [0, 9000],
      entries: '| 7:0-2 7:2-4 | 8:0-6 8:6-8',
    },
    {
      name: 'a group of which a newer file covers only the smaller part is kept',
      files: [file(7, 0, second(2), { toUtcMs: START + 1960 }), file(8, 1960, second(1))],
      span: [0, 9000],
      entries: '| 7:0-2 7:2-4 | 8:0-2',
    },
    {
      name: 'a newer file in the middle of an older one: both parts of the older are a new start',
      files: [
        file(7, 0, second(6), { toUtcMs: START + 2000 }),
        file(8, 2000, second(2)),
        file(7, 0, second(6), { fromUtcMs: START + 4000 }),
      ],
      span: [0, 6000],
      entries: '| 7:0-2 7:2-4 | 8:0-4 | 7:8-12',
    },
    {
      name: 'sound that ends: none for the whole playlist',
      files: [file(7, 0, second(2)), file(8, 2000, second(2), mute)],
      span: [0, 4000],
      entries: '| 7:0-2 7:2-4 | 8:0-4',
      sound: false,
    },
    {
      name: 'sound of another codec: none for the whole playlist',
      files: [file(7, 0, second(2), { audioCodec: 'pcmu' }), file(8, 2000, second(2))],
      span: [0, 4000],
      entries: '| 7:0-2 7:2-4 | 8:0-4',
      sound: false,
    },
    {
      name: 'no sound anywhere',
      files: [file(7, 0, second(2), mute)],
      span: [0, 4000],
      entries: '| 7:0-2 7:2-4',
      sound: false,
    },
    {
      name: 'sound that ends while footage is added: the playlist ends there, as its first entries may not change',
      files: [file(7, 0, second(2)), file(8, 2000, second(2), mute)],
      span: [0, 60_000],
      isGrowing: true,
      entries: '| 7:0-2 7:2-4',
      complete: true,
    },
    {
      name: 'footage that is still added: open at its end',
      files: [file(7, 0, second(5), { isClosed: false })],
      span: [0, 60_000],
      isGrowing: true,
      entries: '| 7:0-2 7:2-8',
      complete: false,
    },
    {
      name: 'footage that may be added, but not to this file: all of it',
      files: [file(7, 0, second(5))],
      span: [0, 60_000],
      isGrowing: true,
      entries: '| 7:0-2 7:2-8 7:8-10',
      complete: false,
    },
    {
      name: 'another video codec ends the playlist',
      files: [file(7, 0, second(2)), file(8, 2000, second(2), { videoCodec: 'h265' })],
      span: [0, 4000],
      entries: '| 7:0-2 7:2-4',
    },
    { name: 'nothing in the span', files: [file(7, 0, second(2))], span: [2000, 4000], entries: '', sound: false },
  ];
  test.each(cases)('$name', ({ files, span, isGrowing = false, entries, sound = true, complete }) => {
    expect(summary(files, span[0], span[1], isGrowing)).toEqual({ entries, sound, complete: complete ?? !isGrowing });
  });

  test('entries that a player has already seen never change while footage is added', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 100, max: 6000 }), { minLength: 2, maxLength: 40 }),
        fc.nat(),
        (lengths, n) => {
          const part = file(7, 0, lengths.slice(0, 1 + (n % lengths.length)), { isClosed: false });
          const seen = summary([part], 0, 1e9, true).entries.split(' ');
          const later = summary([file(7, 0, lengths)], 0, 1e9, true).entries.split(' ');
          expect(later.slice(0, seen.length)).toEqual(seen);
          expect(seen.length).toBeGreaterThan(1);
        },
      ),
    );
  });

  test('every group of the span is played once, in order', () => {
    const lengths = fc.array(fc.integer({ min: 100, max: 9000 }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(lengths, fc.nat(50_000), fc.nat(50_000), (groupMs, fromMs, lengthMs) => {
        const one = file(7, 0, groupMs);
        const span = { fromUtcMs: START + fromMs, toUtcMs: START + fromMs + lengthMs + 1 };
        const { entries } = planPlaylist({ files: [one], ...span, isGrowing: false, wantsSound: true });
        const expected = one.groups.filter(
          (g) => g.startUtcMs < span.toUtcMs && g.startUtcMs + g.durationMs > span.fromUtcMs,
        );
        const played = entries.flatMap((e) =>
          Array.from({ length: (e.endFragment - e.firstFragment) / 2 }, (_, i) => e.firstFragment + i * 2),
        );
        expect(played).toEqual(expected.map((g) => g.firstFragment));
        for (const e of entries.slice(1, -1)) expect(e.durationMs).toBeGreaterThanOrEqual(ENTRY_MIN_MS);
      }),
    );
  });
});

describe('playlist text', () => {
  test('two files, with the exact times and the place of the instant that was asked for', () => {
    const files = [file(7, 0, [2002, 2002]), file(8, 4004, [6000.5])];
    const playlist = planPlaylist({
      files,
      fromUtcMs: START + 2500,
      toUtcMs: START + 9000,
      isGrowing: false,
      wantsSound: true,
    });
    expect(formatPlaylist(playlist, '../..')).toBe(`#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:7
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-START:TIME-OFFSET=0.498,PRECISE=YES
#EXT-X-MAP:URI="../../segments/01234567/3/7/init.mp4?sound=1"
#EXT-X-PROGRAM-DATE-TIME:2026-03-01T12:00:02.002Z
#EXTINF:2.002000,
../../segments/01234567/3/7/media.m4s?from=2&to=4&sound=1
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="../../segments/01234567/3/8/init.mp4?sound=1"
#EXT-X-PROGRAM-DATE-TIME:2026-03-01T12:00:04.004Z
#EXTINF:6.000500,
../../segments/01234567/3/8/media.m4s?from=0&to=2&sound=1
#EXT-X-ENDLIST
`);
  });

  test('without an end while footage is added', () => {
    const playlist = planPlaylist({
      files: [file(7, 0, [1000])],
      fromUtcMs: START,
      toUtcMs: START + 9000,
      isGrowing: true,
      wantsSound: false,
    });
    const text = formatPlaylist(playlist, '../..');
    expect(text).toContain('#EXT-X-PLAYLIST-TYPE:EVENT');
    expect(text).toContain('sound=0');
    expect(text).not.toContain('ENDLIST');
  });
});

describe('groups of pictures of a file', () => {
  /** `K` a fragment that starts with a key frame, `-` one that does not; each half a second. */
  const fragments = (shape: string): FragmentTimes[] =>
    [...shape].map((letter, i) => ({
      startsWithKey: letter === 'K',
      wallUtcMs: START + i * 500,
      mediaTime90k: i * 45_000,
      duration90k: 45_000,
    }));
  const cases: { name: string; shape: string; isClosed: boolean; groups: string }[] = [
    { name: 'closed', shape: 'K-K--', isClosed: true, groups: '0-2:1000 2-5:1500' },
    {
      name: 'the last group of a file that is being written is not whole',
      shape: 'K-K--',
      isClosed: false,
      groups: '0-2:1000',
    },
    {
      name: 'what comes before the first key frame cannot be played',
      shape: '--K-',
      isClosed: true,
      groups: '2-4:1000',
    },
    { name: 'no key frame at all', shape: '---', isClosed: true, groups: '' },
    { name: 'no fragment', shape: '', isClosed: true, groups: '' },
  ];
  test.each(cases)('$name', ({ shape, isClosed, groups }) => {
    const found = pictureGroups(fragments(shape), isClosed);
    expect(found.map((g) => `${g.firstFragment}-${g.endFragment}:${g.durationMs}`).join(' ')).toBe(groups);
  });
});
