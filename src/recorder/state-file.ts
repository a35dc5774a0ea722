import { readFile } from 'node:fs/promises';
import type { TSchema } from '@sinclair/typebox';
import { type TypeCheck, TypeCompiler } from '@sinclair/typebox/compiler';
import { writeFileAtomic } from '../base/atomic-file.ts';
import { errnoCode, messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';

export interface StateFileOptions<T> {
  readonly path: string;
  readonly schema: TSchema & { readonly static: T };
  /** For messages: `certificates of cameras`. */
  readonly what: string;
  readonly log: Log;
}

/**
 * A small file of the recorder on the state partition, whose loss is a nuisance and no reason not to record. Readable by its owner only.
 * Writes follow one another; of several that wait the last one counts.
 */
export class StateFile<T> {
  readonly #options: StateFileOptions<T>;
  readonly #check: TypeCheck<TSchema>;
  #next: T | undefined;
  #writing: Promise<void> | undefined;

  constructor(options: StateFileOptions<T>) {
    this.#options = options;
    this.#check = TypeCompiler.Compile(options.schema);
  }

  /** Undefined when there is none, or when it cannot be read: that is reported. */
  async read(): Promise<T | undefined> {
    const { path, what, log } = this.#options;
    try {
      const value: unknown = JSON.parse(await readFile(path, 'utf8'));
      if (this.#check.Check(value)) return value as T;
      const first = this.#check.Errors(value).First();
      log.error({ path, error: `${first?.path ?? ''}: ${first?.message ?? 'not valid'}` }, `${what} cannot be read`);
    } catch (error) {
      if (errnoCode(error) !== 'ENOENT') log.error({ path, error: messageOf(error) }, `${what} cannot be read`);
    }
    return undefined;
  }

  write(value: T): void {
    this.#next = value;
    this.#writing ??= this.#writeAll();
  }

  /** Resolves when everything is written. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    const { path, what, log } = this.#options;
    while (this.#next !== undefined) {
      const value = this.#next;
      this.#next = undefined;
      try {
        await writeFileAtomic(path, `${JSON.stringify(value)}\n`, 0o600);
      } catch (error) {
        log.error({ path, error: messageOf(error) }, `${what} cannot be written`);
      }
    }
    this.#writing = undefined;
  }
}
