/**
 * The world failed: a drive is full, a camera refuses, a setting is wrong. The message names the thing and the numbers,
 * because it is what an installer or field technician reads. A broken invariant of our own is not an AppError: assert instead.
 */
export type AppErrorKind =
  | 'bad-input' // what somebody typed, sent or configured is not acceptable
  | 'not-found'
  | 'conflict' // true elsewhere: a port in use, a channel number taken, a limit reached
  | 'unauthorized' // credentials missing or refused
  | 'forbidden'
  | 'unreachable' // nobody answers, or the connection was lost
  | 'timeout'
  | 'protocol' // the peer answered, but not in the way the standard says
  | 'drive' // EIO, ENODEV, EROFS, a failed sync
  | 'full' // no room and nothing that may be deleted
  | 'corrupt' // a file of ours that fails its own checks
  | 'internal';

export class AppError extends Error {
  readonly kind: AppErrorKind;

  constructor(kind: AppErrorKind, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'AppError';
    this.kind = kind;
  }
}

export function isAppError(error: unknown, kind?: AppErrorKind): error is AppError {
  return error instanceof AppError && (kind === undefined || error.kind === kind);
}

/** The system error code (`ENOSPC`, `ECONNREFUSED`, …) of anything thrown, looked for along the chain of causes. */
export function errnoCode(error: unknown): string | undefined {
  for (let current = error, depth = 0; current instanceof Error && depth < 8; current = current.cause, depth++) {
    if ('code' in current && typeof current.code === 'string') return current.code;
  }
  return undefined;
}

/** One line for a log or a page out of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
