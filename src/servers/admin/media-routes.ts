import { Readable } from 'node:stream';
import { Type } from '@sinclair/typebox';
import type { Context } from 'koa';
import { GAP_CAUSES } from '../../archive/entries.ts';
import { AppError, messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { DAY_MS, MAX_UTC_MS } from '../../base/units.ts';
import type { Catalog } from '../../catalog/catalog.ts';
import type { ChannelRegistry } from '../../channels/registry.ts';
import { formatPlaylist } from '../../playback/hls.ts';
import type { Playback } from '../../playback/playback.ts';
import { planMedia, readMedia, segmentInit } from '../../playback/segment-media.ts';
import { buildTimeline } from '../../playback/timeline.ts';
import { parseByteRange } from './byte-range.ts';
import { ErrorReply } from './error-reply.ts';
import { type Route, route } from './route.ts';
import { NumberParams } from './shapes.ts';

/** Two months: some 18,000 segments of a channel are read for it. */
export const MAX_TIMELINE_MS = 62 * DAY_MS;

export interface MediaRoutesDeps {
  readonly catalog: Pick<Catalog, 'segment' | 'gapsOf'>;
  readonly channels: Pick<ChannelRegistry, 'get'>;
  readonly playback: Playback;
  readonly log: Log;
}

const UtcMs = Type.Integer({ minimum: 0, maximum: MAX_UTC_MS, description: 'milliseconds since 1970 UTC' });
const sound = Type.Optional(
  Type.Integer({ minimum: 0, maximum: 1, description: '0 leaves the sound out; 1 if not given' }),
);
const Span = { from: UtcMs, to: UtcMs };
const SegmentParams = Type.Object({
  unit: Type.String({ pattern: '^[0-9a-f]{8}$' }),
  boot: Type.Integer({ minimum: 0 }),
  seq: Type.Integer({ minimum: 0 }),
});
const FootageReply = Type.Object({ fromUtcMs: Type.Number(), toUtcMs: Type.Number() });
const GapReply = Type.Object({
  id: Type.String(),
  fromUtcMs: Type.Number(),
  toUtcMs: Type.Union([Type.Number(), Type.Null()]),
  cause: Type.Union(GAP_CAUSES.map((cause) => Type.Literal(cause))),
  detail: Type.String(),
  count: Type.Integer({ description: 'gaps that this row stands for, at a coarse resolution' }),
});
const TimelineReply = Type.Object({
  channel: Type.Integer(),
  fromUtcMs: Type.Number(),
  toUtcMs: Type.Number(),
  resolutionMs: Type.Number(),
  footage: Type.Array(FootageReply),
  gaps: Type.Array(GapReply),
});
const notFound = { description: 'Nothing there; the message says what is nearest', schema: ErrorReply };

/** Recorded footage: what there is, as a playlist for players, and as one file. */
export function mediaRoutes(deps: MediaRoutesDeps): Route[] {
  return [timelineRoute(deps), playlistRoute(deps), initRoute(deps), mediaRoute(deps), exportRoute(deps)];
}

function timelineRoute({ catalog, channels, playback }: MediaRoutesDeps): Route {
  return route({
    method: 'get',
    path: '/channels/:number/timeline',
    summary: 'Footage and gaps of a channel; holes below `resolution` (ms) are not told apart',
    params: NumberParams,
    query: Type.Object({ ...Span, resolution: Type.Optional(Type.Integer({ minimum: 0 })) }),
    responses: { 200: { description: 'Ascending', schema: TimelineReply } },
    handler: async ({ params, query }) => {
      const { from: fromUtcMs, to: toUtcMs, resolution: resolutionMs = 0 } = query;
      const channelId = channels.get(params.number).id;
      checkSpan(fromUtcMs, toUtcMs);
      if (toUtcMs - fromUtcMs > MAX_TIMELINE_MS) {
        throw new AppError('bad-input', `query: to: a timeline may span ${MAX_TIMELINE_MS / DAY_MS} days`);
      }
      const segments = await playback.finder.segments(channelId, fromUtcMs, toUtcMs);
      const gaps = await catalog.gapsOf({ channelId, fromUtcMs, toUtcMs });
      const { gaps: rows, ...rest } = buildTimeline({ segments, gaps, fromUtcMs, toUtcMs, resolutionMs });
      const toReply = ({ id, fromUtcMs, toUtcMs, cause, detail, count }: (typeof rows)[number]) => {
        return { id, fromUtcMs, toUtcMs, cause, detail, count };
      };
      return { channel: params.number, ...rest, gaps: rows.map(toReply) };
    },
  });
}

function playlistRoute({ channels, playback }: MediaRoutesDeps): Route {
  return route({
    method: 'get',
    path: '/channels/:number/playlist.m3u8',
    summary: 'HLS playlist of a span, of at most 2 hours from its start',
    params: NumberParams,
    query: Type.Object({ ...Span, sound }),
    responses: { 200: { description: 'Playlist', contentType: 'application/vnd.apple.mpegurl' }, 404: notFound },
    handler: async ({ params, query }, ctx) => {
      const channelId = channels.get(params.number).id;
      checkSpan(query.from, query.to);
      const span = { channelId, fromUtcMs: query.from, toUtcMs: query.to, wantsSound: query.sound !== 0 };
      const playlist = await playback.playlists.make(span);
      ctx.type = 'application/vnd.apple.mpegurl';
      ctx.body = formatPlaylist(playlist, '../..');
      return undefined;
    },
  });
}

function initRoute({ catalog, playback }: MediaRoutesDeps): Route {
  return route({
    method: 'get',
    path: '/segments/:unit/:boot/:seq/init.mp4',
    summary: 'What a player needs before the media of a segment',
    params: SegmentParams,
    query: Type.Object({ sound }),
    responses: { 200: { description: 'ftyp and moov', contentType: 'video/mp4' }, 404: notFound },
    handler: async ({ params, query }, ctx) => {
      const segment = await findSegment(catalog, params);
      ctx.body = await playback.shelf.use(segment, (reader) => segmentInit(reader, query.sound !== 0));
      ctx.type = 'video/mp4';
      return undefined;
    },
  });
}

function mediaRoute({ catalog, playback, log }: MediaRoutesDeps): Route {
  return route({
    method: 'get',
    path: '/segments/:unit/:boot/:seq/media.m4s',
    summary: 'Fragments `from` up to, and not including, `to` of a segment; G.711 and PCM come as FLAC',
    params: SegmentParams,
    query: Type.Object({ from: Type.Integer({ minimum: 0 }), to: Type.Integer({ minimum: 1 }), sound }),
    responses: { 200: { description: 'Fragments', contentType: 'video/iso.segment' }, 404: notFound },
    handler: async ({ params, query }, ctx) => {
      const lease = await playback.shelf.lease(await findSegment(catalog, params));
      try {
        const plan = await planMedia(lease.reader, query.from, query.to, query.sound !== 0);
        if (plan.kind === 'range') ctx.length = plan.sizeBytes;
        ctx.type = 'video/iso.segment';
        send(ctx, readMedia(lease.reader, plan), log).on('close', lease.release);
      } catch (error) {
        lease.release();
        throw error;
      }
      return undefined;
    },
  });
}

function exportRoute({ channels, playback, log }: MediaRoutesDeps): Route {
  return route({
    method: 'get',
    path: '/channels/:number/export.mp4',
    summary: 'A span as one plain MP4, of at most 24 hours; takes ranges of bytes',
    params: NumberParams,
    query: Type.Object({ ...Span, sound }),
    responses: {
      200: { description: 'The file', contentType: 'video/mp4' },
      206: { description: 'A range of it', contentType: 'video/mp4' },
      404: notFound,
      409: { description: 'The codec changes within the span; the message says when', schema: ErrorReply },
      416: { description: 'A range beyond its end' },
    },
    handler: async ({ params, query }, ctx) => {
      const { id: channelId, name } = channels.get(params.number);
      checkSpan(query.from, query.to);
      const span = { channelId, fromUtcMs: query.from, toUtcMs: query.to, wantsSound: query.sound !== 0 };
      const planned = await playback.exporter.plan(span);
      ctx.set('accept-ranges', 'bytes');
      ctx.etag = planned.etag;
      ctx.attachment(fileName(name, query.from));
      ctx.type = 'video/mp4';

      const ifRange = ctx.get('if-range');
      const isSame = ifRange === '' || ifRange === planned.etag;
      const range = isSame ? parseByteRange(ctx.get('range'), planned.sizeBytes) : undefined;
      if (range === 'unsatisfiable') {
        ctx.status = 416;
        ctx.set('content-range', `bytes */${planned.sizeBytes}`);
        ctx.body = '';
        return undefined;
      }
      const { start, end } = range ?? { start: 0, end: planned.sizeBytes };
      if (range !== undefined) {
        ctx.status = 206;
        ctx.set('content-range', `bytes ${start}-${end - 1}/${planned.sizeBytes}`);
      }
      ctx.length = end - start;
      send(ctx, planned.read(start, end), log);
      return undefined;
    },
  });
}

function checkSpan(fromUtcMs: number, toUtcMs: number): void {
  if (toUtcMs <= fromUtcMs) {
    throw new AppError('bad-input', `query: to: ${toUtcMs} is not allowed, expected more than from ${fromUtcMs}`);
  }
}

async function findSegment(catalog: Pick<Catalog, 'segment'>, address: { unit: string; boot: number; seq: number }) {
  const { unit, boot, seq } = address;
  const segment = await catalog.segment(unit, boot, seq);
  if (segment === undefined) throw new AppError('not-found', `segment ${unit}/${boot}/${seq}: not in the catalog`);
  return segment;
}

/** Type and length set before stay. A failure on the way ends the connection, as the status has been sent. */
function send(ctx: Context, chunks: AsyncGenerator<Buffer>, log: Log): Readable {
  const { type, length } = ctx.response;
  const body = Readable.from(chunks, { objectMode: false });
  body.on('error', (error) => {
    // Players and people break off all the time; only what failed on our side is worth a line.
    if (!ctx.res.destroyed) log.warn({ path: ctx.path, error: messageOf(error) }, 'media broken off');
    ctx.res.destroy();
  });
  ctx.body = body;
  ctx.type = type;
  if (length !== undefined) ctx.length = length;
  return body;
}

/** `loading-dock-2026-03-01T12-00-00Z.mp4`: sorts by channel and time, and no file system refuses it. */
function fileName(channelName: string, fromUtcMs: number): string {
  const name = channelName
    .normalize('NFC')
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
    .replaceAll(/^-+|-+$/g, '');
  const time = new Date(fromUtcMs).toISOString().slice(0, 19).replaceAll(':', '-');
  return `${name || 'channel'}-${time}Z.mp4`;
}
