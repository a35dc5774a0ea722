import { Type } from '@sinclair/typebox';
import type { Context } from 'koa';
import type { Clock } from '../../base/clock.ts';
import type { Accounts } from './accounts.ts';
import { AttemptLimit } from './attempt-limit.ts';
import type { Audit } from './audit-log.ts';
import { ErrorReply, errorReply } from './error-reply.ts';
import { MAX_PASSWORD_CHARS } from './password.ts';
import { type Route, route } from './route.ts';
import { SESSION_COOKIE, SESSION_LIFE_MS, type Sessions } from './sessions.ts';

export interface SessionRouteDeps {
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly isTls: boolean;
}

const SessionState = Type.Object({ isSetUp: Type.Boolean(), isSignedIn: Type.Boolean() });
const Password = Type.String({ maxLength: MAX_PASSWORD_CHARS });
const strict = { additionalProperties: false };

/** The first visit, signing in and out. */
export function sessionRoutes(deps: SessionRouteDeps): Route[] {
  const { accounts, sessions, audit } = deps;
  const limit = new AttemptLimit({ clock: deps.clock });

  const stateOf = (ctx: Context) => ({
    isSetUp: accounts.isSetUp,
    isSignedIn: sessions.isValid(ctx.cookies.get(SESSION_COOKIE)),
  });

  function signIn(ctx: Context): { isSetUp: boolean; isSignedIn: boolean } {
    ctx.cookies.set(SESSION_COOKIE, sessions.create(), {
      httpOnly: true,
      sameSite: 'strict',
      secure: deps.isTls,
      maxAge: SESSION_LIFE_MS,
      path: '/',
      overwrite: true,
    });
    return { isSetUp: true, isSignedIn: true };
  }

  /** Runs an attempt unless its sender has to wait; a wait is answered at once, not slept through. */
  async function limited(ctx: Context, event: string, attempt: () => Promise<boolean>): Promise<unknown> {
    const from = ctx.ip;
    const waitS = Math.ceil(limit.waitMs(from) / 1000);
    if (waitS > 0) {
      ctx.status = 429;
      ctx.set('retry-after', String(waitS));
      return errorReply('forbidden', `too many attempts: wait ${waitS} s`);
    }
    limit.begin(from);
    let isRight = false;
    try {
      isRight = await attempt();
    } finally {
      audit({ event: isRight ? event : `${event}-refused`, from });
    }
    if (!isRight) {
      ctx.status = 401;
      return errorReply('unauthorized', 'the password is not right');
    }
    limit.succeed(from);
    return signIn(ctx);
  }

  const signedIn = { description: 'Signed in; the session is in the cookie', schema: SessionState };
  const refused = { description: 'Not right', schema: ErrorReply };
  const tooMany = { description: 'Too many attempts; `Retry-After` says how long to wait', schema: ErrorReply };
  return [
    route({
      method: 'get',
      path: '/session',
      summary: 'Whether a password has been set, and whether this browser is signed in',
      isPublic: true,
      responses: { 200: { description: 'State', schema: SessionState } },
      handler: (_, ctx) => stateOf(ctx),
    }),
    route({
      method: 'post',
      path: '/setup',
      summary: 'Sets the first password, with the one-time code that the console shows, and signs in',
      isPublic: true,
      body: Type.Object({ code: Type.String({ maxLength: 32 }), password: Password }, strict),
      responses: { 200: signedIn, 401: refused, 429: tooMany },
      handler: ({ body }, ctx) =>
        limited(ctx, 'password-set', async () => {
          await accounts.setUp(body.code, body.password);
          return true;
        }),
    }),
    route({
      method: 'post',
      path: '/session',
      summary: 'Signs in',
      isPublic: true,
      body: Type.Object({ password: Password }, strict),
      responses: { 200: signedIn, 401: refused, 429: tooMany },
      handler: ({ body }, ctx) => limited(ctx, 'signed-in', () => accounts.isPassword(body.password)),
    }),
    route({
      method: 'delete',
      path: '/session',
      summary: 'Signs out',
      isPublic: true,
      responses: { 204: { description: 'Signed out' } },
      handler: (_, ctx) => {
        const token = ctx.cookies.get(SESSION_COOKIE);
        if (sessions.isValid(token)) audit({ event: 'signed-out', from: ctx.ip });
        sessions.end(token);
        ctx.cookies.set(SESSION_COOKIE, null, { path: '/', overwrite: true });
        return undefined;
      },
    }),
  ];
}
