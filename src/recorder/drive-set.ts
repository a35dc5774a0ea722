import type { ArchiveEntry, GapCause } from '../archive/entries.ts';
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
  readonly #loadMbps = new Map<string, number>();
  readonly #placed = new Map<string, { driveId: string; mbps: number }>();

  get drives(): readonly Drive[] {
    return this.#drives;
  }

  set(drives: Drive[]): void {
    this.#drives = drives;
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
