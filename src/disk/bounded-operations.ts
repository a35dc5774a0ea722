import { AppError } from '../base/errors.ts';

/**
 * A drive that hangs takes every thread that waits for it. Four keep a healthy drive busy (one sync, one slow write, two reads) and
 * bound what a sick one can take from the others.
 */
export const MAX_OPERATIONS_PER_DRIVE = 4;

/** Beyond this the drive is not slow but stuck: 64 channels make about 130 operations a second, so this is half a minute of them. */
const MAX_WAITING = 4_096;

/** Runs operations with at most `limit` at a time, in the order in which they came. */
export class BoundedOperations {
  readonly #what: string;
  readonly #limit: number;
  readonly #waiting: { start: () => void; reject: (error: Error) => void }[] = [];
  #inFlight = 0;
  #isClosed = false;

  constructor(what: string, limit = MAX_OPERATIONS_PER_DRIVE) {
    this.#what = what;
    this.#limit = limit;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  run<T>(operation: () => Promise<T>): Promise<T> {
    if (this.#isClosed) return Promise.reject(this.#closedError());
    if (this.#inFlight < this.#limit) return this.#start(operation);
    if (this.#waiting.length >= MAX_WAITING) {
      return Promise.reject(
        new AppError('drive', `${this.#what}: ${MAX_WAITING} operations are waiting, the drive does not keep up`),
      );
    }
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ start: () => this.#start(operation).then(resolve, reject), reject });
    });
  }

  /** What waits is refused. What is under way stays with the kernel; nobody should await it. */
  close(): void {
    this.#isClosed = true;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#closedError());
  }

  async #start<T>(operation: () => Promise<T>): Promise<T> {
    this.#inFlight++;
    try {
      return await operation();
    } finally {
      this.#inFlight--;
      this.#waiting.shift()?.start();
    }
  }

  #closedError(): AppError {
    return new AppError('drive', `${this.#what}: closed`);
  }
}
