import { rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import Koa from 'koa';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../src/base/clock.ts';
import { AppError } from '../../src/base/errors.ts';
import { silentLog } from '../../src/base/log.ts';
import type { CatalogGap, CatalogSegment } from '../../src/catalog/rows.ts';
import type { ChannelSettings } from '../../src/config/settings.ts';
import { fragmentHeadBytes, parseFragmentHead } from '../../src/media/fmp4/fragment-parse.ts';
import type { FootageCatalog } from '../../src/playback/footage-finder.ts';
import { createPlayback, type Playback } from '../../src/playback/playback.ts';
import { apiRouter } from '../../src/servers/admin/app.ts';
import { replyWithErrors } from '../../src/servers/admin/error-reply.ts';
import { type MediaRoutesDeps, mediaRoutes } from '../../src/servers/admin/media-routes.ts';
import { SESSION_COOKIE, Sessions } from '../../src/servers/admin/sessions.ts';
import { CHANNEL, closeSegment, fragmentsOf, makeDrive, type TestDrive, UNIT } from './drive.ts';
import { type Clip, makeClip, slice, tool } from './footage.ts';

const START = Date.UTC(2026, 2, 1, 12);

let drive: TestDrive;
let clock: ManualClock;
let playback: Playback;
let server: Server;
let base: string;
let cookie: string;
let segments: CatalogSegment[];
let gaps: CatalogGap[];
let plain: Clip;
let reordered: Clip;

beforeAll(async () => {
  plain = await makeClip({ seconds: 12, sound: 'aac' });
  reordered = await makeClip({ seconds: 12, bFrames: 2, sound: 'pcma' });
});

beforeEach(async () => {
  drive = await makeDrive();
  clock = new ManualClock(START + 3_600_000);
  segments = [];
  gaps = [];
  const catalog = catalogOf();
  playback = createPlayback({ catalog, clock });
  const sessions = new Sessions({ clock });
  cookie = `${SESSION_COOKIE}=${sessions.create()}`;
  const routes = mediaRoutes({
    catalog,
    channels: { get: channelOf },
    playback,
    log: silentLog,
  });
  const app = new Koa();
  app.silent = true;
  app.use(replyWithErrors(silentLog));
  app.use(apiRouter(routes, sessions).routes());
  server = createServer(app.callback());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await playback.stop();
  await drive.remove();
});

/** The catalog's questions, answered from a list. */
function catalogOf(): FootageCatalog & MediaRoutesDeps['catalog'] {
  const endOf = (s: CatalogSegment) => s.endUtcMs ?? Number.MAX_SAFE_INTEGER;
  return {
    segmentsOf: async (_channelId, from, to) => segments.filter((s) => s.startUtcMs < to && endOf(s) > from),
    segment: async (unit, boot, seq) => segments.find((s) => s.unit === unit && s.boot === boot && s.seq === seq),
    nearestSegments: async (_channelId, at) => {
      const before = segments.filter((s) => endOf(s) <= at).at(-1);
      const after = segments.find((s) => s.startUtcMs >= at);
      return { ...(before ? { before } : {}), ...(after ? { after } : {}) };
    },
    gapsOf: async () => gaps,
  };
}

function channelOf(number: number): ChannelSettings {
  if (number !== 1) throw new AppError('not-found', `channel ${number}: does not exist`);
  return { id: CHANNEL, name: 'Loading dock / north' } as ChannelSettings;
}

const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  fetch(`${base}${path}`, { method, headers: { cookie, ...headers } });
const span = (from: number, to: number) => `from=${START + from}&to=${START + to}`;

async function bytesOf(reply: Response): Promise<Buffer> {
  return Buffer.from(await reply.arrayBuffer());
}

async function errorOf(path: string): Promise<{ status: number; kind: string; message: string }> {
  const reply = await get(path);
  const { error } = (await reply.json()) as { error: { kind: string; message: string } };
  return { status: reply.status, ...error };
}

/** MD5 of each picture that ffmpeg shows when it plays the bytes. */
async function picturesIn(bytes: Buffer): Promise<string[]> {
  const path = join(drive.root, 'played.mp4');
  await writeFile(path, bytes);
  const text = await tool('ffmpeg', ['-i', path, '-map', 'v', '-fps_mode', 'passthrough', '-f', 'framemd5', '-']);
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.map((line) => line.split(',').at(-1)!.trim());
}

const exported = async (query: string) => picturesIn(await get(`/channels/1/export.mp4?${query}`).then(bytesOf));

/** As a browser plays a playlist: at each map the media goes on behind another init segment. */
async function played(query: string): Promise<{ pictures: string[]; codecs: string[] }> {
  const text = await (await get(`/channels/1/playlist.m3u8?${query}`)).text();
  const pieces: Buffer[] = [];
  for (const line of text.split('\n')) {
    const map = /^#EXT-X-MAP:URI="\.\.\/\.\.(.*)"$/.exec(line)?.[1];
    if (map !== undefined) pieces.push(await get(map).then(bytesOf));
    if (line.startsWith('../..')) pieces.push(Buffer.concat([pieces.pop()!, await get(line.slice(5)).then(bytesOf)]));
  }
  const pictures: string[] = [];
  for (const piece of pieces) pictures.push(...(await picturesIn(piece)));
  const path = join(drive.root, 'played.mp4');
  const codecs = await tool('ffprobe', ['-show_entries', 'stream=codec_name', '-of', 'csv=p=0', path]);
  return { pictures, codecs: codecs.trim().split('\n') };
}

async function record(parts: { clip: Clip; at: number }[]): Promise<void> {
  for (const [seq, { clip, at }] of parts.entries())
    segments.push(await drive.write(clip, { seq, startUtcMs: START + at }));
}

describe('playlist', () => {
  test('it plays over the border of two files, every picture once', async () => {
    await record([
      { clip: slice(plain, 0, 6), at: 0 },
      { clip: slice(plain, 6, 12), at: 6_000 },
    ]);
    const reply = await get(`/channels/1/playlist.m3u8?${span(0, 12_000)}`);
    expect(reply.headers.get('content-type')).toBe('application/vnd.apple.mpegurl');
    const text = await reply.text();
    expect(text).toContain('#EXT-X-ENDLIST');
    expect(text.match(/#EXT-X-DISCONTINUITY/g)).toHaveLength(1);
    const { pictures } = await played(span(0, 12_000));
    expect(pictures).toEqual(await exported(span(0, 12_000)));
    expect(pictures.length).toBe(300);
  });

  test('with B-frames, and G.711 as FLAC that is the same in whatever order it is fetched', async () => {
    await record([{ clip: reordered, at: 0 }]);
    const path = `/channels/1/playlist.m3u8?${span(2_500, 9_000)}`;
    const text = await (await get(path)).text();
    expect(text).toContain('#EXT-X-START:TIME-OFFSET=0.500,PRECISE=YES');
    const { pictures, codecs } = await played(span(2_500, 9_000));
    expect(pictures.length).toBe(7 * 25);
    expect(codecs).toEqual(['h264', 'flac']);

    const entry = (from: number, to: number) =>
      get(`/segments/${UNIT}/1/0/media.m4s?from=${from}&to=${to}&sound=1`).then(bytesOf);
    const [second, first] = [await entry(6, 12), await entry(0, 6)];
    expect(Buffer.concat([first, second]).equals(await entry(0, 12))).toBe(true);

    // Players put a file where the one before ends, so its first picture may not be shown later than it is decoded.
    const head = parseFragmentHead(first.subarray(0, fragmentHeadBytes(first)));
    expect(head.video?.records.readInt32BE(12)).toBe(0);
  });

  test('sound that begins half way is left out of all of it', async () => {
    await record([
      { clip: { ...slice(plain, 0, 6), audio: undefined, sound: [] }, at: 0 },
      { clip: slice(plain, 6, 12), at: 6_000 },
    ]);
    const path = `/channels/1/playlist.m3u8?${span(0, 12_000)}`;
    expect(await (await get(path)).text()).not.toContain('sound=1');
    const { pictures, codecs } = await played(span(0, 12_000));
    expect(pictures.length).toBe(300);
    expect(codecs).toEqual(['h264']);
  });

  test('footage that is still being written plays up to its last whole group, and the playlist grows', async () => {
    const { file, entry } = await drive.begin(plain, { seq: 0, startUtcMs: START });
    segments.push(entry);
    const fragments = fragmentsOf(plain, START);
    clock = Object.assign(clock, new ManualClock(START));
    const path = `/channels/1/playlist.m3u8?${span(1_200, 7_200_000)}`;
    const entriesAt = async (count: number) => {
      while (file.fragmentCount < count) await file.appendFragment(fragments[file.fragmentCount]!);
      clock.stepWall(START + count * 500 - clock.nowUtcMs());
      return (await (await get(path)).text()).split('\n').filter((line) => line !== '');
    };
    await file.appendFragment(fragments[0]!);
    clock.stepWall(START + 500 - clock.nowUtcMs());
    expect(await errorOf(path)).toMatchObject({
      status: 404,
      message: expect.stringContaining('is still being written'),
    });
    const early = await entriesAt(11);
    expect(early).not.toContain('#EXT-X-ENDLIST');
    expect(early.filter((line) => line.startsWith('..'))).toEqual([
      `../../segments/${UNIT}/1/0/media.m4s?from=2&to=4&sound=1`,
      `../../segments/${UNIT}/1/0/media.m4s?from=4&to=10&sound=1`,
    ]);
    const later = await entriesAt(fragments.length);
    expect(later.slice(0, early.length)).toEqual(early);
    await closeSegment(file);
    segments[0] = { ...entry, endUtcMs: file.endUtcMs };
    const closed = (await (await get(path)).text()).split('\n').filter((line) => line !== '');
    expect(closed.slice(0, later.length)).toEqual(later);
    clock.stepWall(120_000);
    expect(await (await get(path)).text()).toContain('#EXT-X-ENDLIST');
  });

  test('a span without footage: says where the nearest is', async () => {
    await record([{ clip: slice(plain, 0, 2), at: 0 }]);
    expect(await errorOf(`/channels/1/playlist.m3u8?${span(60_000, 90_000)}`)).toEqual({
      status: 404,
      kind: 'not-found',
      message:
        'no footage from 2026-03-01T12:01:00.000Z to 2026-03-01T12:01:30.000Z; the nearest before it ends at 2026-03-01T12:00:02.000Z',
    });
  });

  test('footage on a drive that was pulled: says which', async () => {
    await record([{ clip: slice(plain, 0, 2), at: 0 }]);
    segments[0] = { ...segments[0]!, root: null };
    expect(await errorOf(`/channels/1/playlist.m3u8?${span(0, 2_000)}`)).toMatchObject({
      status: 503,
      message: expect.stringContaining('is on drive drive-1, which is in no bay'),
    });
  });

  test('what is asked for wrongly is refused with a reason', async () => {
    expect(await errorOf(`/channels/1/playlist.m3u8?${span(9_000, 9_000)}`)).toMatchObject({ status: 400 });
    expect(await errorOf('/channels/1/playlist.m3u8?from=x&to=1')).toMatchObject({ status: 400 });
    expect(await errorOf(`/channels/2/playlist.m3u8?${span(0, 1)}`)).toMatchObject({ status: 404 });
    const outside = await fetch(`${base}/channels/1/playlist.m3u8?${span(0, 1)}`);
    expect(outside.status).toBe(401);
  });
});

describe('media of a segment', () => {
  test('a segment that was deleted meanwhile, or a drive that was pulled, is an answer and not a crash', async () => {
    await record([{ clip: slice(plain, 0, 4), at: 0 }]);
    const path = `/segments/${UNIT}/1/0/media.m4s?from=0&to=2&sound=1`;
    expect((await get(path)).status).toBe(200);
    await rm(join(drive.root, segments[0]!.path));
    expect(await errorOf(path)).toMatchObject({
      status: 404,
      message: `segment ${UNIT}/1/0: is not on drive drive-1 any more`,
    });
    expect(await errorOf(`/segments/${UNIT}/1/0/init.mp4?sound=1`)).toMatchObject({ status: 404 });
    segments[0] = { ...segments[0]!, root: null };
    expect(await errorOf(path)).toMatchObject({ status: 503, kind: 'drive' });
    expect(await errorOf(`/segments/${UNIT}/1/9/init.mp4`)).toMatchObject({ status: 404 });
  });

  test('fragments that are not there', async () => {
    await record([{ clip: slice(plain, 0, 4), at: 0 }]);
    expect(await errorOf(`/segments/${UNIT}/1/0/media.m4s?from=4&to=99&sound=1`)).toMatchObject({ status: 404 });
    expect(await errorOf(`/segments/${UNIT}/1/0/media.m4s?from=4&to=4&sound=1`)).toMatchObject({ status: 400 });
  });
});

describe('export', () => {
  test('ranges are slices of the whole; length and name are told', async () => {
    await record([
      { clip: slice(plain, 0, 6), at: 0 },
      { clip: slice(plain, 6, 12), at: 6_000 },
    ]);
    const path = `/channels/1/export.mp4?${span(1_000, 11_000)}`;
    const reply = await get(path);
    const whole = await bytesOf(reply);
    expect(reply.headers.get('content-length')).toBe(String(whole.length));
    expect(reply.headers.get('content-disposition')).toBe(
      'attachment; filename="Loading-dock-north-2026-03-01T12-00-01Z.mp4"',
    );
    const etag = reply.headers.get('etag')!;
    const head = await get(path, {}, 'HEAD');
    expect(head.headers.get('content-length')).toBe(String(whole.length));

    const size = whole.length;
    const ranges: [string, number, number][] = [
      ['bytes=0-99', 0, 100],
      ['bytes=20-30000', 20, 30_001],
      [`bytes=${size - 5000}-`, size - 5000, size],
      ['bytes=-777', size - 777, size],
      [`bytes=1000-${size * 2}`, 1000, size],
    ];
    for (const [range, start, end] of ranges) {
      const part = await get(path, { range, 'if-range': etag });
      expect(part.status).toBe(206);
      expect(part.headers.get('content-range')).toBe(`bytes ${start}-${end - 1}/${size}`);
      expect((await bytesOf(part)).equals(whole.subarray(start, end))).toBe(true);
    }
    expect((await get(path, { range: `bytes=${size}-` })).status).toBe(416);
    expect((await get(path, { range: 'bytes=0-9', 'if-range': '"another"' })).status).toBe(200);
  });

  test('of footage that is still being written: up to its last whole fragment', async () => {
    const { file, entry } = await drive.begin(plain, { seq: 0, startUtcMs: START });
    segments.push(entry);
    for (const fragment of fragmentsOf(plain, START).slice(0, 8)) await file.appendFragment(fragment);
    const path = `/channels/1/export.mp4?${span(0, 60_000)}`;
    expect((await exported(span(0, 60_000))).length).toBe(100);
    const { etag } = Object.fromEntries((await get(path, {}, 'HEAD')).headers);
    await file.appendFragment(fragmentsOf(plain, START)[8]!);
    expect((await exported(span(0, 60_000))).length).toBeGreaterThan(100);
    expect((await get(path, {}, 'HEAD')).headers.get('etag')).not.toBe(etag);
  });

  test('without footage, and too long', async () => {
    await record([{ clip: slice(plain, 0, 2), at: 60_000 }]);
    expect(await errorOf(`/channels/1/export.mp4?${span(0, 30_000)}`)).toMatchObject({
      status: 404,
      message: expect.stringContaining('the nearest after it begins at 2026-03-01T12:01:00.000Z'),
    });
    expect(await errorOf(`/channels/1/export.mp4?${span(0, 25 * 3_600_000)}`)).toMatchObject({
      status: 400,
      message: 'a span of 25.0 h: one file may hold 24 h',
    });
  });
});

test('timeline: footage up to what is written now, gaps with their causes', async () => {
  const { file, entry } = await drive.begin(plain, { seq: 1, startUtcMs: START + 10_000 });
  segments.push(await drive.write(slice(plain, 0, 4), { seq: 0, startUtcMs: START }), entry);
  for (const fragment of fragmentsOf(plain, START + 10_000).slice(0, 4)) await file.appendFragment(fragment);
  gaps = [
    {
      id: 'g1',
      unit: UNIT,
      channelId: CHANNEL,
      fromUtcMs: START + 4_000,
      toUtcMs: START + 10_000,
      cause: 'no-data',
      detail: 'silent',
    },
  ];
  const reply = await (await get(`/channels/1/timeline?${span(0, 60_000)}`)).json();
  expect(reply).toEqual({
    channel: 1,
    fromUtcMs: START,
    toUtcMs: START + 60_000,
    resolutionMs: 0,
    footage: [
      { fromUtcMs: START, toUtcMs: START + 4_000 },
      { fromUtcMs: START + 10_000, toUtcMs: START + 12_000 },
    ],
    gaps: [
      { id: 'g1', fromUtcMs: START + 4_000, toUtcMs: START + 10_000, cause: 'no-data', detail: 'silent', count: 1 },
    ],
  });
});
