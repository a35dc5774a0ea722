import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** A kernel gives a dead disk about 30 s; after twice that the command is given up on. */
const TIMEOUT_MS = 60_000;

/**
 * `syncfs` by way of coreutils, for machines without a build of koffi. Starting a process blocks the event loop for 4 to 27 ms,
 * growing with memory: good enough to work, not good enough to ship.
 */
export async function syncByCommand(fd: number): Promise<void> {
  // Not /proc/self: that would be the command's own descriptors.
  await promisify(execFile)('sync', ['-f', `/proc/${process.pid}/fd/${fd}/.`], { timeout: TIMEOUT_MS });
}
