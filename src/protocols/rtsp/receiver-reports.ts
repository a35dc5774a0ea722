import type { Clock } from '../../base/clock.ts';
import type { MediaPath } from './media-path.ts';
import type { MediaReceiver } from './media-receiver.ts';

export interface ReceiverReportsOptions {
  readonly receiver: MediaReceiver;
  readonly path: MediaPath;
  readonly clock: Clock;
  /** Our own, by which the camera tells its viewers apart. */
  readonly ssrc: number;
  /** Ends the loop. */
  readonly signal: AbortSignal;
}

/** Below 5 s: some cameras end a session that they hear nothing of for longer, whatever timeout they announce. */
const INTERVAL_MS = 4500;

/**
 * Tells the camera what came. Over UDP it is how a server knows that somebody still listens (RFC 3550 §6.4); live555 and its kin end a
 * session without it after a minute. Inside of a connection it is sent as well: for cameras that want to hear something every 5 s, at the
 * cost of some 60 bytes per track.
 */
export async function sendReceiverReports(options: ReceiverReportsOptions): Promise<void> {
  const { receiver, path, clock, ssrc, signal } = options;
  const cname = `holdfast-${ssrc.toString(16).padStart(8, '0')}`;
  while (!signal.aborted) {
    await clock.sleep(INTERVAL_MS, signal);
    for (const { rtcpChannel, bytes } of receiver.receiverReports(ssrc, cname, clock.monotonicMs())) {
      path.sendRtcp(rtcpChannel, bytes);
    }
  }
}
