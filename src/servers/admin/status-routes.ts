import { Type } from '@sinclair/typebox';
import { type Route, route } from './route.ts';
import { BayReply, StatusReply } from './shapes.ts';
import type { StatusSource } from './status.ts';

export function statusRoutes(source: StatusSource): Route[] {
  return [
    route({
      method: 'get',
      path: '/status',
      summary: 'The overview: recorder, rating, channels, bays, system',
      responses: { 200: { description: 'State of now', schema: StatusReply } },
      handler: () => source.status(),
    }),
    route({
      method: 'get',
      path: '/bays',
      summary: 'Every bay of the model and what sits in it',
      responses: {
        200: { description: 'In the order of the model', schema: Type.Object({ bays: Type.Array(BayReply) }) },
      },
      handler: async () => ({ bays: await source.bays() }),
    }),
  ];
}
