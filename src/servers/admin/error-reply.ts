import { type Static, Type } from '@sinclair/typebox';
import type { Middleware } from 'koa';
import { type AppErrorKind, isAppError, messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';

export const ErrorReply = Type.Object({ error: Type.Object({ kind: Type.String(), message: Type.String() }) });

const STATUS: Readonly<Record<AppErrorKind, number>> = {
  'bad-input': 400,
  'not-found': 404,
  conflict: 409,
  unauthorized: 401,
  forbidden: 403,
  unreachable: 503,
  timeout: 504,
  protocol: 502,
  drive: 503,
  full: 507,
  corrupt: 500,
  internal: 500,
};

export function errorReply(kind: AppErrorKind, message: string): Static<typeof ErrorReply> {
  return { error: { kind, message } };
}

/** Outermost: whatever is thrown further in becomes a JSON reply; our own bugs are logged and told without details. */
export function replyWithErrors(log: Log): Middleware {
  return async (ctx, next) => {
    try {
      await next();
      if (ctx.status === 404 && ctx.body === undefined) {
        ctx.status = 404;
        ctx.body = errorReply('not-found', `nothing at ${ctx.method} ${ctx.path}`);
      }
    } catch (error) {
      if (ctx.headerSent) {
        // Too late for a status: the client sees the connection end before the announced length.
        log.warn({ path: ctx.path, error: messageOf(error) }, 'reply broken off');
        ctx.res.destroy();
        return;
      }
      if (isAppError(error)) {
        ctx.status = STATUS[error.kind];
        ctx.body = errorReply(error.kind, error.message);
        return;
      }
      log.error({ path: ctx.path, error: error instanceof Error ? error.stack : String(error) }, 'request failed');
      ctx.status = 500;
      ctx.body = errorReply('internal', 'internal error, see the log');
    }
  };
}
