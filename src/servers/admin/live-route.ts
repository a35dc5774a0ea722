import { Type } from '@sinclair/typebox';
import { AppError } from '../../base/errors.ts';
import { type Route, route } from './route.ts';
import { NumberParams } from './shapes.ts';

/** The address of the live WebSocket, for the document and for who asks without upgrading; live-socket.ts serves it. */
export function liveRoute(): Route {
  return route({
    method: 'get',
    path: '/channels/:number/live',
    summary: 'Live media of a channel as a WebSocket, from pages of this unit alone',
    params: NumberParams,
    query: Type.Object({ sound: Type.Optional(Type.Integer({ minimum: 0, maximum: 1 })) }),
    responses: { 101: { description: 'Texts with format and state, and binary fragments of MP4 or JPEG files' } },
    handler: () => {
      throw new AppError('bad-input', 'this address is a WebSocket: it needs an upgrade');
    },
  });
}
