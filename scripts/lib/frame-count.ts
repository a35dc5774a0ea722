/** First and last number of an unbroken run of frames. */
export type FrameRange = readonly [number, number];

/** What a camera sent in one session, as the simulator counted it. */
export interface SentSession {
  readonly ranges: readonly FrameRange[];
}

export interface FrameComparison {
  framesSent: number;
  framesRecorded: number;
  /** Sent, not recorded, and not under way at the end. */
  framesLost: number;
  /** At the end of the last session: sent when the recorder was told to stop, or what it had not read yet. */
  framesUnderWay: number;
  /** The first few of the lost, for a message. */
  lostRanges: FrameRange[];
}

/** A second of a fast camera: what lies in sockets and queues when a session ends. Beyond it the end counts as lost, too. */
const MAX_UNDER_WAY = 30;
const MAX_LOST_RANGES = 20;

/** Frame by frame, what is in files against what was sent. Numbers that are in several files (re-written tails) count once. */
export function compareFrames(sessions: readonly SentSession[], recorded: ReadonlySet<number>): FrameComparison {
  const result: FrameComparison = {
    framesSent: 0,
    framesRecorded: 0,
    framesLost: 0,
    framesUnderWay: 0,
    lostRanges: [],
  };
  const missing: number[] = [];
  for (const session of sessions) {
    for (const [first, last] of session.ranges) {
      for (let frame = first; frame <= last; frame++) {
        result.framesSent++;
        if (recorded.has(frame)) result.framesRecorded++;
        else missing.push(frame);
      }
    }
  }
  const lastSent = sessions.at(-1)?.ranges.at(-1)?.[1] ?? 0;
  const underWay = trailingRun(missing, lastSent);
  if (underWay <= MAX_UNDER_WAY) missing.length -= result.framesUnderWay = underWay;
  result.framesLost = missing.length;
  result.lostRanges = toRanges(missing).slice(0, MAX_LOST_RANGES);
  return result;
}

/** How many of the ascending numbers form an unbroken run that ends with `last`. */
function trailingRun(numbers: readonly number[], last: number): number {
  let count = 0;
  while (count < numbers.length && numbers[numbers.length - 1 - count] === last - count) count++;
  return count;
}

function toRanges(numbers: readonly number[]): FrameRange[] {
  const ranges: [number, number][] = [];
  for (const number of numbers) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === number - 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges;
}
