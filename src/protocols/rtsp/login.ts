import { AppError } from '../../base/errors.ts';
import { Authenticator, type Credentials } from './authentication.ts';
import type { RtspHeaders } from './message.ts';

/**
 * Keeps accounts from being locked: whoever is about to send credentials that this camera has not accepted yet enters, alone of all
 * sessions with the same account, and leaves when their outcome is known.
 */
export interface LoginGate {
  /** Waits for its turn. Rejects with AppError `unauthorized` where `peer` has refused the same credentials a moment ago. */
  enter(peer: string, signal: AbortSignal): Promise<void>;
  leave(peer: string, outcome: LoginOutcome): void;
}

export type LoginOutcome = 'accepted' | 'refused' | 'unknown';

export interface LoginOptions {
  readonly credentials: Credentials;
  readonly isBasicAllowed: boolean;
  readonly gate?: LoginGate | undefined;
  /** Ends waiting at the gate. */
  readonly signal: AbortSignal;
}

/** An RTSP or HTTP response. */
interface Answer {
  readonly status: number;
  readonly headers: RtspHeaders;
}

export interface Question<A extends Answer> {
  /** `10.0.0.5:554`, for messages and for the gate. */
  readonly peer: string;
  readonly method: string;
  readonly uri: string;
  ask(authorization: string | undefined): Promise<A>;
  /** The answer to the first time, where it is there already. */
  readonly answered?: A;
}

/** How many times one question is asked with credentials: a second time when the nonce of the first had expired. */
const MAX_SIGNED_ATTEMPTS = 2;

/** Answered by many cameras without a look at the credentials, unless they have just asked for them. */
const OFTEN_UNGUARDED = 'OPTIONS';

/**
 * The credentials of one session and how far they got. What is challenged (401) is asked again with credentials: exactly once, and once more
 * with a new nonce where the last one was not new. A password that is refused is sent only once, because cameras lock accounts.
 */
export class Login {
  readonly #options: LoginOptions;
  readonly #authenticator: Authenticator;
  /** The one that the credentials are for. */
  readonly #ownHost: string;
  #host: string;
  /** Of the challenge that is answered: not used yet, known from an earlier connection, or accepted on this one. */
  #nonce: 'new' | 'carried' | 'accepted' = 'new';
  #isAccepted = false;
  /** From then on nothing is sent with credentials, not even a goodbye. */
  #isRefused = false;

  /** `host`: of the address that was set together with the credentials. */
  constructor(options: LoginOptions, host: string) {
    this.#options = options;
    this.#ownHost = host;
    this.#host = host;
    this.#authenticator = new Authenticator(options.credentials, options.isBasicAllowed);
  }

  get hasChallenge(): boolean {
    return this.#authenticator.scheme !== undefined;
  }

  /** How the camera let itself be convinced; `none`: it did not ask. */
  get authentication(): 'none' | 'basic' | 'digest' {
    return (this.#isAccepted ? this.#authenticator.scheme : undefined) ?? 'none';
  }

  /**
   * Before each connection. Another host than that of the credentials gets nothing that was made with them, whatever it asks: a digest is
   * enough to find the password by trying, for whoever chose the nonce.
   */
  connectTo(host: string): void {
    this.#host = host;
    this.#nonce = 'carried';
  }

  /** Value of `Authorization` for a request whose answer is not waited for; undefined while nothing was accepted. */
  sign(method: string, uri: string): string | undefined {
    return this.#nonce === 'accepted' ? this.#authenticator.authorize(method, uri) : undefined;
  }

  /** Rejects with AppError `unauthorized` when the camera refuses the credentials, or as `ask` does. */
  async exchange<A extends Answer>(question: Question<A>): Promise<A> {
    const turn: Turn = { isOurs: false, outcome: 'unknown' };
    try {
      return await this.#askUntilSettled(question, turn);
    } finally {
      if (turn.isOurs) this.#options.gate?.leave(question.peer, turn.outcome);
    }
  }

  async #askUntilSettled<A extends Answer>(question: Question<A>, turn: Turn): Promise<A> {
    let received = question.answered;
    let wasChallenged = false;
    for (let signedAttempts = 0; ; ) {
      const authorization = this.#authorize(question);
      if (authorization !== undefined) signedAttempts++;
      if (received === undefined && authorization !== undefined) await this.#takeTurn(question.peer, turn);
      const answer = received ?? (await question.ask(authorization));
      received = undefined;
      if (answer.status !== 401) {
        const isGuarded = wasChallenged || question.method !== OFTEN_UNGUARDED;
        if (authorization !== undefined && isGuarded && isSuccess(answer)) this.#noteAccepted(turn);
        return answer;
      }
      wasChallenged = true;
      this.#assertOwnHost(question.peer);
      const isWorthRepeating = this.#takeChallenges(question.peer, answer);
      if (authorization === undefined && !this.#isRefused) continue;
      if (isWorthRepeating && signedAttempts < MAX_SIGNED_ATTEMPTS && !this.#isRefused) continue;
      this.#isRefused = true;
      turn.outcome = 'refused';
      throw new AppError('unauthorized', `${question.peer} refuses the user name or password (${question.method})`);
    }
  }

  #authorize({ method, uri }: { readonly method: string; readonly uri: string }): string | undefined {
    return this.#isRefused || this.#isElsewhere ? undefined : this.#authenticator.authorize(method, uri);
  }

  get #isElsewhere(): boolean {
    return this.#host.toLowerCase() !== this.#ownHost.toLowerCase();
  }

  #assertOwnHost(peer: string): void {
    if (!this.#isElsewhere) return;
    const why = `and a password is sent only to the host that it was set for (${this.#ownHost})`;
    throw new AppError(
      'unauthorized',
      `${this.#ownHost} redirects to ${peer}, which asks for a password, ${why}: set the address that the camera redirects to`,
    );
  }

  async #takeTurn(peer: string, turn: Turn): Promise<void> {
    if (this.#nonce === 'accepted' || turn.isOurs) return;
    await this.#options.gate?.enter(peer, this.#options.signal);
    turn.isOurs = true;
  }

  #noteAccepted(turn: Turn): void {
    turn.outcome = 'accepted';
    this.#nonce = 'accepted';
    this.#isAccepted = true;
  }

  /** Returns whether credentials that were sent may have been right: only the nonce was too old. */
  #takeChallenges(peer: string, answer: Answer): boolean {
    const wasNew = this.#nonce === 'new';
    const verdict = this.#authenticator.takeChallenges(answer.headers.get('www-authenticate') ?? []);
    if (verdict.kind === 'refused') throw new AppError('unauthorized', `${peer} ${verdict.reason}`);
    this.#nonce = 'new';
    return verdict.isStale || (verdict.isNewNonce && !wasNew);
  }
}

/** At the gate, during one exchange. */
interface Turn {
  isOurs: boolean;
  outcome: LoginOutcome;
}

/** 403 and the like say nothing about the password: some cameras answer them before they look at it. */
function isSuccess({ status }: Answer): boolean {
  return status >= 200 && status < 300;
}
