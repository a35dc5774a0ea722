import { readFile } from 'node:fs/promises';
import { writeFileAtomic } from '../base/atomic-file.ts';
import type { Clock } from '../base/clock.ts';
import { errnoCode, messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { MINUTE_MS } from '../base/units.ts';
import type { Command } from '../link/messages.ts';
import type { Plan } from '../link/plan.ts';
import { isSamePlan, makePlan, type PlanInput } from './plan.ts';

/** The horizon moves on with the clock; a plan is sent anew once a day for it, when there are schedules. */
const RENEW_EVERY_MS = MINUTE_MS;

/** Longest wait for the recorder's word that it has taken a plan. */
const CONFIRM_TIMEOUT_MS = 5_000;

/**
 * Makes the plan anew whenever something that it depends on may have changed, and sends it when it did change or when the
 * recorder has connected. Revisions grow over restarts: the last one is kept in a file.
 */
export class PlanKeeper {
  readonly #options: PlanKeeperOptions;
  #plan: Plan | undefined;
  #revision = 0;
  #acceptedRevision = -1;
  #last: Promise<void> = Promise.resolve();
  readonly #waiting = new Set<() => void>();
  #stopping: AbortController | undefined;
  #renewing: Promise<void> | undefined;

  constructor(options: PlanKeeperOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#revision = await readRevision(this.#options.revisionPath);
    await this.refresh();
    this.#stopping = new AbortController();
    this.#renewing = this.#renew(this.#stopping.signal);
  }

  async stop(): Promise<void> {
    this.#stopping?.abort();
    await this.#renewing;
    await this.#last;
  }

  get plan(): Plan | undefined {
    return this.#plan;
  }

  /** Resolves when the plan is made and, if the recorder is there, sent; `force` gives a new revision although nothing changed. */
  refresh(options: { force?: boolean } = {}): Promise<void> {
    this.#last = this.#last.then(() =>
      this.#refresh(options.force ?? false).catch((error: unknown) => {
        this.#options.log.error({ error: messageOf(error) }, 'plan not made');
      }),
    );
    return this.#last;
  }

  /** The recorder came (back): it may have an older plan, or one of a revision that this state folder never gave out. */
  async onConnected(recorderRevision: number): Promise<void> {
    if (recorderRevision > this.#revision) {
      this.#revision = recorderRevision;
      await this.refresh({ force: true });
    } else if (this.#plan) {
      this.#options.send({ kind: 'set-plan', plan: this.#plan });
    }
  }

  onAccepted(revision: number): void {
    this.#acceptedRevision = revision;
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  onDisconnected(): void {
    this.#acceptedRevision = -1;
  }

  /** Whether the recorder has the present plan at this moment. */
  get isInForce(): boolean {
    return this.#plan !== undefined && this.#acceptedRevision >= this.#plan.revision;
  }

  /** Whether the recorder has taken the present plan, within a few seconds. */
  async isConfirmed(): Promise<boolean> {
    await this.#last;
    const endMs = this.#options.clock.monotonicMs() + CONFIRM_TIMEOUT_MS;
    const revision = this.#revision;
    while (this.#acceptedRevision < revision) {
      const leftMs = endMs - this.#options.clock.monotonicMs();
      if (leftMs <= 0) return false;
      await this.#change(leftMs);
    }
    return true;
  }

  async #renew(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#options.clock.sleep(RENEW_EVERY_MS, signal);
      } catch {
        return; // stopped
      }
      await this.refresh();
    }
  }

  async #change(timeoutMs: number): Promise<void> {
    const patience = new AbortController();
    const accepted = new Promise<void>((resolve) => this.#waiting.add(resolve));
    const late = this.#options.clock.sleep(timeoutMs, patience.signal).catch(() => undefined); // accepted before
    await Promise.race([accepted, late]);
    patience.abort();
  }

  async #refresh(isForced: boolean): Promise<void> {
    const { input, clock, revisionPath, send, log } = this.#options;
    const made = makePlan(input(), this.#revision + 1, clock.nowUtcMs());
    if (!isForced && this.#plan && isSamePlan(this.#plan, made)) return;
    await writeFileAtomic(revisionPath, `${JSON.stringify({ revision: made.revision })}\n`);
    this.#revision = made.revision;
    this.#plan = made;
    const isSent = send({ kind: 'set-plan', plan: made });
    log.info(
      {
        revision: made.revision,
        channels: made.channels.length,
        drives: made.drives.map((drive) => drive.bay),
        isSent,
      },
      'plan made',
    );
  }
}

export interface PlanKeeperOptions {
  readonly revisionPath: string;
  readonly input: () => PlanInput;
  readonly send: (command: Command) => boolean;
  readonly clock: Clock;
  readonly log: Log;
}

async function readRevision(path: string): Promise<number> {
  try {
    return Number(/"revision"\s*:\s*(\d+)/.exec(await readFile(path, 'utf8'))?.[1] ?? 0);
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return 0;
    throw error;
  }
}
