import { mkdir, readdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../base/atomic-file.ts';
import type { Clock } from '../base/clock.ts';
import { AppError, errnoCode } from '../base/errors.ts';
import { checkSettings, parseSettings } from './load-settings.ts';
import { isSealed, type SecretBox } from './secrets.ts';
import { DEFAULT_SETTINGS, type Settings } from './settings.ts';

/** Old versions that are kept: with a change a week two years, below a megabyte. */
export const MAX_HISTORY = 100;

/** The settings in memory and in their file. Every change goes through `update`, one after the other. */
export class SettingsStore {
  readonly #options: SettingsStoreOptions;
  #settings: Settings | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: SettingsStoreOptions) {
    this.#options = options;
  }

  /** Reads the file, or makes it from the seed (else from defaults) at the first start. A wrong file throws and stays as it is. */
  async start(): Promise<void> {
    const { path, seedPath } = this.#options;
    const text = await readIfThere(path);
    if (text !== undefined) {
      this.#settings = this.#parse(text, path);
      if (this.#settings.channels.some((channel) => !isSealed(channel.password))) await this.#write(this.#settings);
      return;
    }
    const seed = seedPath === undefined ? DEFAULT_SETTINGS : this.#parse(await readSeed(seedPath), seedPath);
    await this.#write(seed);
  }

  get current(): Settings {
    if (!this.#settings) throw new Error('settings are read by start()');
    return this.#settings;
  }

  /** `change` gets the present settings and returns the new ones, or throws to leave them. Resolves when they are on disk. */
  update(change: (settings: Settings) => Settings): Promise<Settings> {
    const next = this.#last.then(async () => {
      await this.#write(checkSettings(change(this.current), 'settings'));
      return this.current;
    });
    // A change that was refused must not stop those behind it; who asked for it learns of the error from `next`.
    this.#last = next.catch(() => undefined);
    return next;
  }

  #parse(text: string, path: string): Settings {
    const settings = parseSettings(text, path);
    const problem = this.#options.check?.(settings);
    if (problem !== undefined) throw new AppError('bad-input', `${path}: ${problem}`);
    return settings;
  }

  async #write(settings: Settings): Promise<void> {
    const { path, secrets } = this.#options;
    const sealed = {
      ...settings,
      channels: settings.channels.map((channel) =>
        isSealed(channel.password) ? channel : { ...channel, password: secrets.seal(channel.password, channel.id) },
      ),
    };
    await this.#keepOld();
    await writeFileAtomic(path, `${JSON.stringify(sealed, null, 2)}\n`, 0o600);
    this.#settings = sealed;
  }

  async #keepOld(): Promise<void> {
    const { path, historyPath, clock } = this.#options;
    const old = await readIfThere(path);
    if (old === undefined) return;
    await mkdir(historyPath, { recursive: true, mode: 0o700 });
    const names = (await readdir(historyPath)).filter((name) => name.endsWith('.json')).sort();
    // The count in front keeps the order when the clock was stepped back.
    const count = Number.parseInt(names.at(-1) ?? '0', 10) + 1;
    const time = new Date(clock.nowUtcMs()).toISOString().replaceAll(':', '-');
    await writeFileAtomic(join(historyPath, `${String(count).padStart(6, '0')}-${time}.json`), old, 0o600);
    for (const name of names.slice(0, Math.max(0, names.length + 1 - MAX_HISTORY))) {
      await unlink(join(historyPath, name));
    }
  }
}

export interface SettingsStoreOptions {
  readonly path: string;
  readonly historyPath: string;
  /** Used once, while `path` does not exist. */
  readonly seedPath?: string | undefined;
  /** What is wrong with a file beyond its schema, such as more channels than the model has. */
  readonly check?: (settings: Settings) => string | undefined;
  readonly secrets: SecretBox;
  readonly clock: Clock;
}

async function readSeed(path: string): Promise<string> {
  const text = await readIfThere(path);
  if (text === undefined) throw new AppError('not-found', `settings file ${path}: does not exist`);
  return text;
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
