import type { PreparedTrack } from './prepared-clip.ts';

/**
 * A track that loops for ever, as one row of units numbered from 0. Each track loops by its own length, so that its timestamps
 * go on without a step; sound that is shorter or longer than the picture slips against it by the difference, at each loop.
 */
type Track<Unit extends { dueTicks: number }> = Pick<PreparedTrack<Unit>, 'units' | 'loopTicks'>;

export function unitOf<Unit extends { dueTicks: number }>(track: Track<Unit>, number: number): Unit {
  return track.units[number % track.units.length]!;
}

/** Ticks that have passed when the loop that holds this unit begins. */
export function loopStart<Unit extends { dueTicks: number }>(track: Track<Unit>, number: number): number {
  return Math.floor(number / track.units.length) * track.loopTicks;
}

/** Ticks from the camera's start to the time at which the unit is sent. */
export function dueTicksOf<Unit extends { dueTicks: number }>(track: Track<Unit>, number: number): number {
  return loopStart(track, number) + unitOf(track, number).dueTicks;
}

/** The first unit that is due at or after a time. */
export function firstNumberFrom<Unit extends { dueTicks: number }>(track: Track<Unit>, ticks: number): number {
  const loop = Math.floor(ticks / track.loopTicks);
  const within = ticks - loop * track.loopTicks;
  let low = 0;
  let high = track.units.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (track.units[middle]!.dueTicks < within) low = middle + 1;
    else high = middle;
  }
  return loop * track.units.length + low;
}
