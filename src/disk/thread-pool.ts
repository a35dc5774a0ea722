import { MAX_OPERATIONS_PER_DRIVE } from './bounded-operations.ts';

/** For name look-ups, hashing and the system's own disk, so that they go on when every drive hangs. */
const RESERVED_THREADS = 8;
/** libuv takes no more. */
const MAX_THREADS = 1024;

/**
 * What `UV_THREADPOOL_SIZE` has to be, set before the process starts: each drive's bound together with a reserve, so that no number
 * of hung drives can starve what has nothing to do with them.
 */
export function threadPoolSize(driveCount: number): number {
  return Math.min(MAX_THREADS, driveCount * MAX_OPERATIONS_PER_DRIVE + RESERVED_THREADS);
}
