import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Entry,
  formatPlaylist,
  joinEntries,
  parsePlaylist,
  soundOf,
} from '../../../../src/servers/admin/page/playback/playlist.ts';

const startUtcMs = Date.UTC(2026, 10, 23, 12);
const map = (seq: number, sound = 1) => `#EXT-X-MAP:URI="../../segments/u/1/${seq}/init.mp4?sound=${sound}"`;
const entry = (seq: number, second: number, change: Partial<Entry> = {}): Entry => ({
  uri: `../../segments/u/1/${seq}/media.m4s?from=${second}&to=${second + 4}&sound=1`,
  map: map(seq),
  isDiscontinuity: false,
  startUtcMs: startUtcMs + second * 1000,
  durationS: 4,
  ...change,
});

describe('playlist', () => {
  it('reads what the server writes: a map per file, wall time per entry, breaks between files', () => {
    const text = [
      '#EXTM3U',
      '#EXT-X-VERSION:7',
      '#EXT-X-TARGETDURATION:4',
      '#EXT-X-START:TIME-OFFSET=1.000,PRECISE=YES',
      map(1),
      '#EXT-X-PROGRAM-DATE-TIME:2026-11-23T12:00:00.000Z',
      '#EXTINF:4.000000,',
      entry(1, 0).uri,
      '#EXTINF:4.000000,',
      entry(1, 4).uri,
      '#EXT-X-DISCONTINUITY',
      map(2),
      '#EXT-X-PROGRAM-DATE-TIME:2026-11-23T12:00:30.000Z',
      '#EXTINF:4.000000,',
      entry(2, 30).uri,
      '#EXT-X-ENDLIST',
    ];
    const expected = [entry(1, 0), entry(1, 4), entry(2, 30, { isDiscontinuity: true })];
    expect(parsePlaylist(text.join('\n'))).toEqual(expected);
    expect(parsePlaylist(text.join('\r\n'))).toEqual(expected);
  });

  it('reads back what it wrote', () => {
    const list = fc.array(fc.record({ seq: fc.integer({ min: 1, max: 3 }), ms: fc.integer({ min: 500, max: 9_000 }) }));
    fc.assert(
      fc.property(list, (items) => {
        let second = 0;
        const entries = items.map(({ seq, ms }, i) => {
          const made = entry(seq, second, {
            durationS: ms / 1000,
            isDiscontinuity: i > 0 && items[i - 1]?.seq !== seq,
          });
          second += Math.ceil(ms / 1000);
          return made;
        });
        expect(parsePlaylist(formatPlaylist(entries, true))).toEqual(entries);
      }),
    );
  });

  it('is open until it is closed', () => {
    expect(formatPlaylist([entry(1, 0)], true)).not.toContain('ENDLIST');
    expect(formatPlaylist([entry(1, 0)], false)).toContain('#EXT-X-ENDLIST');
  });
});

describe('joining what follows', () => {
  it('goes on within the same file without a break', () =>
    expect(joinEntries([entry(1, 0)], [entry(1, 4)])).toEqual([entry(1, 0), entry(1, 4)]));
  it('a new file begins with a break, although it is the first of its answer', () =>
    expect(joinEntries([entry(1, 0)], [entry(2, 4)]).at(-1)?.isDiscontinuity).toBe(true));
  it('leaves out what is there already', () =>
    expect(joinEntries([entry(1, 0), entry(1, 4)], [entry(1, 4), entry(1, 8)])).toHaveLength(3));
  it('takes a begin that was rounded to the millisecond before', () =>
    expect(joinEntries([entry(1, 0)], [entry(1, 4, { startUtcMs: startUtcMs + 3_999 })])).toHaveLength(2));
  it('knows whether entries have sound', () => expect(soundOf(entry(1, 0))).toBe('1'));
});
