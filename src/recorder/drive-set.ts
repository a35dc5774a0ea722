import type { ArchiveEntry, GapCause } from '../archive/entries.ts';
import type { PlanDrive } from '../link/plan.ts';
import type { Drive } from './drive.ts';
import type { Placement } from './recording.ts';

export interface PlacementWish {
  /** Bays that may receive the channel; empty: any. */
  readonly bays: readonly string[];
  readonly allotmentMbps: number;
}

/**
 * The drives of the plan, and which one gets the next segment: `spread`, the least load for its size. Decided anew for each segment, so
 * that a drive that comes or goes finds its share within a segment's length.
 */
export class DriveSet {
  #drives: Drive[] = [];
  readonly #ending = new Map<string, Promise<void>>();
  readonly #loadMbps = new Map<string, number>();
  readonly #placed = new Map<string, { driveId: string; mbps: number }>();

  get drives(): readonly Drive[] {
    return this.#drives;
  }

  /**
   * Takes over the plan's drives; returns those that are new. Channels move away from the ones that left, which finish their segments
   * in their own time: a drive that hangs must not hold up the plan.
   */
  apply(plans: readonly PlanDrive[], create: (plan: PlanDrive, predecessor: Promise<void>) => Drive): Drive[] {
    const wanted = new Map(plans.map((plan) => [JSON.stringify(plan), plan]));
    const isKept = (drive: Drive) => wanted.has(JSON.stringify(drive.plan));
    const kept = this.#drives.filter(isKept);
    const dropped = this.#drives.filter((drive) => !isKept(drive));
    for (const { plan } of kept) wanted.delete(JSON.stringify(plan));
    const added = [...wanted.values()].map((plan) => create(plan, this.#ending.get(plan.driveId) ?? Promise.resolve()));
    this.#drives = [...kept, ...added];
    for (const drive of dropped) this.#end(drive);
    return added;
  }

  #end(drive: Drive): void {
    const { driveId } = drive.plan;
    const ended = drive.stop().finally(() => {
      if (this.#ending.get(driveId) === ended) this.#ending.delete(driveId);
    });
    this.#ending.set(driveId, ended);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#drives.map((drive) => drive.stop()), ...this.#ending.values()]);
  }

  check(): void {
    for (const drive of this.#drives) drive.check();
  }

  choose(channelId: string, wish: PlacementWish): Placement | { cause: GapCause; detail: string } {
    const allowed = this.#drives.filter(({ plan }) => wish.bays.length === 0 || wish.bays.includes(plan.bay));
    this.forget(channelId);
    const writable = allowed.filter((drive) => drive.isWritable);
    const best = writable.reduce<Drive | undefined>(
      (least, drive) => (least === undefined || this.#loadOf(drive) < this.#loadOf(least) ? drive : least),
      undefined,
    );
    if (!best) return refusal(allowed);
    this.#placed.set(channelId, { driveId: best.plan.driveId, mbps: wish.allotmentMbps });
    this.#addLoad(best.plan.driveId, wish.allotmentMbps);
    return best;
  }

  /** The channel writes nowhere for now. */
  forget(channelId: string): void {
    const placed = this.#placed.get(channelId);
    if (!placed) return;
    this.#placed.delete(channelId);
    this.#addLoad(placed.driveId, -placed.mbps);
  }

  appendToJournals(entry: ArchiveEntry): void {
    for (const drive of this.#drives) drive.appendToJournal(entry);
  }

  #loadOf(drive: Drive): number {
    return (this.#loadMbps.get(drive.plan.driveId) ?? 0) / Math.max(1, drive.capacityBytes);
  }

  #addLoad(driveId: string, mbps: number): void {
    this.#loadMbps.set(driveId, (this.#loadMbps.get(driveId) ?? 0) + mbps);
  }
}

function refusal(allowed: readonly Drive[]): { cause: GapCause; detail: string } {
  const states =
    allowed.map((drive) => `${drive.plan.bayLabel}: ${drive.stateFact.state}`).join(', ') || 'no bay is allowed';
  const isOnlyFull = allowed.some((drive) => drive.isFull);
  return { cause: isOnlyFull ? 'drive-full' : 'no-drive', detail: states };
}
