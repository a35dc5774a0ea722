import { appendFile, mkdir, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { encodeLine } from '../../base/ndjson.ts';

/** One file a month: five years. */
const MAX_FILES = 60;

export interface AuditEvent {
  /** `signed-in`, `sign-in-refused`, `settings-changed`, … */
  readonly event: string;
  /** Remote address. */
  readonly from: string;
  /** What was changed, in words and numbers; never a secret. */
  readonly detail?: string;
}

export type Audit = (event: AuditEvent) => void;

/** Who did what, one line each in `audit/<YYYY-MM>.ndjson`. Lines carry a checksum and are only ever appended. */
export class AuditLog {
  readonly #options: { folder: string; clock: Clock; log: Log };
  #last: Promise<void> = Promise.resolve();

  constructor(options: { folder: string; clock: Clock; log: Log }) {
    this.#options = options;
  }

  async start(): Promise<void> {
    await mkdir(this.#options.folder, { recursive: true, mode: 0o700 });
    const files = (await readdir(this.#options.folder)).filter((name) => name.endsWith('.ndjson')).sort();
    for (const name of files.slice(0, Math.max(0, files.length - MAX_FILES))) {
      await unlink(join(this.#options.folder, name));
    }
  }

  /** Lines keep their order; a state partition that cannot be written to must not lock people out, and is told in the log. */
  readonly write: Audit = (event) => {
    const { folder, clock, log } = this.#options;
    const t = new Date(clock.nowUtcMs()).toISOString();
    const line = encodeLine({ t, ...event });
    log.info({ ...event }, event.event);
    this.#last = this.#last
      .then(() => appendFile(join(folder, `${t.slice(0, 7)}.ndjson`), line, { mode: 0o600 }))
      .catch((error: unknown) => log.error({ error: messageOf(error) }, 'audit log cannot be written'));
  };

  async stop(): Promise<void> {
    await this.#last;
  }
}
