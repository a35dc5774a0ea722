import { type Static, Type } from '@sinclair/typebox';
import type { ChannelRegistry } from '../../channels/registry.ts';
import { FINGERPRINT_PATTERN } from '../../config/fingerprint.ts';
import { type ChannelSettings, channelFields } from '../../config/settings.ts';
import type { Audit } from './audit-log.ts';
import { ErrorReply } from './error-reply.ts';
import { type Route, route } from './route.ts';
import { ChannelReply, NumberParams } from './shapes.ts';

const strict = { additionalProperties: false };
const { number, name, url, allotmentMbps, username, password, transport, schedule, bays, isEnabled } = channelFields;
const certificate = Type.Union([Type.String({ pattern: FINGERPRINT_PATTERN }), Type.Null()], {
  description: 'a SHA-256 fingerprint of 64 hexadecimal digits, or null (the first one that the camera shows)',
});
const optional = {
  number: Type.Optional(number),
  username: Type.Optional(username),
  password: Type.Optional(password),
  transport: Type.Optional(transport),
  certificate: Type.Optional(certificate),
  schedule: Type.Optional(schedule),
  bays: Type.Optional(bays),
  isEnabled: Type.Optional(isEnabled),
};
const NewChannelBody = Type.Object({ name, url, allotmentMbps, ...optional }, strict);
const ChannelPatch = Type.Partial(Type.Object({ name, url, allotmentMbps, ...optional }), strict);

/** Add, change and remove channels; admission refuses with the numbers. */
export function channelRoutes(deps: { channels: ChannelRegistry; audit: Audit }): Route[] {
  const { channels, audit } = deps;
  const refused = {
    description: 'Beyond the channel count or the rating of the model, or the number is taken',
    schema: ErrorReply,
  };
  const one = { description: 'The channel', schema: ChannelReply };
  return [
    route({
      method: 'get',
      path: '/channels',
      summary: 'All channels',
      responses: {
        200: { description: 'Ascending by number', schema: Type.Object({ channels: Type.Array(ChannelReply) }) },
      },
      handler: () => ({ channels: [...channels.all].sort((a, b) => a.number - b.number).map(channelReply) }),
    }),
    route({
      method: 'post',
      path: '/channels',
      summary: 'Adds a channel, with the lowest free number when none is given',
      body: NewChannelBody,
      responses: { 201: one, 409: refused },
      handler: async ({ body }, ctx) => {
        const channel = await channels.add(body);
        audit({ event: 'channel-added', from: ctx.ip, detail: summaryOf(channel) });
        ctx.status = 201;
        return channelReply(channel);
      },
    }),
    route({
      method: 'get',
      path: '/channels/:number',
      summary: 'One channel',
      params: NumberParams,
      responses: { 200: one },
      handler: ({ params }) => channelReply(channels.get(params.number)),
    }),
    route({
      method: 'patch',
      path: '/channels/:number',
      summary: 'Changes what is given of a channel; without `password` the password stays',
      params: NumberParams,
      body: ChannelPatch,
      responses: { 200: one, 409: refused },
      handler: async ({ params, body }, ctx) => {
        const channel = await channels.change(params.number, body);
        audit({ event: 'channel-changed', from: ctx.ip, detail: `${summaryOf(channel)}: ${changesIn(body)}` });
        return channelReply(channel);
      },
    }),
    route({
      method: 'delete',
      path: '/channels/:number',
      summary: 'Removes a channel; its footage stays until room or age deletes it',
      params: NumberParams,
      responses: { 204: { description: 'Removed' } },
      handler: async ({ params }, ctx) => {
        const channel = channels.get(params.number);
        await channels.remove(params.number);
        audit({ event: 'channel-removed', from: ctx.ip, detail: summaryOf(channel) });
        return undefined;
      },
    }),
  ];
}

function channelReply(channel: ChannelSettings): Static<typeof ChannelReply> {
  const { password: sealed, ...shown } = channel;
  return { ...shown, hasPassword: sealed !== '' };
}

/** Names of fields; whose certificate somebody trusted must be found again. */
function changesIn(body: Static<typeof ChannelPatch>): string {
  const names = Object.keys(body).map((name) => (name === 'certificate' ? `certificate ${body.certificate}` : name));
  return names.join(', ');
}

function summaryOf(channel: ChannelSettings): string {
  return `channel ${channel.number} "${channel.name}", ${channel.allotmentMbps} Mbps`;
}
