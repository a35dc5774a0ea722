import type { Clock } from '../../../src/base/clock.ts';
import type { RtspSession } from './session.ts';

/** A client that says nothing for so long has gone (RFC 2326, 12.37: the default). */
export const SESSION_TIMEOUT_SECONDS = 60;

/**
 * All sessions of one camera. Those over UDP may outlive the connection that set them up, as on cameras that follow RFC 2326 to the letter:
 * they go on until somebody says TEARDOWN, on any connection, or until nothing was heard for the time-out. Until then each takes one of
 * the places that a camera has.
 */
export class SessionShelf {
  readonly #clock: Clock;
  readonly #maxSessions: number;
  readonly #sessions = new Set<RtspSession>();
  /** Without a connection, and when their client was heard last. */
  readonly #orphans = new Map<RtspSession, number>();

  constructor(clock: Clock, maxSessions: number) {
    this.#clock = clock;
    this.#maxSessions = maxSessions;
  }

  get hasRoom(): boolean {
    return this.#sessions.size < this.#maxSessions;
  }

  add(session: RtspSession): void {
    this.#sessions.add(session);
  }

  end(session: RtspSession, cause: string): void {
    this.#sessions.delete(session);
    this.#orphans.delete(session);
    session.end(cause);
  }

  /** Its connection is gone, and it goes on. */
  orphan(session: RtspSession): void {
    this.#orphans.set(session, this.#clock.monotonicMs());
  }

  findOrphan(id: string | undefined): RtspSession | undefined {
    return [...this.#orphans.keys()].find((session) => session.id === id);
  }

  /** Something came from its client, beside any connection. */
  hear(session: RtspSession): void {
    if (this.#orphans.has(session)) this.#orphans.set(session, this.#clock.monotonicMs());
  }

  expire(): void {
    const oldestMs = this.#clock.monotonicMs() - SESSION_TIMEOUT_SECONDS * 1000;
    for (const [session, heardMs] of this.#orphans) {
      if (heardMs < oldestMs) this.end(session, `nothing heard for ${SESSION_TIMEOUT_SECONDS} s`);
    }
  }

  endOrphans(cause: string): void {
    for (const session of this.#orphans.keys()) this.end(session, cause);
  }
}
