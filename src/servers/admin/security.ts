import type { IncomingMessage } from 'node:http';
import type { Middleware } from 'koa';
import { AppError } from '../../base/errors.ts';

/** Sent by the page's own code; a form or an image of another site cannot add it without asking the browser for leave first. */
export const OWN_HEADER = 'x-holdfast';

export function securityHeaders(options: { isTls: boolean }): Middleware {
  return async (ctx, next) => {
    // `blob:` is how Media Source Extensions hand video to the player.
    ctx.set(
      'content-security-policy',
      "default-src 'self'; media-src 'self' blob:; worker-src 'self' blob:; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    );
    ctx.set('x-frame-options', 'DENY');
    ctx.set('x-content-type-options', 'nosniff');
    ctx.set('referrer-policy', 'no-referrer');
    ctx.set('cross-origin-opener-policy', 'same-origin');
    ctx.set('cross-origin-resource-policy', 'same-origin');
    if (options.isTls) ctx.set('strict-transport-security', 'max-age=31536000');
    await next();
  };
}

/**
 * On loopback the name in the request must be one of loopback's own: a page of another site whose name suddenly resolves to
 * 127.0.0.1 (DNS rebinding) would otherwise count as the same site. Over TLS the certificate stands against that.
 */
export function checkHost(options: { isTls: boolean }): Middleware {
  return async (ctx, next) => {
    if (!options.isTls && !isLoopbackHost(ctx.req.headers.host)) {
      throw new AppError(
        'forbidden',
        `host "${ctx.req.headers.host ?? ''}": only localhost and 127.0.0.1 are served here`,
      );
    }
    await next();
  };
}

export function requireOwnHeader(): Middleware {
  return async (ctx, next) => {
    const isRead = ctx.method === 'GET' || ctx.method === 'HEAD';
    if (!isRead && ctx.get(OWN_HEADER) !== '1') {
      throw new AppError('forbidden', `${ctx.method} needs the header ${OWN_HEADER}: 1`);
    }
    await next();
  };
}

export function isLoopbackHost(host: string | undefined): boolean {
  return /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(:\d{1,5})?$/i.test(host ?? '');
}

/** A WebSocket is not bound by the rules for other requests across sites: its origin must be the very host that it is sent to. */
export function isSameOrigin(request: IncomingMessage): boolean {
  const { origin, host } = request.headers;
  if (origin === undefined || host === undefined) return false;
  return URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}
