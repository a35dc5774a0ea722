import type { SenderReportHint } from '../../protocols/rtsp/media-lane.ts';
import type { TrackClock } from './track-clock.ts';

/** More between two reports than a crystal can do: the camera's clock was set. */
const STEP_MS = 500;
/** An encoder delays pictures by less than this against its sound; more, and the two reports come from clocks that are not one. */
const MAX_LEAD_MS = 1_000;
/** Nobody hears less, and reports of one camera differ by some milliseconds each time. */
const MIN_LEAD_CHANGE_MS = 20;

interface Heard extends SenderReportHint {
  /** Of the track's clock, when it was heard: after a jump the report says nothing any more. */
  readonly jumps: number;
}

/**
 * What a camera says about its own wall clock, in RTCP sender reports. A hint only: such clocks are set by hand or step with SNTP, and
 * some cameras send nonsense. It never decides when something happened. It tells how far the camera's clock is off, and, as picture
 * and sound are told by the same clock there, how far sound runs ahead of the picture on its way to us.
 */
export class CameraClock {
  #video: Heard | undefined;
  #audio: Heard | undefined;
  #wallSteps = 0;
  #largestStepMs = 0;

  /** Camera's wall time minus our monotonic time; undefined when it has said nothing. */
  get aheadOfMonotonicMs(): number | undefined {
    const heard = this.#video ?? this.#audio;
    return heard && heard.ntpUtcMs - heard.arrivalMonotonicMs;
  }

  /** Times that the camera's wall clock was set. */
  get wallSteps(): number {
    return this.#wallSteps;
  }

  get largestStepMs(): number {
    return this.#largestStepMs;
  }

  note(report: SenderReportHint, clock: TrackClock | undefined): void {
    const before = report.kind === 'video' ? this.#video : this.#audio;
    // Both tracks tell of the same step: it is counted once.
    if (before && (report.kind === 'video' || !this.#video)) {
      const stepMs = report.ntpUtcMs - before.ntpUtcMs - (report.arrivalMonotonicMs - before.arrivalMonotonicMs);
      if (Math.abs(stepMs) >= STEP_MS) {
        this.#wallSteps++;
        if (Math.abs(stepMs) > Math.abs(this.#largestStepMs)) this.#largestStepMs = stepMs;
      }
    }
    const heard = { ...report, jumps: clock?.jumps.count ?? 0 };
    if (report.kind === 'video') this.#video = heard;
    else this.#audio = heard;
  }

  /** Another session: what the last one's timestamps meant is gone; how the camera's wall clock stands is not. */
  forgetTimestamps(): void {
    this.#video = this.#video && { ...this.#video, jumps: -1 };
    this.#audio = this.#audio && { ...this.#audio, jumps: -1 };
  }

  /** By how much sound is to be placed before (negative: after) its arrival, so that it fits the picture; undefined for no change. */
  soundLead(video: TrackClock, audio: TrackClock): number | undefined {
    const [picture, sound] = [this.#video, this.#audio];
    if (!picture || !sound || picture.jumps !== video.jumps.count || sound.jumps !== audio.jumps.count)
      return undefined;
    const pictureUtcMs = video.wallUtcMsOf(picture.rtpTime);
    const soundUtcMs = audio.wallUtcMsOf(sound.rtpTime);
    if (pictureUtcMs === undefined || soundUtcMs === undefined) return undefined;
    const changeMs = pictureUtcMs - picture.ntpUtcMs - (soundUtcMs - sound.ntpUtcMs);
    const leadMs = audio.leadMs + changeMs;
    return Math.abs(changeMs) < MIN_LEAD_CHANGE_MS || Math.abs(leadMs) > MAX_LEAD_MS ? undefined : leadMs;
  }
}
