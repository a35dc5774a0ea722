import type { SessionFailure } from './camera-session.ts';

/** Frames wait for their fragment's end; when no picture follows for this long they are written as they are. */
const FLUSH_AFTER_MS = 1_000;
/** Connected and silent: after this it is a gap … */
const NO_DATA_MS = 3_000;
/** … and after this the session is given up and begun anew. */
const RESTART_SILENT_MS = 10_000;
/** Pictures come and cannot be decoded, after a loss: after this it is a gap, not only when the next key frame comes … */
const UNDECODABLE_MS = 3_000;
/** … and after this, longer than the longest interval between key frames that cameras offer, a new session is to bring one. */
const RESTART_UNDECODABLE_MS = 45_000;

export interface PictureWatch {
  /** What waits is written now. */
  readonly isFlushDue: boolean;
  /** Undefined while all is well. */
  readonly failure: SessionFailure | undefined;
  /** How long that has lasted. */
  readonly lastedMs: number;
  readonly isRestartDue: boolean;
}

/** What follows from how long a connected camera has sent no picture, or none that can be decoded. Pure. */
export function watchPictures(silentMs: number, undecodableMs: number): PictureWatch {
  const isFlushDue = Math.max(silentMs, undecodableMs) > FLUSH_AFTER_MS;
  if (silentMs > NO_DATA_MS) {
    const detail = `no picture for ${(silentMs / 1000).toFixed(0)} s although connected`;
    const isRestartDue = silentMs > RESTART_SILENT_MS;
    return { isFlushDue, failure: { cause: 'no-data', detail }, lastedMs: silentMs, isRestartDue };
  }
  if (undecodableMs > UNDECODABLE_MS) {
    const detail = 'packets were lost; pictures come, and cannot be decoded up to the next key frame';
    const isRestartDue = undecodableMs > RESTART_UNDECODABLE_MS;
    return { isFlushDue, failure: { cause: 'stream-error', detail }, lastedMs: undecodableMs, isRestartDue };
  }
  return { isFlushDue, failure: undefined, lastedMs: 0, isRestartDue: false };
}
