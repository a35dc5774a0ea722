import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { CameraAccess } from '../camera-session.ts';
import { CertificateStore } from './certificate-store.ts';
import { LoginLimiter } from './login-limiter.ts';
import { RefusalStore } from './refusal-store.ts';

export interface CameraMemoryOptions {
  readonly certificatesPath: string;
  readonly refusalsPath: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** What the recorder knows of cameras beyond one session and beyond its own restarts. */
export class CameraMemory {
  readonly #certificates: CertificateStore;
  readonly #refusals: RefusalStore;
  readonly #limiter: LoginLimiter;

  private constructor(certificates: CertificateStore, refusals: RefusalStore, limiter: LoginLimiter) {
    this.#certificates = certificates;
    this.#refusals = refusals;
    this.#limiter = limiter;
  }

  static async open({ certificatesPath, refusalsPath, clock, log }: CameraMemoryOptions): Promise<CameraMemory> {
    const certificates = new CertificateStore(certificatesPath, log);
    await certificates.load();
    const store = new RefusalStore(refusalsPath, log);
    const refusals = await store.load();
    const limiter = new LoginLimiter({ clock, refusals, onRefused: (current) => store.save(current) });
    return new CameraMemory(certificates, store, limiter);
  }

  accessFor(channelId: string): CameraAccess {
    return {
      limiter: this.#limiter,
      certificates: {
        expected: (peer) => this.#certificates.expected(channelId, peer),
        keep: (peer, sha256) => this.#certificates.keep(channelId, peer, sha256),
      },
    };
  }

  /** Only these channels are left in the plan. */
  prune(channelIds: readonly string[]): void {
    this.#certificates.prune(new Set(channelIds));
  }

  /** Resolves when everything is written. */
  async flush(): Promise<void> {
    await Promise.all([this.#certificates.flush(), this.#refusals.flush()]);
  }
}
