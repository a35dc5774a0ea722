import type { Clock } from '../../base/clock.ts';
import type { Authenticator } from './authentication.ts';
import type { RtspConnection } from './connection.ts';
import { authorized, type NegotiatedSession } from './handshake.ts';

export interface KeepAliveOptions {
  readonly connection: RtspConnection;
  readonly authenticator: Authenticator;
  readonly session: NegotiatedSession;
  readonly clock: Clock;
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
  const { connection, authenticator, session, clock, signal } = options;
  const request = {
    method: keepAliveMethod(session.methods),
    url: session.baseUrl,
    headers: [['Session', session.sessionId]] as const,
  };
  while (!signal.aborted) {
    await clock.sleep(keepAliveIntervalMs(session.timeoutMs), signal);
    connection.post(authorized(authenticator, request), (response) => {
      if (response.status !== 401) return;
      // The nonce has expired: once more with the new one, which also serves the next time.
      const verdict = authenticator.takeChallenges(response.headers.get('www-authenticate') ?? []);
      if (verdict.kind === 'answerable') connection.post(authorized(authenticator, request), () => undefined);
    });
  }
}
