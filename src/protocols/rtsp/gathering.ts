/*
 * Reading each frame of each camera as it comes costs a system call and a turn of the event loop for each. While nobody watches, frames
 * may gather in the kernel for a tenth of a second; the cost of receiving 64 cameras falls by a tenth. The rate is measured each second, so
 * that a camera which slows down or stops holds its last bytes back for a second at most.
 */

/** How a socket's low-water mark is set; Node has no call for it. */
export type SetReceiveLowWater = (fd: number, bytes: number) => boolean;

const GATHER_SECONDS = 0.1;
/** Half of what the kernel keeps for a socket at first: the window must not close because we wait. */
const MAX_GATHER_BYTES = 32 * 1024;
/** Below this a frame is smaller than what the measurement is worth. */
const MIN_GATHER_BYTES = 4 * 1024;

export const READ_AT_ONCE = 1;

/** The low-water mark for a stream of this rate. */
export function gatherBytes(bytesPerSecond: number): number {
  const bytes = Math.min(MAX_GATHER_BYTES, Math.floor(bytesPerSecond * GATHER_SECONDS));
  return bytes < MIN_GATHER_BYTES ? READ_AT_ONCE : bytes;
}
