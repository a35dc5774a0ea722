import type { Clock } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { refuseLock, spanBytes } from './lock-policy.ts';
import type { Lock, LockStore } from './lock-store.ts';

export interface LockKeeperOptions {
  readonly store: LockStore;
  readonly catalog: Pick<Catalog, 'segmentsOf'>;
  readonly clock: Clock;
  /** Of the drives that are there. */
  readonly capacityBytes: () => number;
  readonly allotmentMbpsOf: (channelId: string) => number;
  /** Makes the plan anew and says whether the recorder has taken it. */
  readonly onChange: () => Promise<boolean>;
}

export interface WantedLock {
  readonly channelId: string;
  readonly fromUtcMs: number;
  readonly toUtcMs: number;
  readonly note: string;
}

/** Locks are taken up to half of the capacity, and count as confirmed when the recorder has them. */
export class LockKeeper {
  readonly #options: LockKeeperOptions;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: LockKeeperOptions) {
    this.#options = options;
  }

  get all(): readonly Lock[] {
    return this.#options.store.all;
  }

  /** One after the other, so that two at once cannot pass the limit together. */
  add(wanted: WantedLock): Promise<{ lock: Lock; isConfirmed: boolean }> {
    const next = this.#last.then(() => this.#addNow(wanted));
    this.#last = next.catch(() => undefined); // told to whoever asked
    return next;
  }

  async remove(id: string): Promise<void> {
    await this.#options.store.remove(id);
    await this.#options.onChange();
  }

  async #addNow(wanted: WantedLock): Promise<{ lock: Lock; isConfirmed: boolean }> {
    const { store, clock, capacityBytes, onChange } = this.#options;
    if (wanted.toUtcMs <= wanted.fromUtcMs) {
      throw new AppError(
        'bad-input',
        `toUtcMs: ${wanted.toUtcMs} is not allowed, expected more than fromUtcMs ${wanted.fromUtcMs}`,
      );
    }
    let lockedBytes = 0;
    for (const lock of store.all) lockedBytes += await this.#bytesOf(lock);
    const refusal = refuseLock({
      capacityBytes: capacityBytes(),
      lockedBytes,
      neededBytes: await this.#bytesOf(wanted),
    });
    if (refusal !== undefined) throw new AppError('conflict', refusal);
    const lock = await store.add({ ...wanted, madeUtcMs: clock.nowUtcMs() });
    return { lock, isConfirmed: await onChange() };
  }

  async #bytesOf(span: { channelId: string; fromUtcMs: number; toUtcMs: number }): Promise<number> {
    const { catalog, clock, allotmentMbpsOf } = this.#options;
    return spanBytes({
      segments: await catalog.segmentsOf(span.channelId, span.fromUtcMs, span.toUtcMs),
      toUtcMs: span.toUtcMs,
      nowUtcMs: Math.max(clock.nowUtcMs(), span.fromUtcMs),
      allotmentMbps: allotmentMbpsOf(span.channelId),
    });
  }
}
