import { type Static, Type } from '@sinclair/typebox';
import type { Log } from '../../base/log.ts';
import { StateFile } from '../state-file.ts';
import type { Refusal } from './login-limiter.ts';

const VERSION = 1;

const Refusals = Type.Object({
  version: Type.Literal(VERSION),
  refusals: Type.Array(Type.Object({ peer: Type.String(), username: Type.String(), atUtcMs: Type.Number() })),
});
type Refusals = Static<typeof Refusals>;

/** Which accounts were refused in the last minute, so that a recorder that restarts again and again locks none either. No passwords. */
export class RefusalStore {
  readonly #file: StateFile<Refusals>;

  constructor(path: string, log: Log) {
    this.#file = new StateFile({ path, schema: Refusals, what: 'refused logins', log });
  }

  async load(): Promise<readonly Refusal[]> {
    return (await this.#file.read())?.refusals ?? [];
  }

  save(refusals: readonly Refusal[]): void {
    this.#file.write({ version: VERSION, refusals: [...refusals] });
  }

  /** Resolves when everything is written. */
  flush(): Promise<void> {
    return this.#file.flush();
  }
}
