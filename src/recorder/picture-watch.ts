import { NO_KEY_FRAME_YET, NO_PICTURE_MADE } from '../link/stream-words.ts';
import type { SessionFailure } from './camera-session.ts';
import { FLOW_ENDS_MS, type Flow } from './packet-flow.ts';

/** Frames wait for their fragment's end; when no picture follows for this long they are written as they are. */
const FLUSH_AFTER_MS = 1_000;
/** Connected and silent: after this it is a gap … */
const NO_DATA_MS = 3_000;
/** … and after this the session is given up and begun anew. */
const RESTART_SILENT_MS = 10_000;
/** Pictures come and cannot be decoded: after this it is a gap, not only when the next key frame comes … */
const UNDECODABLE_MS = 3_000;
/**
 * … and after this a new session is to bring one. Longer than the depacketiser waits for a key frame until it takes another picture instead.
 */
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

export interface PictureTimes {
  /** Since the last picture, or since the session began. */
  readonly silentMs: number;
  /** For how long pictures have come of which none can be decoded. */
  readonly undecodableMs: number;
  readonly flow: Flow;
}

/** What follows from how long a connected camera has sent no picture, or none that can be decoded. Pure. */
export function watchPictures({ silentMs, undecodableMs, flow }: PictureTimes): PictureWatch {
  const isFlushDue = Math.max(silentMs, undecodableMs) > FLUSH_AFTER_MS;
  if (silentMs > NO_DATA_MS) {
    const isFlowing = flow.packets > 0 && flow.silentMs <= FLOW_ENDS_MS;
    return { isFlushDue, ...(isFlowing ? withoutPicture(flow) : withoutPacket(silentMs, flow)) };
  }
  if (undecodableMs > UNDECODABLE_MS) {
    const detail = 'packets were lost; pictures come, and cannot be decoded up to the next key frame';
    const isRestartDue = undecodableMs > RESTART_UNDECODABLE_MS;
    return { isFlushDue, failure: { cause: 'stream-error', detail }, lastedMs: undecodableMs, isRestartDue };
  }
  return { isFlushDue, failure: undefined, lastedMs: 0, isRestartDue: false };
}

type Verdict = Omit<PictureWatch, 'isFlushDue'>;

function withoutPacket(silentMs: number, flow: Flow): Verdict {
  const seconds = (silentMs / 1000).toFixed(0);
  // What came before the silence belongs to the trouble before it.
  const lastedMs = flow.packets > 0 ? flow.silentMs : silentMs;
  const detail =
    flow.packets > 0
      ? `no picture for ${seconds} s, and no packet for ${(flow.silentMs / 1000).toFixed(0)} s, although connected`
      : `no picture for ${seconds} s although connected`;
  return { failure: { cause: 'no-data', detail }, lastedMs, isRestartDue: lastedMs > RESTART_SILENT_MS };
}

/** While packets come the session stays: another would begin to wait for a key frame anew. */
function withoutPicture({ packets, malformed, lastedMs, hadPictures }: Flow): Verdict {
  const seconds = (lastedMs / 1000).toFixed(0);
  const isRestartDue = lastedMs > RESTART_UNDECODABLE_MS;
  return { failure: { cause: 'stream-error', detail: words() }, lastedMs, isRestartDue };

  function words(): string {
    const came = `${packets} packets in ${seconds} s`;
    if (malformed > 0) {
      return `packets come, and ${NO_PICTURE_MADE} (${came}, ${malformed} pictures that break their format or exceed a limit)`;
    }
    if (hadPictures) return `packets come, and ${NO_PICTURE_MADE} (${came}, and no picture ends among them)`;
    return `packets come, and ${NO_KEY_FRAME_YET} (${came})`;
  }
}
