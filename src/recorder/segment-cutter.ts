import type { FragmentInput, Run, Sample } from '../media/fmp4/fragment.ts';
import { packetTicks } from '../media/sound/audio-format.ts';
import { HOLE_MS } from './gap-tracker.ts';
import type { Hole, Stretch, TimedUnit } from './time/timed-unit.ts';

/**
 * Decides where fragments and segments begin and end. Pure: units in, actions out.
 *
 * A fragment ends after `fragmentMs` and before every key frame, so that what a power cut costs does not depend on the camera and each
 * group of pictures begins with a fragment; several in a row that are nothing but key frames share one. A segment ends at the first
 * key frame after `segmentMs`, with the stretch, or, for a camera that sends no key frames, anywhere at `NO_KEY_FACTOR` times its length.
 *
 * A second or more without pictures stays a hole in the file's time: the last picture before it keeps its usual duration, and the
 * next one begins a fragment, so that the ledger hears of it.
 */
export type CutAction =
  | { readonly kind: 'open'; readonly stretch: Stretch; readonly startUtcMs: number; readonly startsWithKey: boolean }
  | {
      readonly kind: 'fragment';
      readonly input: FragmentInput;
      readonly throughSerial: number;
      readonly startUtcMs: number;
      readonly endUtcMs: number;
      readonly videoFrames: number;
      /** Why something may be missing in front of it, when that is known. */
      readonly hole: Hole | undefined;
    }
  | { readonly kind: 'close' };

/** Most units cause nothing; this is called for each. */
const NOTHING: readonly CutAction[] = [];
const NO_KEY_FACTOR = 3;
const MP4_VIDEO_TIMESCALE = 90_000;
const TICKS_PER_MS = MP4_VIDEO_TIMESCALE / 1000;
/** Sound whose picture does not come (packets were lost, the next key frame is far) is not kept waiting for it any longer. */
const MAX_SOUND_WAIT_FRAGMENTS = 2;
/** For a last frame whose successor is unknown and that had no predecessor: 25 frames a second. */
const DEFAULT_FRAME_TICKS = 3_600;
/** Sound that runs away from the picture by more than this (two clocks in one camera) is set right at the next fragment. */
const MAX_SOUND_DRIFT_MS = 200;

export interface SegmentTimes {
  readonly segmentMs: number;
  readonly fragmentMs: number;
}

interface CurrentSegment {
  readonly stretch: Stretch;
  readonly startUtcMs: number;
  readonly originDts: number;
  /** Composition offset of the first frame: all presentation times of the file are shifted by it. */
  readonly originOffset: number;
  /** Media time minus ticks of the sound track, once it has begun. */
  soundShift: number | undefined;
  soundEnd: number;
  endUtcMs: number;
}

export class SegmentCutter {
  readonly #times: () => SegmentTimes;
  #segment: CurrentSegment | undefined;
  #video: TimedUnit[] = [];
  #audio: TimedUnit[] = [];
  #frameTicks = DEFAULT_FRAME_TICKS;
  #mayBeginAnywhere = false;

  /** `times` is asked at each cut, so that a change takes effect with the segment that is under way. */
  constructor(times: () => SegmentTimes) {
    this.#times = times;
  }

  /** Pictures that wait for their fragment's end. Sound alone does not wait for long. */
  get hasPending(): boolean {
    return this.#video.length > 0;
  }

  get isOpen(): boolean {
    return this.#segment !== undefined;
  }

  push(timed: TimedUnit): readonly CutAction[] {
    if (timed.unit.kind === 'audio') return this.#pushSound(timed);
    const actions = this.#cutBefore(timed);
    if (this.#segment) this.#video.push(timed);
    return actions;
  }

  #pushSound(timed: TimedUnit): readonly CutAction[] {
    if (!this.#segment) return NOTHING;
    const firstUtcMs = (this.#video[0] ?? this.#audio[0] ?? timed).wallUtcMs;
    const isWaitingLong = timed.wallUtcMs - firstUtcMs >= MAX_SOUND_WAIT_FRAGMENTS * this.#times().fragmentMs;
    const actions = isWaitingLong ? this.#takeFragment(undefined) : NOTHING;
    this.#audio.push(timed);
    return actions;
  }

  /** What waits goes out now: the camera has gone silent, or the recorder stops. */
  flush(): CutAction[] {
    return this.#takeFragment(undefined);
  }

  close(): CutAction[] {
    if (!this.#segment) return [];
    const actions = this.flush();
    actions.push({ kind: 'close' });
    this.#segment = undefined;
    return actions;
  }

  /** Forgets everything: what was pending is in the tail and will be pushed again. */
  reset(): void {
    this.#segment = undefined;
    this.#mayBeginAnywhere = false;
    this.#video = [];
    this.#audio = [];
  }

  /** The next segment goes on within a group of pictures, whose beginning lies in another one. */
  beginAnywhere(): void {
    this.#mayBeginAnywhere = true;
  }

  #cutBefore(timed: TimedUnit): readonly CutAction[] {
    const isKey = timed.unit.isKey;
    const current = this.#segment;
    if (!current) return isKey || this.#mayBeginAnywhere ? [this.#open(timed)] : NOTHING;

    const before = this.#isAfterHole(timed) ? this.#takeFragment(undefined) : NOTHING;
    const isOtherStretch = current.stretch !== timed.stretch;
    const ageMs = timed.wallUtcMs - current.startUtcMs;
    const { segmentMs, fragmentMs } = this.#times();
    const isDue = ageMs >= (isKey ? segmentMs : NO_KEY_FACTOR * segmentMs);
    if (isOtherStretch || isDue) {
      const actions = [...before, ...this.#takeFragment(isOtherStretch ? undefined : timed)];
      actions.push({ kind: 'close' });
      this.#segment = undefined;
      if (isKey || !isOtherStretch) actions.push(this.#open(timed));
      return actions;
    }
    const first = this.#video[0];
    if (before.length > 0) return before;
    const isFull = first !== undefined && timed.dtsTicks - first.dtsTicks >= fragmentMs * TICKS_PER_MS;
    // Where every picture is a key frame (MJPEG), one a fragment would cost much and help nobody.
    const isAmongKeys = this.#video.at(-1)?.unit.isKey === true;
    return isFull || (isKey && !isAmongKeys) ? this.#takeFragment(timed) : NOTHING;
  }

  #isAfterHole(timed: TimedUnit): boolean {
    const last = this.#video.at(-1);
    if (last === undefined) return false;
    return timed.dtsTicks - last.dtsTicks - this.#frameTicks >= HOLE_MS * TICKS_PER_MS;
  }

  #open(first: TimedUnit): CutAction {
    this.#mayBeginAnywhere = false;
    this.#segment = {
      stretch: first.stretch,
      startUtcMs: first.wallUtcMs,
      originDts: first.dtsTicks,
      originOffset: first.ticks - first.dtsTicks,
      soundShift: undefined,
      soundEnd: 0,
      endUtcMs: first.wallUtcMs,
    };
    const { stretch, wallUtcMs, unit } = first;
    return { kind: 'open', stretch, startUtcMs: wallUtcMs, startsWithKey: unit.isKey };
  }

  /** `next` is the frame after the fragment; it tells how long the last one is shown. */
  #takeFragment(next: TimedUnit | undefined): CutAction[] {
    const segment = this.#segment;
    const [video, audio] = [this.#video, this.#audio];
    if (!segment || video.length + audio.length === 0) return [];
    this.#video = [];
    this.#audio = [];

    const videoRun = video.length > 0 ? this.#videoRun(segment, video, next) : undefined;
    const audioRun = audio.length > 0 ? audioRunOf(segment, audio) : undefined;
    const first = video[0] ?? audio[0]!;
    // Wall time of the presentation time `baseDecodeTime + originOffset`, whatever the first frame's own offset is.
    const wallUtcMs = video[0]
      ? first.wallUtcMs - (first.ticks - first.dtsTicks - segment.originOffset) / TICKS_PER_MS
      : first.wallUtcMs;
    const lastEndUtcMs =
      video.reduce((end, t) => Math.max(end, t.wallUtcMs), segment.startUtcMs) + this.#frameTicks / TICKS_PER_MS;
    if (video.length > 0) segment.endUtcMs = Math.max(segment.endUtcMs, lastEndUtcMs);
    return [
      {
        kind: 'fragment',
        input: { wallUtcMs, video: videoRun, audio: audioRun },
        throughSerial: Math.max(video.at(-1)?.serial ?? 0, audio.at(-1)?.serial ?? 0),
        startUtcMs: first.wallUtcMs,
        endUtcMs: segment.endUtcMs,
        videoFrames: video.length,
        hole: video[0]?.hole,
      },
    ];
  }

  #videoRun(segment: CurrentSegment, video: TimedUnit[], next: TimedUnit | undefined): Run {
    const samples: Sample[] = new Array(video.length);
    for (let i = 0; i < video.length; i++) {
      const timed = video[i]!;
      const following = video[i + 1] ?? next;
      if (following) this.#frameTicks = Math.max(1, following.dtsTicks - timed.dtsTicks);
      samples[i] = {
        data: timed.unit.data,
        duration: this.#frameTicks,
        compositionOffset: timed.ticks - timed.dtsTicks,
        isKey: timed.unit.isKey,
      };
    }
    return { baseDecodeTime: video[0]!.dtsTicks - segment.originDts, samples };
  }
}

function audioRunOf(segment: CurrentSegment, audio: TimedUnit[]): Run | undefined {
  const format = segment.stretch.audio;
  if (!format) return undefined;
  const first = audio[0]!;
  const leadMs = first.wallUtcMs - segment.startUtcMs + segment.originOffset / TICKS_PER_MS;
  const wantedStart = Math.round((leadMs * format.clockRate) / 1000);
  const driftTicks = segment.soundShift === undefined ? 0 : wantedStart - (first.ticks + segment.soundShift);
  if (segment.soundShift === undefined || Math.abs(driftTicks) > (MAX_SOUND_DRIFT_MS * format.clockRate) / 1000) {
    segment.soundShift = Math.max(wantedStart, segment.soundEnd) - first.ticks;
  }
  const baseDecodeTime = Math.max(first.ticks + segment.soundShift, segment.soundEnd);
  let end = baseDecodeTime;
  const samples: Sample[] = audio.map((timed, i) => {
    const next = audio[i + 1];
    const measured = next ? next.ticks - timed.ticks : 0;
    const duration = measured > 0 && measured <= format.clockRate ? measured : packetTicks(format, timed.unit.data);
    end += duration;
    return { data: timed.unit.data, duration, compositionOffset: 0, isKey: true };
  });
  segment.soundEnd = end;
  return { baseDecodeTime, samples };
}
