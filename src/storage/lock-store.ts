import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type Static, Type } from '@sinclair/typebox';
import { writeFileAtomic } from '../base/atomic-file.ts';
import { AppError, errnoCode } from '../base/errors.ts';
import { describeMismatch } from '../base/schema-error.ts';

/** The recorder checks every lock for every segment that it deletes. */
export const MAX_LOCKS = 1000;

export const Lock = Type.Object({
  id: Type.String(),
  channelId: Type.String(),
  fromUtcMs: Type.Integer(),
  toUtcMs: Type.Integer(),
  note: Type.String(),
  madeUtcMs: Type.Integer(),
});
export type Lock = Static<typeof Lock>;

const LockFile = Type.Object({ version: Type.Literal(1), locks: Type.Array(Lock, { maxItems: MAX_LOCKS }) });

/** Spans that must not be deleted, in `locks.json` on the state partition; they reach the drives' journals through the plan. */
export class LockStore {
  readonly #path: string;
  #locks: readonly Lock[] = [];
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: { path: string }) {
    this.#path = options.path;
  }

  async start(): Promise<void> {
    let text: string;
    try {
      text = await readFile(this.#path, 'utf8');
    } catch (error) {
      if (errnoCode(error) === 'ENOENT') return;
      throw error;
    }
    this.#locks = parseLocks(text, this.#path);
  }

  get all(): readonly Lock[] {
    return this.#locks;
  }

  async add(lock: Omit<Lock, 'id'>): Promise<Lock> {
    if (this.#locks.length >= MAX_LOCKS)
      throw new AppError('conflict', `there are ${MAX_LOCKS} locks already, the most that are kept`);
    const made = { ...lock, id: randomUUID() };
    await this.#change((locks) => [...locks, made]);
    return made;
  }

  async remove(id: string): Promise<void> {
    if (!this.#locks.some((lock) => lock.id === id)) throw new AppError('not-found', `lock ${id}: does not exist`);
    await this.#change((locks) => locks.filter((lock) => lock.id !== id));
  }

  #change(change: (locks: readonly Lock[]) => readonly Lock[]): Promise<void> {
    const next = this.#last.then(async () => {
      const locks = change(this.#locks);
      await writeFileAtomic(this.#path, `${JSON.stringify({ version: 1, locks }, null, 2)}\n`);
      this.#locks = locks;
    });
    this.#last = next.catch(() => undefined); // the caller of the failed one learns of it
    return next;
  }
}

/** A damaged file is an error, never an empty list: footage would lose its protection in silence. */
function parseLocks(text: string, path: string): readonly Lock[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new AppError('corrupt', `${path}: not valid JSON`, { cause: error });
  }
  const mismatch = describeMismatch(LockFile, value);
  if (mismatch !== undefined) throw new AppError('corrupt', `${path}: ${mismatch}`);
  return (value as Static<typeof LockFile>).locks;
}
