import { ManualClock } from '../../../src/base/clock.ts';
import type { AccessUnit } from '../../../src/media/access-unit.ts';
import { CameraTimeline } from '../../../src/recorder/time/camera-timeline.ts';
import type { TimedUnit } from '../../../src/recorder/time/timed-unit.ts';
import { WallOffset } from '../../../src/recorder/time/wall-offset.ts';
import { VIDEO } from '../support.ts';
import type { SimulatedFrame } from './simulated-track.ts';

const NO_BYTES = Buffer.alloc(0);

/** One channel's timeline with an appliance clock of its own. True time and the appliance's monotonic time are one. */
export class TimelineHarness {
  readonly clock: ManualClock;
  readonly wallOffset: WallOffset;
  readonly timeline: CameraTimeline;
  readonly timed: TimedUnit[] = [];

  constructor(startUtcMs: number) {
    this.clock = new ManualClock(startUtcMs);
    this.wallOffset = new WallOffset(this.clock);
    this.timeline = new CameraTimeline({ wallOffset: this.wallOffset, onTimed: (timed) => this.timed.push(timed) });
    this.timeline.setFormats({ video: VIDEO });
  }

  get video(): TimedUnit[] {
    return this.timed.filter(({ unit }) => unit.kind === 'video');
  }

  pushVideo(frame: SimulatedFrame, gop = 25): void {
    this.timeline.push(unitOf('video', frame, frame.index % gop === 0), undefined);
  }

  pushSound(frame: SimulatedFrame): void {
    this.timeline.push(unitOf('audio', frame, true), undefined);
  }
}

export function unitOf(kind: 'video' | 'audio', frame: SimulatedFrame, isKey: boolean): AccessUnit {
  return {
    kind,
    data: NO_BYTES,
    isKey,
    rtpTime: frame.rtpTime,
    arrivalMonotonicMs: frame.arrivalMs,
    isAfterLoss: false,
  };
}
