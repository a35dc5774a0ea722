import type { Clock } from '../../base/clock.ts';
import { AppError } from '../../base/errors.ts';
import { SECOND_MS } from '../../base/units.ts';
import type { LoginGate, LoginOutcome } from '../../protocols/rtsp/login.ts';
import { REFUSED_RETRY_MS } from './retry-policy.ts';

/** What must be known after a restart of the recorder, too. */
export interface Refusal {
  /** `10.0.0.5:554` */
  readonly peer: string;
  readonly username: string;
  readonly atUtcMs: number;
}

export interface LoginLimiterOptions {
  readonly clock: Clock;
  /** Of an earlier run. */
  readonly refusals: readonly Refusal[];
  /** Those that still count, after each new one. */
  onRefused(refusals: readonly Refusal[]): void;
}

export interface AccountCredentials {
  readonly username: string;
  readonly password: string;
}

interface Account {
  readonly peer: string;
  readonly username: string;
  /** So many have sent credentials and wait for the outcome. */
  inside: number;
  readonly waiting: Set<() => void>;
  accepted: { readonly atMs: number; readonly password: string } | undefined;
  refused: { readonly atMs: number; readonly atUtcMs: number; readonly password: string | undefined } | undefined;
}

/**
 * A password that was accepted so recently is not tried one session at a time: an encoder of 64 channels that takes half a second for each
 * would need half a minute to record again.
 */
const PROVEN_MS = 10 * SECOND_MS;

/** The gate of one session. */
export interface AccountGate extends LoginGate {
  /** How long the credentials must not be sent to the peer that they were last meant for. */
  waitMs(): number;
}

/**
 * One attempt a minute with a password that a camera refuses, however many channels use the same account of the same device: an encoder
 * with 16 channels would lock it within a second otherwise. Credentials go out one session at a time until they are accepted, so that the
 * first refusal stops the others; a password that was mended is tried at once.
 *
 * A device is a host and a port: behind one address of a router there are several, and one that refuses must not keep the others waiting.
 */
export class LoginLimiter {
  readonly #options: LoginLimiterOptions;
  readonly #accounts = new Map<string, Account>();

  constructor(options: LoginLimiterOptions) {
    this.#options = options;
    const { clock, refusals } = options;
    for (const { peer, username, atUtcMs } of refusals) {
      // A clock that was set back since must not keep a camera waiting for longer.
      const agoMs = Math.max(0, clock.nowUtcMs() - atUtcMs);
      const account = this.#accountOf(peer, username);
      account.refused = { atMs: clock.monotonicMs() - agoMs, atUtcMs, password: undefined };
    }
  }

  gateFor({ username, password }: AccountCredentials): AccountGate {
    let lastPeer: string | undefined;
    return {
      enter: (peer, signal) => {
        lastPeer = peer;
        return this.#enter(this.#accountOf(peer, username), password, signal);
      },
      leave: (peer, outcome) => this.#leave(this.#accountOf(peer, username), password, outcome),
      waitMs: () => {
        const account = lastPeer === undefined ? undefined : this.#accounts.get(keyOf(lastPeer, username));
        return account === undefined ? 0 : this.#waitMs(account, password);
      },
    };
  }

  async #enter(account: Account, password: string, signal: AbortSignal): Promise<void> {
    while (account.inside > 0 && !this.#isProven(account, password)) await turnOf(account, signal);
    const waitMs = this.#waitMs(account, password);
    if (waitMs > 0) {
      const seconds = Math.ceil(waitMs / 1000);
      throw new AppError(
        'unauthorized',
        `${account.peer} refused the password of user "${account.username}" a moment ago; it is tried again in ${seconds} s, so that the camera does not lock the account`,
      );
    }
    account.inside++;
  }

  #leave(account: Account, password: string, outcome: LoginOutcome): void {
    const { clock, onRefused } = this.#options;
    account.inside--;
    if (outcome === 'accepted') {
      account.refused = undefined;
      account.accepted = { atMs: clock.monotonicMs(), password };
    }
    if (outcome === 'refused') {
      account.accepted = undefined;
      account.refused = { atMs: clock.monotonicMs(), atUtcMs: clock.nowUtcMs(), password };
    }
    this.#forgetIdle();
    if (outcome === 'refused') onRefused(this.#refusals());
    for (const wake of account.waiting) wake();
  }

  /** Accounts that nobody uses, and about which nothing counts any more. */
  #forgetIdle(): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const [key, { inside, waiting, refused, accepted }] of this.#accounts) {
      const isRefused = refused !== undefined && nowMs - refused.atMs < REFUSED_RETRY_MS;
      const isProven = accepted !== undefined && nowMs - accepted.atMs < PROVEN_MS;
      if (inside === 0 && waiting.size === 0 && !isRefused && !isProven) this.#accounts.delete(key);
    }
  }

  #isProven({ accepted }: Account, password: string): boolean {
    if (accepted === undefined || accepted.password !== password) return false;
    return this.#options.clock.monotonicMs() - accepted.atMs < PROVEN_MS;
  }

  /** A refusal of an earlier run counts for every password: which one it was is not written down. */
  #waitMs({ refused }: Account, password: string): number {
    if (refused === undefined) return 0;
    if (refused.password !== undefined && refused.password !== password) return 0;
    return Math.max(0, refused.atMs + REFUSED_RETRY_MS - this.#options.clock.monotonicMs());
  }

  #refusals(): Refusal[] {
    return [...this.#accounts.values()].flatMap(({ peer, username, refused }) =>
      refused === undefined ? [] : [{ peer, username, atUtcMs: refused.atUtcMs }],
    );
  }

  #accountOf(peer: string, username: string): Account {
    const key = keyOf(peer, username);
    const known = this.#accounts.get(key);
    if (known !== undefined) return known;
    const account: Account = {
      peer,
      username,
      inside: 0,
      waiting: new Set(),
      accepted: undefined,
      refused: undefined,
    };
    this.#accounts.set(key, account);
    return account;
  }
}

function keyOf(peer: string, username: string): string {
  return `${peer.toLowerCase()} ${username}`;
}

/** Resolves when somebody has left. */
function turnOf(account: Account, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      account.waiting.delete(wake);
      signal.removeEventListener('abort', abort);
    };
    const wake = () => {
      end();
      resolve();
    };
    const abort = () => {
      end();
      reject(new AppError('unreachable', 'stopped while waiting for its turn to log in'));
    };
    if (signal.aborted) {
      abort();
      return;
    }
    account.waiting.add(wake);
    signal.addEventListener('abort', abort, { once: true });
  });
}
