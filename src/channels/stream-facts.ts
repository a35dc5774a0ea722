import type { ChannelSettings } from '../config/settings.ts';
import type { ChannelState } from '../link/messages.ts';
import type { StreamReport } from '../link/stream-report.ts';

/** `problem`: footage is lost, or will be. `advice`: all is recorded, and the camera could be set better. `note`: good to know. */
export const SEVERITIES = ['problem', 'advice', 'note'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** What is known of a stream: what the recorder measured, what it says of the channel, and what was set. */
export interface StreamFacts {
  /** Undefined until the recorder has measured something. */
  readonly report: StreamReport | undefined;
  readonly state: Pick<ChannelState, 'detail' | 'presentedCertificate'> | undefined;
  readonly channel: Pick<ChannelSettings, 'transport' | 'allotmentMbps'>;
  /** When the recorder started; undefined while it is not connected. */
  readonly recorderStartedUtcMs: number | undefined;
  /** What a power cut may cost, whatever the camera does. */
  readonly promisedLossMs: number;
}
