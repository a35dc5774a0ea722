import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../base/clock.ts';
import { HOUR_MS } from '../../base/units.ts';

export const SESSION_COOKIE = 'holdfast_session';

/** A working day; who comes back after it signs in again. */
export const SESSION_LIFE_MS = 12 * HOUR_MS;

/** More than any household or guard room opens; beyond it the oldest ends. */
const MAX_SESSIONS = 64;

/** Signed-in browsers, in memory alone: a restart signs everybody out. Tokens are kept as hashes. */
export class Sessions {
  readonly #clock: Clock;
  readonly #endsMs = new Map<string, number>();

  constructor(options: { clock: Clock }) {
    this.#clock = options.clock;
  }

  create(): string {
    const token = randomBytes(32).toString('base64url');
    if (this.#endsMs.size >= MAX_SESSIONS) this.#endsMs.delete(this.#endsMs.keys().next().value!);
    this.#endsMs.set(hashOf(token), this.#clock.monotonicMs() + SESSION_LIFE_MS);
    return token;
  }

  isValid(token: string | undefined): boolean {
    if (token === undefined) return false;
    const key = hashOf(token);
    const endMs = this.#endsMs.get(key);
    if (endMs === undefined) return false;
    if (endMs > this.#clock.monotonicMs()) return true;
    this.#endsMs.delete(key);
    return false;
  }

  end(token: string | undefined): void {
    if (token !== undefined) this.#endsMs.delete(hashOf(token));
  }

  endAll(): void {
    this.#endsMs.clear();
  }
}

/** For requests that do not pass through Koa, such as the upgrade to a WebSocket. */
export function sessionTokenOf(request: IncomingMessage): string | undefined {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [name, value] = part.trim().split('=', 2);
    if (name === SESSION_COOKIE) return value;
  }
  return undefined;
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}
