import type { FrameRange, SessionCounters } from '../../sim/counters.ts';

/** A camera's connection that is cut takes along what lies in sockets. */
const MAX_CUT_OFF = 10;
/**
 * A sender that begins anew is believed after 64 of its packets, some 15 frames here; then comes the wait for a key frame, of which there
 * is one a second.
 */
const MAX_AFTER_RESTART = 60;

/**
 * The frames that a camera has sent whole and that the recorder must have: all but those that depend on damaged ones, and but for the ends
 * of sessions that were cut and the beginnings of streams that began anew.
 */
export function framesOwed(sessions: readonly SessionCounters[]): number[] {
  return sessions.flatMap((session) => {
    const damaged = new Set(expand(session.damagedRanges));
    const keys = new Set(session.keyFrames);
    const sent = expand(session.ranges);
    const last = sent.at(-1) ?? 0;
    const owed: number[] = [];
    let isBroken = false;
    for (const frame of [...sent, ...damaged].sort((a, b) => a - b)) {
      if (damaged.has(frame)) isBroken = true;
      else if (keys.has(frame)) isBroken = false;
      const isBegun = session.restarts.some((restart) => frame >= restart && frame < restart + MAX_AFTER_RESTART);
      if (!isBroken && !isBegun && last - frame >= MAX_CUT_OFF) owed.push(frame);
    }
    return owed;
  });
}

function expand(ranges: readonly FrameRange[]): number[] {
  return ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i));
}
