import Koa, { type Context } from 'koa';
import Router from 'koa-router';
import { AppError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { readInput } from './door.ts';
import { replyWithErrors } from './error-reply.ts';
import { API_PREFIX, openApiDocument } from './openapi.ts';
import { type Page, servePage } from './page-files.ts';
import { type Route, route } from './route.ts';
import { checkHost, requireOwnHeader, securityHeaders } from './security.ts';
import { SESSION_COOKIE, type Sessions } from './sessions.ts';

export interface AdminAppOptions {
  readonly routes: readonly Route[];
  readonly sessions: Sessions;
  readonly page: Page;
  readonly version: string;
  /** Over TLS cookies are marked Secure, and browsers are told to stay with it. */
  readonly isTls: boolean;
  readonly log: Log;
}

/** The Koa application: the checks that hold for everything, the API from its table of routes, and the files of the page. */
export function createAdminApp(options: AdminAppOptions): Koa {
  const routes = [...options.routes, openApiRoute(options)];
  const app = new Koa();
  // Koa prints what it catches itself; everything of ours has been turned into a reply further in.
  app.silent = true;
  app.use(replyWithErrors(options.log));
  app.use(securityHeaders({ isTls: options.isTls }));
  app.use(checkHost({ isTls: options.isTls }));
  app.use(requireOwnHeader());
  app.use(apiRouter(routes, options.sessions).routes());
  app.use(servePage(options.page));
  return app;
}

export function apiRouter(routes: readonly Route[], sessions: Sessions): Router {
  const router = new Router({ prefix: API_PREFIX });
  for (const entry of routes) {
    router[entry.method](entry.path, async (ctx) => {
      if (!entry.isPublic) requireSession(ctx, sessions);
      await answer(entry, ctx.params as Record<string, string>, ctx);
    });
  }
  return router;
}

async function answer(entry: Route, params: Record<string, string>, ctx: Context): Promise<void> {
  ctx.set('cache-control', 'no-store');
  const input = await readInput(entry, params, ctx);
  const reply = await entry.handler(input, ctx);
  if (reply !== undefined) ctx.body = reply;
  else if (ctx.body === undefined && ctx.status === 404) ctx.status = 204;
}

function requireSession(ctx: Context, sessions: Sessions): void {
  if (!sessions.isValid(ctx.cookies.get(SESSION_COOKIE))) throw new AppError('unauthorized', 'sign in first');
}

function openApiRoute(options: AdminAppOptions): Route {
  const self = route({
    method: 'get',
    path: '/openapi.json',
    summary: 'This document',
    isPublic: true,
    responses: { 200: { description: 'OpenAPI 3.1', contentType: 'application/json' } },
    handler: () => openApiDocument([...options.routes, self], options.version),
  }) as Route;
  return self;
}
