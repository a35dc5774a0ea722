import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { RtspConnection } from './connection.ts';
import { ask, type NegotiatedSession, withAuthorization } from './handshake.ts';
import type { Login } from './login.ts';
import type { RtspResponse } from './message.ts';

export interface KeepAliveOptions {
  readonly connection: RtspConnection;
  readonly login: Login;
  readonly session: NegotiatedSession;
  readonly clock: Clock;
  readonly log: Log;
  /** Ends the loop. */
  readonly signal: AbortSignal;
}

/** Cameras that announce a timeout of a day close idle sessions nevertheless. */
const MAX_INTERVAL_MS = 30_000;
/** Against a camera that announces a timeout of a second. */
const MIN_INTERVAL_MS = 1000;

export function keepAliveIntervalMs(sessionTimeoutMs: number): number {
  return Math.min(MAX_INTERVAL_MS, Math.max(MIN_INTERVAL_MS, sessionTimeoutMs / 2));
}

/** GET_PARAMETER (and SET_PARAMETER) only where the server says that it has it; OPTIONS has everybody. */
export function keepAliveMethod(methods: ReadonlySet<string>): string {
  return ['GET_PARAMETER', 'SET_PARAMETER'].find((method) => methods.has(method)) ?? 'OPTIONS';
}

/** Tells the server in time that we are still there. Answers are not waited for: some cameras never send one. */
export async function keepAlive(options: KeepAliveOptions): Promise<void> {
  const { connection, login, session, clock, signal } = options;
  const request = {
    method: keepAliveMethod(session.methods),
    url: session.baseUrl,
    headers: [['Session', session.sessionId]] as const,
  };
  let isSigned = true;
  while (!signal.aborted) {
    await clock.sleep(keepAliveIntervalMs(session.timeoutMs), signal);
    const authorization = isSigned ? login.sign(request.method, request.url) : undefined;
    connection.post(withAuthorization(request, authorization), (response) => {
      if (response.status !== 401 || !isSigned) return;
      renew(response).catch((error: unknown) => {
        // Sending them on would lock the account. The session goes on as long as the camera lets it.
        isSigned = false;
        options.log.warn({ reason: messageOf(error) }, 'camera refuses keep-alives; they go on without password');
      });
    });
  }

  /** The nonce has expired: once more with the new one, which also serves the next time. */
  async function renew(answered: RtspResponse): Promise<void> {
    await ask(options, request, { answered });
  }
}
