import { Backoff } from '../../base/backoff.ts';
import type { AppError } from '../../base/errors.ts';
import { SECOND_MS } from '../../base/units.ts';
import { CertificateError } from '../../protocols/rtsp/certificate.ts';

/** A camera that was switched off is asked again at least this often; 64 of them do not come at the same moment. */
const UNREACHABLE = { firstMs: 500, maxMs: 15 * SECOND_MS, jitter: 0.3 };
/** One that serves all the viewers that it can: a place becomes free when a session of a minute expires, and asking burdens it. */
const BUSY = { firstMs: 2 * SECOND_MS, maxMs: 30 * SECOND_MS, jitter: 0.3 };
/** Cameras lock an account after a few wrong passwords in some minutes: one attempt a minute stays below every known limit. */
export const REFUSED_RETRY_MS = 60 * SECOND_MS;
/** A certificate is accepted by a person: there is no hurry, and nobody between must be given many tries. */
const CERTIFICATE_RETRY_MS = 60 * SECOND_MS;
/** On top of those, so that the channels of one camera do not come back together. */
const SPREAD_MS = 5 * SECOND_MS;
/** A session that lasted this long was a good one: the next failure begins with a short delay again. */
const GOOD_SESSION_MS = 10 * SECOND_MS;

export interface EndOfAttempt {
  readonly error: AppError;
  /** From the answer to PLAY on; 0 when there was none. */
  readonly playedMs: number;
  /** So long the account must be left alone, as far as others have tried it. */
  readonly accountWaitMs: number;
}

/** When a camera is asked again, by what became of the last attempt. */
export class RetryPolicy {
  readonly #unreachable: Backoff;
  readonly #busy: Backoff;
  readonly #random: () => number;

  constructor(random: () => number = Math.random) {
    this.#random = random;
    this.#unreachable = new Backoff({ ...UNREACHABLE, random });
    this.#busy = new Backoff({ ...BUSY, random });
  }

  nextMs({ error, playedMs, accountWaitMs }: EndOfAttempt): number {
    if (playedMs > GOOD_SESSION_MS) {
      this.#unreachable.reset();
      this.#busy.reset();
    }
    if (error instanceof CertificateError) return CERTIFICATE_RETRY_MS + this.#spreadMs();
    switch (error.kind) {
      case 'unauthorized':
      case 'forbidden':
        return (accountWaitMs > 0 ? accountWaitMs : REFUSED_RETRY_MS) + this.#spreadMs();
      case 'conflict':
        return this.#busy.nextMs();
      default:
        return this.#unreachable.nextMs();
    }
  }

  #spreadMs(): number {
    return SPREAD_MS * this.#random();
  }
}
