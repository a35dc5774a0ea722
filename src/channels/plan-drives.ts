import type { BayView } from '../board/bay-watch.ts';
import type { PlanDrive } from '../link/plan.ts';

/** The drives that the recorder may write to. */
export function planDrives(views: readonly BayView[]): PlanDrive[] {
  return views.flatMap(({ bay, facts }) =>
    facts.state === 'ready'
      ? [
          {
            bay: bay.id,
            bayLabel: bay.label,
            driveId: facts.driveId,
            root: bay.path,
            capacityBytes: bay.capacityMB === undefined ? null : bay.capacityMB * 1_000_000,
          },
        ]
      : [],
  );
}
