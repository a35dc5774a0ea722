import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { SECOND_MS } from '../base/units.ts';
import { type BayFacts, inspectBay } from './inspect-bay.ts';
import type { Bay } from './model.ts';

/** A few system calls per bay; a drive that comes back is in the plan two looks later at most. */
const LOOK_EVERY_MS = SECOND_MS;

/** A look that takes longer is reported; the one that hangs is never joined by a second one. */
const SLOW_MS = 5 * SECOND_MS;

export interface BayView {
  readonly bay: Bay;
  readonly facts: BayFacts;
}

/** Looks at every bay each second, on its own: a drive that hangs delays none of the others. */
export class BayWatch {
  readonly #options: BayWatchOptions;
  readonly #facts = new Map<string, BayFacts>();
  readonly #lookingSinceMs = new Map<string, number>();
  #stopping: AbortController | undefined;
  #running: Promise<void> | undefined;

  constructor(options: BayWatchOptions) {
    this.#options = options;
  }

  /** Resolves after the first look, or when it is slow. */
  async start(): Promise<void> {
    this.#stopping = new AbortController();
    await this.#runOnce();
    this.#running = this.#run(this.#stopping.signal);
  }

  async stop(): Promise<void> {
    this.#stopping?.abort();
    await this.#running;
  }

  get views(): readonly BayView[] {
    return this.#options.bays.map((bay) => ({ bay, facts: this.#factsOf(bay) }));
  }

  /** Of all drives that are there. */
  get capacityBytes(): number {
    return this.views.reduce((sum, { facts }) => sum + (facts.state === 'ready' ? facts.capacityBytes : 0), 0);
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#options.clock.sleep(LOOK_EVERY_MS, signal);
      } catch {
        return; // stopped
      }
      await this.#runOnce();
    }
  }

  async #runOnce(): Promise<void> {
    const { bays, clock } = this.#options;
    const looks = bays.map((bay) => this.#look(bay));
    const patience = new AbortController();
    const slow = clock.sleep(SLOW_MS, patience.signal).catch(() => undefined); // ended early: all looks came back
    await Promise.race([Promise.all(looks), slow]);
    patience.abort();
  }

  async #look(bay: Bay): Promise<void> {
    const { clock, unit, onChange, log } = this.#options;
    if (this.#lookingSinceMs.has(bay.id)) return;
    this.#lookingSinceMs.set(bay.id, clock.monotonicMs());
    const facts = await inspectBay(bay, { unit, nowUtcMs: clock.nowUtcMs() });
    this.#lookingSinceMs.delete(bay.id);
    const before = this.#facts.get(bay.id);
    this.#facts.set(bay.id, facts);
    if (identity(before) === identity(facts)) return;
    log.info({ bay: bay.id, ...facts }, `bay ${bay.label}: ${facts.state}`);
    // The first look is what everybody begins with; a change is what comes after it.
    if (this.#running) onChange();
  }

  /** A drive that does not answer keeps its place: whether it still takes footage the recorder finds out by itself. */
  #factsOf(bay: Bay): BayFacts {
    const facts = this.#facts.get(bay.id);
    const sinceMs = this.#lookingSinceMs.get(bay.id);
    const waitedMs = sinceMs === undefined ? 0 : this.#options.clock.monotonicMs() - sinceMs;
    if (facts?.state === 'ready') {
      const twin = this.#firstWith(facts.driveId);
      if (twin !== undefined && twin.id !== bay.id) {
        return {
          state: 'failed',
          detail: `${bay.path} has the same drive id as bay ${twin.label}: a copy is not written to`,
        };
      }
      return facts;
    }
    if (waitedMs > SLOW_MS)
      return { state: 'failed', detail: `${bay.path} has not answered for ${Math.round(waitedMs / 1000)} s` };
    return facts ?? { state: 'unknown', detail: `${bay.path} has not been looked at yet` };
  }

  #firstWith(driveId: string): Bay | undefined {
    return this.#options.bays.find((bay) => {
      const facts = this.#facts.get(bay.id);
      return facts?.state === 'ready' && facts.driveId === driveId;
    });
  }
}

export interface BayWatchOptions {
  readonly bays: readonly Bay[];
  readonly unit: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Something other than free room has changed in one of the bays. */
  readonly onChange: () => void;
}

function identity(facts: BayFacts | undefined): string {
  if (facts === undefined) return '';
  return facts.state === 'ready' ? `ready ${facts.driveId} ${facts.insertion}` : `${facts.state} ${facts.detail}`;
}
