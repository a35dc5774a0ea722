import { type Static, Type } from '@sinclair/typebox';
import { AppError } from '../../base/errors.ts';
import { MAX_UTC_MS } from '../../base/units.ts';
import type { Catalog } from '../../catalog/catalog.ts';
import type { ChannelRegistry } from '../../channels/registry.ts';
import type { LockKeeper } from '../../storage/lock-keeper.ts';
import type { Lock } from '../../storage/lock-store.ts';
import type { Audit } from './audit-log.ts';
import { ErrorReply } from './error-reply.ts';
import { type Route, route } from './route.ts';
import { GapReply, LockReply } from './shapes.ts';

const UtcMs = Type.Integer({ minimum: 0, maximum: MAX_UTC_MS, description: 'milliseconds since 1970 UTC' });

/** The gap ledger as data, and locks on spans of footage. */
export function archiveRoutes(deps: {
  catalog: Pick<Catalog, 'gapsOf'>;
  channels: ChannelRegistry;
  locks: LockKeeper;
  /** Whether the recorder has the present plan, and with it all locks. */
  isPlanConfirmed: () => boolean;
  audit: Audit;
}): Route[] {
  const { catalog, channels, locks, audit } = deps;
  const numberOf = (channelId: string) => channels.all.find((channel) => channel.id === channelId)?.number ?? null;

  function lockReply(lock: Lock, isConfirmed: boolean): Static<typeof LockReply> {
    const { id, channelId, fromUtcMs, toUtcMs, note } = lock;
    return { id, channel: numberOf(channelId), fromUtcMs, toUtcMs, note, isConfirmed };
  }

  return [
    route({
      method: 'get',
      path: '/gaps',
      summary: 'Spans in which a channel should have been recorded and was not, each with its cause',
      query: Type.Object({ from: UtcMs, to: UtcMs, channel: Type.Optional(Type.Integer({ minimum: 1 })) }),
      responses: { 200: { description: 'Ascending by start', schema: Type.Object({ gaps: Type.Array(GapReply) }) } },
      handler: async ({ query }) => {
        const { from, to, channel } = query;
        if (to <= from)
          throw new AppError('bad-input', `query: to: ${to} is not allowed, expected more than from ${from}`);
        const channelId = channel === undefined ? {} : { channelId: channels.get(channel).id };
        const gaps = await catalog.gapsOf({ fromUtcMs: from, toUtcMs: to, ...channelId });
        return { gaps: gaps.map(({ unit, ...gap }) => ({ ...gap, channel: numberOf(gap.channelId) })) };
      },
    }),
    route({
      method: 'get',
      path: '/locks',
      summary: 'Spans that are kept from deletion',
      responses: { 200: { description: 'All locks', schema: Type.Object({ locks: Type.Array(LockReply) }) } },
      handler: () => ({ locks: locks.all.map((lock) => lockReply(lock, deps.isPlanConfirmed())) }),
    }),
    route({
      method: 'post',
      path: '/locks',
      summary: 'Keeps a span from deletion; `isConfirmed` says that the recorder has taken it',
      body: Type.Object(
        {
          channel: Type.Integer({ minimum: 1 }),
          fromUtcMs: UtcMs,
          toUtcMs: UtcMs,
          note: Type.Optional(Type.String({ maxLength: 500 })),
        },
        { additionalProperties: false },
      ),
      responses: {
        201: { description: 'The lock', schema: LockReply },
        409: { description: 'More than half of the capacity would be locked', schema: ErrorReply },
      },
      handler: async ({ body }, ctx) => {
        const { channel, fromUtcMs, toUtcMs, note = '' } = body;
        const channelId = channels.get(channel).id;
        const { lock, isConfirmed } = await locks.add({ channelId, fromUtcMs, toUtcMs, note });
        audit({ event: 'footage-locked', from: ctx.ip, detail: `channel ${channel}, ${fromUtcMs} to ${toUtcMs}` });
        ctx.status = 201;
        return lockReply(lock, isConfirmed);
      },
    }),
    route({
      method: 'delete',
      path: '/locks/:id',
      summary: 'Lifts a lock',
      params: Type.Object({ id: Type.String({ maxLength: 64 }) }),
      responses: { 204: { description: 'Lifted' } },
      handler: async ({ params }, ctx) => {
        await locks.remove(params.id);
        audit({ event: 'footage-unlocked', from: ctx.ip, detail: params.id });
        return undefined;
      },
    }),
  ];
}
